// What the tests of this module serve, and how they speak to it: raw bytes over real sockets.
#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "http/server.h"
#include "runtime/completion.h"

namespace freehold::http::testing {

// Answers by path: /describe says what it was asked, /echo gives the body back, /ignore leaves it unread, /tls the
// version, /stream?n=N makes N bytes piece by piece, /short promises 100 bytes and gives 10, /inject tries to break out
// of a header, /throw throws, /wait answers when release() is called.
class TestHandler final : public Handler {
 public:
  [[nodiscard]] Task<Response> handle(Request& request) override;
  [[nodiscard]] std::vector<std::string> paths() const;  // of all requests that got here
  void release() { released_.complete(true); }
  // Errors that reading a body met, in order.
  [[nodiscard]] std::vector<ErrorCode> body_errors() const;

 private:
  mutable std::mutex mutex_;
  std::vector<std::string> paths_;
  std::vector<ErrorCode> body_errors_;
  runtime::Completion<bool> released_;
};

[[nodiscard]] char stream_byte(std::uint64_t offset);

// A server with one plain port on 127.0.0.1 (more may be added before start()).
struct TestServer {
  explicit TestServer(ServerOptions options = {}, unsigned loop_count = 1);
  ~TestServer();
  void start();
  runtime::Loops loops;
  TestHandler handler;
  Server server;
  std::uint16_t port = 0;
};

struct Reply {
  int status = 0;
  std::string head;
  std::string body;
  [[nodiscard]] std::string header(std::string_view name) const;
};

// A blocking client whose every wait ends by a deadline.
class RawClient {
 public:
  explicit RawClient(std::uint16_t port, const std::string& address = "127.0.0.1");
  explicit RawClient(const std::string& unix_path);
  ~RawClient();
  RawClient(const RawClient&) = delete;
  RawClient& operator=(const RawClient&) = delete;

  void send(std::string_view bytes);
  void send_slowly(std::string_view bytes);  // a byte a packet
  // The next response with its Content-Length body; status 0 if there is none.
  [[nodiscard]] Reply reply(bool to_head = false);
  // Everything until the server closes; fails the test if it doesn't within the deadline.
  [[nodiscard]] std::string rest();
  // True if the server closed and sent nothing more.
  [[nodiscard]] bool closed() { return rest().empty(); }
  void close();
  void reset();  // closes with RST
  void shrink_receive_buffer();
  [[nodiscard]] int fd() const { return fd_; }

 private:
  [[nodiscard]] bool receive(std::chrono::milliseconds timeout);
  int fd_ = -1;
  bool eof_ = false;
  std::string received_;
};

// Polls until `condition` or 10 s; the result of the last poll.
template <class Condition>
[[nodiscard]] bool eventually(Condition condition) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  std::mutex mutex;
  std::condition_variable nothing;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::unique_lock lock(mutex);
    nothing.wait_for(lock, std::chrono::milliseconds(2));
  }
  return true;
}

// A fresh self-signed identity.
[[nodiscard]] TlsIdentity make_identity(const std::string& name);

}  // namespace freehold::http::testing
