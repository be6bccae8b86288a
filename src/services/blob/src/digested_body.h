// DigestedBody: a body whose digests are computed as it is read, whatever it is cut into and however many reads a
// source takes.
#pragma once

#include "http/message.h"
#include "src/running_digests.h"

namespace freehold::blob {

// Outlived by both. On the loop: only for who sends digests of what is cut.
class DigestedBody final : public http::BodyReader {
 public:
  DigestedBody(http::BodyReader& body, RunningDigests& digests) : body_(body), digests_(digests) {}
  [[nodiscard]] std::optional<std::uint64_t> length() const override { return body_.length(); }
  [[nodiscard]] http::Task<Result<std::size_t>> read_some(std::span<char> out) override {
    FH_CO_TRY(const auto got, co_await body_.read_some(out));
    digests_.update({out.data(), got});
    co_return got;
  }

 private:
  http::BodyReader& body_;
  RunningDigests& digests_;
};

[[nodiscard]] inline Ingested finished(RunningDigests& digests) {
  Ingested result;
  digests.finish(result);
  return result;
}

}  // namespace freehold::blob
