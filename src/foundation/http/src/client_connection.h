// One connection to another server, for one request.
#pragma once

#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include "chunked.h"
#include "http/client.h"
#include "input_buffer.h"
#include "status_head.h"
#include "tls.h"
#include "transport.h"

namespace freehold::http {

// Used on the loop that made it, one call at a time. Each step has a deadline, after which what it waits for is
// cancelled and it ends with kTimeout. After an error the connection is only good for destruction. Shared by its owner
// and (weakly) by its timer.
class ClientConnection : public std::enable_shared_from_this<ClientConnection> {
 public:
  explicit ClientConnection(const runtime::Executor& executor) : timer_(executor), socket_(executor) {}

  [[nodiscard]] Task<Result<>> connect(std::string address, std::uint16_t port, std::chrono::milliseconds timeout);
  // `context` is null for plain http.
  [[nodiscard]] Task<Result<>> secure(std::shared_ptr<const TlsContext> context, std::string host,
                                      std::chrono::milliseconds timeout);
  // Sends the request's head and reads that of the response.
  [[nodiscard]] Task<Result<StatusHead>> exchange(std::string head, Method asked, std::chrono::milliseconds timeout);
  // At least one byte of what follows the head: out of what is here, or from the socket.
  [[nodiscard]] Task<Result<std::size_t>> read_some(std::span<char> out, std::chrono::milliseconds timeout);
  // Reads more behind what is here. kCancelled at the end of the stream.
  [[nodiscard]] Task<Result<>> read_more(std::chrono::milliseconds timeout);
  [[nodiscard]] InputBuffer& input() { return input_; }

 private:
  void watch(std::chrono::milliseconds timeout);
  void cancel_when_over(std::uint64_t step);
  // Ends the step: its error, or kTimeout if it was cancelled for being late.
  [[nodiscard]] Error end_step(Error error);
  [[nodiscard]] Task<Result<StatusHead>> read_head(Method asked);

  boost::asio::basic_waitable_timer<std::chrono::steady_clock, boost::asio::wait_traits<std::chrono::steady_clock>,
                                    runtime::Executor>
      timer_;
  Socket socket_;  // until the transport has it
  Deadline unused_deadline_;
  Traffic traffic_;
  std::unique_ptr<Transport> transport_;
  InputBuffer input_;
  std::uint64_t step_ = 0;  // which step a late timer may cancel; even between steps
  bool late_ = false;
};

// The body of a response, by its framing. Owns the connection.
class ClientBody final : public BodyReader {
 public:
  ClientBody(std::shared_ptr<ClientConnection> connection, const StatusHead& head, std::chrono::milliseconds timeout);
  [[nodiscard]] std::optional<std::uint64_t> length() const override;
  [[nodiscard]] Task<Result<std::size_t>> read_some(std::span<char> out) override;

 private:
  [[nodiscard]] Task<Result<std::size_t>> read_chunked(std::span<char> out);

  std::shared_ptr<ClientConnection> connection_;
  std::chrono::milliseconds timeout_;
  bool chunked_;
  std::uint64_t remaining_;
  ChunkedDecoder decoder_;
  bool failed_ = false;
};

}  // namespace freehold::http
