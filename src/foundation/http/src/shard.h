// What the connections of one loop share, and what the loops of one server share.
#pragma once

#include <atomic>
#include <boost/asio/steady_timer.hpp>
#include <condition_variable>
#include <cstdint>
#include <ctime>
#include <memory>
#include <mutex>
#include <string>

#include "http/server.h"
#include "refusal_report.h"
#include "tls.h"

namespace freehold::http {

class Connection;

// Settings with their defaults filled in.
struct Settings {
  explicit Settings(const ServerOptions& options);
  std::string server_header;
  std::size_t max_connections;
  std::chrono::milliseconds header_timeout, idle_timeout, body_stall_timeout, rate_window;
};

// One a server. Held by shared_ptr: connections that outlive a forced end of the server still refer to it.
struct Shared {
  Shared(Handler& request_handler, const ServerOptions& options) : handler(request_handler), settings(options) {}
  Handler& handler;
  const Settings settings;
  TlsContextSlot tls;
  std::atomic<std::size_t> open{0};
  std::atomic<bool> draining{false};

  void opened() { open.fetch_add(1, std::memory_order_relaxed); }
  void closed();
  // True when no connection was left within the timeout.
  [[nodiscard]] bool wait_until_none(std::chrono::milliseconds timeout);

 private:
  std::mutex mutex_;
  std::condition_variable none_;
};

// Counters of one loop: written by it alone, read by stats() from any thread.
struct Counters {
  std::atomic<std::uint64_t> accepted{0}, refused{0}, requests{0}, bad_requests{0}, timeouts{0}, bytes_in{0},
      bytes_out{0};
  // Without a locked instruction, as there is one writer.
  static void add(std::atomic<std::uint64_t>& counter, std::uint64_t n) {
    counter.store(counter.load(std::memory_order_relaxed) + n, std::memory_order_relaxed);
  }
};

// One a loop; all members on that loop, but counters. Held by shared_ptr by the server and its connections.
class Shard {
 public:
  using Timer =
      boost::asio::basic_waitable_timer<std::chrono::steady_clock, boost::asio::wait_traits<std::chrono::steady_clock>,
                                        runtime::Executor>;
  Shard(boost::asio::io_context& loop, std::shared_ptr<Shared> server);

  void add(Connection& connection);
  void remove(Connection& connection);
  // Closes what is idle; what is at work ends after its response.
  void begin_drain();
  void cancel_all();
  // "Server: …\r\nDate: …\r\n", made anew once a second.
  [[nodiscard]] const std::string& standing_lines();

  // Cuts the connections whose deadline is over, until stop_sweeping().
  [[nodiscard]] static runtime::Task<> sweep(std::shared_ptr<Shard> shard);
  void stop_sweeping();

  boost::asio::io_context& loop;
  const std::shared_ptr<Shared> server;
  Counters counters;

 private:
  void tell_refusals(std::int64_t now);

  Connection* first_ = nullptr;  // a list through the connections themselves
  Timer timer_;
  bool stopped_ = false;
  RefusalReport refusals_;
  std::time_t date_second_ = 0;
  std::string standing_lines_;
};

}  // namespace freehold::http
