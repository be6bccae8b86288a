// RefusalReport: when the log says how many clients were refused before they could be heard.
#pragma once

#include <cstdint>
#include <optional>

namespace freehold::http {

// What isn't HTTP by the rules, or comes when no connection is free, reaches no handler and so leaves no audit record:
// there is no operation, no account and no caller that one could name, and whoever can open a connection could fill the
// log with it. It is counted, and told in at most one line a minute and loop, however many there were. Owned by its
// shard, used on its loop. Times are milliseconds of a steady clock.
class RefusalReport {
 public:
  static constexpr std::int64_t kEveryMs = 60'000;
  struct Counts {
    std::uint64_t bad_requests = 0;
    std::uint64_t turned_away = 0;
    friend bool operator==(const Counts&, const Counts&) = default;
  };

  // What has come since the last line, if it is time for another.
  [[nodiscard]] std::optional<Counts> due(Counts total, std::int64_t now) {
    if (total == told_ || now < next_) return std::nullopt;
    const Counts since{total.bad_requests - told_.bad_requests, total.turned_away - told_.turned_away};
    told_ = total;
    next_ = now + kEveryMs;
    return since;
  }

 private:
  Counts told_;
  std::int64_t next_ = 0;
};

}  // namespace freehold::http
