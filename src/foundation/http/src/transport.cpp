#include "transport.h"

#include <sys/socket.h>
#include <sys/uio.h>

#include <boost/asio/buffer.hpp>
#include <boost/asio/redirect_error.hpp>
#include <cerrno>

namespace freehold::http {

using boost::system::error_code;
using runtime::Task;

std::int64_t Deadline::now_ms() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

void Pieces::advance(std::size_t n) {
  for (auto& view : views) {
    const std::size_t taken = std::min(n, view.size());
    view.remove_prefix(taken);
    n -= taken;
  }
}

SocketStream::SocketStream(Socket socket, Deadline& deadline, Traffic& traffic)
    : socket_(std::move(socket)), deadline_(deadline), traffic_(traffic) {}

Task<Result<std::size_t>> SocketStream::read_some(std::span<char> out) {
  error_code error;
  const std::size_t got = co_await socket_.async_read_some(boost::asio::buffer(out.data(), out.size()),
                                                           boost::asio::redirect_error(runtime::use_task, error));
  if (error == boost::asio::error::eof) co_return 0;
  if (error) co_return fail(ErrorCode::kCancelled, "the client went away", error.message());
  traffic_.in += got;
  deadline_.progress(got);
  co_return got;
}

Result<bool> SocketStream::write_now(Pieces& pieces) {
  while (pieces.size() > 0) {
    std::array<iovec, 2> vectors{};
    msghdr message{};
    message.msg_iov = vectors.data();
    for (const auto& view : pieces.views) {
      if (!view.empty()) vectors[message.msg_iovlen++] = {const_cast<char*>(view.data()), view.size()};
    }
    const ssize_t sent = ::sendmsg(socket_.native_handle(), &message, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent < 0) {
      if (errno == EINTR) continue;
      if (errno == EAGAIN || errno == EWOULDBLOCK) return false;
      return fail(ErrorCode::kCancelled, "the client went away", "sendmsg");
    }
    const bool partial = static_cast<std::size_t>(sent) < pieces.size();
    pieces.advance(static_cast<std::size_t>(sent));
    traffic_.out += static_cast<std::uint64_t>(sent);
    deadline_.progress(static_cast<std::size_t>(sent));
    if (partial) return false;
  }
  return true;
}

Task<Result<>> SocketStream::flush(Pieces pieces) {
  while (pieces.size() > 0) {
    const std::array buffers{boost::asio::const_buffer(pieces.views[0].data(), pieces.views[0].size()),
                             boost::asio::const_buffer(pieces.views[1].data(), pieces.views[1].size())};
    error_code error;
    const std::size_t sent =
        co_await socket_.async_write_some(buffers, boost::asio::redirect_error(runtime::use_task, error));
    if (error) co_return fail(ErrorCode::kCancelled, "the client went away", error.message());
    traffic_.out += sent;
    pieces.advance(sent);
    deadline_.progress(sent);
  }
  co_return Result<>();
}

void SocketStream::shut_down() {
  error_code ignored;  // the client may be gone already
  socket_.shutdown(Socket::shutdown_send, ignored);
}

void SocketStream::cancel() {
  error_code ignored;
  socket_.cancel(ignored);
}

namespace {

class PlainTransport final : public Transport {
 public:
  PlainTransport(Socket socket, Deadline& deadline, Traffic& traffic) : stream_(std::move(socket), deadline, traffic) {}

  Task<Result<>> handshake() override { co_return Result<>(); }
  Task<Result<std::size_t>> read_some(std::span<char> out) override { return stream_.read_some(out); }
  Result<bool> write_now(Pieces& pieces) override { return stream_.write_now(pieces); }
  Task<Result<>> flush(Pieces pieces) override { return stream_.flush(pieces); }
  void shut_down() override { stream_.shut_down(); }
  void rest() override {}
  void cancel() override { stream_.cancel(); }

 private:
  SocketStream stream_;
};

}  // namespace

std::unique_ptr<Transport> make_plain_transport(Socket socket, Deadline& deadline, Traffic& traffic) {
  return std::make_unique<PlainTransport>(std::move(socket), deadline, traffic);
}

}  // namespace freehold::http
