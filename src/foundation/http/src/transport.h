// A connection's byte stream: a plain socket, or TLS over one.
#pragma once

#include <algorithm>
#include <array>
#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <chrono>
#include <cstdint>
#include <memory>
#include <span>

#include "base/bytes.h"
#include "base/result.h"
#include "pace.h"
#include "runtime/task.h"

namespace freehold::http {

using Socket = boost::asio::basic_stream_socket<boost::asio::generic::stream_protocol, runtime::Executor>;

// When the client must have made progress, in milliseconds of the steady clock. A shard's sweep looks at it now and
// then and cancels what the connection is waiting for: one timer a loop instead of one a read. Only used on the loop.
class Deadline {
 public:
  [[nodiscard]] static std::int64_t now_ms();
  // For one whole step, however many reads it takes.
  void set(std::chrono::milliseconds timeout) { stall_ms_ = 0, at_ms_ = now_ms() + timeout.count(); }
  // A body begins, either way: its rate is measured anew, over windows of that length.
  void begin_transfer(std::chrono::milliseconds window) { pace_.begin(window); }
  // For a step of a transfer: begins anew with each progress(), within what its pace allows.
  void set_stall(std::chrono::milliseconds timeout) {
    stall_ms_ = timeout.count();
    wait_from(now_ms());
  }
  void progress(std::size_t bytes) {
    pace_.moved(bytes);
    if (stall_ms_ == 0 || !armed()) return;
    const auto now = now_ms();
    pace_.waited_until(now);
    wait_from(now);
  }
  void clear() {
    if (stall_ms_ > 0 && armed()) pace_.waited_until(now_ms());
    at_ms_ = kNever;
  }
  [[nodiscard]] bool armed() const { return at_ms_ != kNever; }
  [[nodiscard]] bool over(std::int64_t now) const { return now >= at_ms_; }
  void expire() { expired_ = true; }
  [[nodiscard]] bool expired() const { return expired_; }

 private:
  void wait_from(std::int64_t now) {
    pace_.wait_from(now);
    at_ms_ = std::min(now + stall_ms_, pace_.too_slow_at());
  }

  static constexpr std::int64_t kNever = Pace::kNever;
  std::int64_t at_ms_ = kNever;
  std::int64_t stall_ms_ = 0;
  Pace pace_;
  bool expired_ = false;
};

struct Traffic {
  std::uint64_t in = 0;
  std::uint64_t out = 0;
};

// What is written at once: at most a head and a piece of a body. Borrowed until the write ends.
struct Pieces {
  std::array<BytesView, 2> views;
  [[nodiscard]] std::size_t size() const { return views[0].size() + views[1].size(); }
  void advance(std::size_t n);
};

// Owned by its connection, used on its loop, one call at a time. Errors are kCancelled (the client is gone, or the
// deadline's sweep cancelled the wait); after one the transport is only good for destruction.
class Transport {
 public:
  virtual ~Transport() = default;
  [[nodiscard]] virtual runtime::Task<Result<>> handshake() = 0;
  // Once that was done; 0 without TLS.
  [[nodiscard]] virtual std::uint16_t tls_version() const { return 0; }
  // At least one byte, or 0 when the client sends no more.
  [[nodiscard]] virtual runtime::Task<Result<std::size_t>> read_some(std::span<char> out) = 0;
  // Sends what fits without waiting: true if that was everything; otherwise call flush() with the same pieces. This
  // pair keeps the usual response, which fits the socket's buffer, free of a coroutine.
  [[nodiscard]] virtual Result<bool> write_now(Pieces& pieces) = 0;
  [[nodiscard]] virtual runtime::Task<Result<>> flush(Pieces pieces) = 0;
  // Says that nothing more will be sent, as far as that goes without waiting.
  virtual void shut_down() = 0;
  // Gives memory back that an idle connection has no use for. Before it waits.
  virtual void rest() = 0;
  // Gives back what it holds between two records: now and then, as it costs time to get again, and whether the client
  // is idle or slow. While it waits.
  virtual void save_memory() {}
  // Ends what is being waited for with an error.
  virtual void cancel() = 0;
};

// The socket operations that both kinds of transport stand on.
class SocketStream {
 public:
  SocketStream(Socket socket, Deadline& deadline, Traffic& traffic);
  [[nodiscard]] runtime::Task<Result<std::size_t>> read_some(std::span<char> out);
  [[nodiscard]] Result<bool> write_now(Pieces& pieces);
  [[nodiscard]] runtime::Task<Result<>> flush(Pieces pieces);
  void shut_down();
  void cancel();

 private:
  Socket socket_;
  Deadline& deadline_;
  Traffic& traffic_;
};

[[nodiscard]] std::unique_ptr<Transport> make_plain_transport(Socket socket, Deadline& deadline, Traffic& traffic);

}  // namespace freehold::http
