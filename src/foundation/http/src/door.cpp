#include "door.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/redirect_error.hpp>
#include <cerrno>

#include "base/log.h"
#include "connection.h"

namespace freehold::http {
namespace {

constexpr int kBatch = 64;  // accepted before others on the loop get their turn
constexpr std::chrono::milliseconds kTroublePause{50};
constexpr std::string_view kComeBackLater =
    "HTTP/1.1 503 Service Unavailable\r\nRetry-After: 5\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";

Peer peer_of(const sockaddr_storage& storage) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  Peer peer;
  if (storage.ss_family == AF_INET) {
    const auto& v4 = reinterpret_cast<const sockaddr_in&>(storage);
    peer.address = ::inet_ntop(AF_INET, &v4.sin_addr, text.data(), text.size());
    peer.port = ntohs(v4.sin_port);
  } else if (storage.ss_family == AF_INET6) {
    const auto& v6 = reinterpret_cast<const sockaddr_in6&>(storage);
    peer.address = ::inet_ntop(AF_INET6, &v6.sin6_addr, text.data(), text.size());
    peer.port = ntohs(v6.sin6_port);
  }
  return peer;
}

std::optional<std::uint32_t> uid_of(int fd) {
  ucred credentials{};
  socklen_t size = sizeof(credentials);
  if (::getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &credentials, &size) != 0) return std::nullopt;
  return credentials.uid;
}

OwnedFd open_reserve() { return OwnedFd(::open("/dev/null", O_RDONLY | O_CLOEXEC)); }

void send_and_close(OwnedFd socket, std::string_view text) {
  [[maybe_unused]] const auto sent = ::send(socket.get(), text.data(), text.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
}

}  // namespace

Door::Door(std::shared_ptr<Shard> shard, Listener kind, OwnedFd socket)
    : shard_(std::move(shard)),
      kind_(kind),
      socket_(shard_->loop.get_executor(), socket.release()),
      pause_(shard_->loop.get_executor()),
      reserve_(open_reserve()) {}

runtime::Task<> Door::accept(std::shared_ptr<Door> door) {
  while (door->socket_.is_open()) {
    boost::system::error_code error;
    co_await door->socket_.async_wait(boost::asio::posix::descriptor_base::wait_read,
                                      boost::asio::redirect_error(runtime::use_task, error));
    if (error) break;
    Took took = Took::kOne;
    for (int i = 0; i < kBatch && took == Took::kOne && door->socket_.is_open(); ++i) took = door->take_one();
    if (took == Took::kTrouble) {
      door->pause_.expires_after(kTroublePause);
      co_await door->pause_.async_wait(boost::asio::redirect_error(runtime::use_task, error));
    }
  }
}

void Door::close() {
  boost::system::error_code ignored;
  socket_.close(ignored);
  pause_.cancel();
}

Door::Took Door::take_one() {
  sockaddr_storage storage{};
  socklen_t size = sizeof(storage);
  OwnedFd socket(
      ::accept4(socket_.native_handle(), reinterpret_cast<sockaddr*>(&storage), &size, SOCK_CLOEXEC | SOCK_NONBLOCK));
  if (socket.valid()) {
    admit(std::move(socket), peer_of(storage));
    return Took::kOne;
  }
  switch (errno) {
    case EAGAIN:
      return Took::kNone;
    case EINTR:
    case ECONNABORTED:
    case EPROTO:
      return Took::kOne;
    default:
      return shed_one() ? Took::kOne : Took::kTrouble;
  }
}

// Out of descriptors: a client that waits in the queue would wait for nothing.
bool Door::shed_one() {
  Counters::add(shard_->counters.refused, 1);
  if (!reserve_.valid()) {
    reserve_ = open_reserve();
    return false;
  }
  reserve_ = OwnedFd();
  OwnedFd socket(::accept4(socket_.native_handle(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
  if (socket.valid() && kind_ != Listener::kHttps) {
    send_and_close(std::move(socket), kComeBackLater);
  } else {
    socket = OwnedFd();
  }
  reserve_ = open_reserve();
  return false;
}

// A client over the limit is told so after its request, in its own encryption, as long as there are few of them.
void Door::admit(OwnedFd socket, Peer peer) {
  const std::size_t limit = shard_->server->settings.max_connections;
  const std::size_t open = shard_->server->open.load(std::memory_order_relaxed);
  const bool over_limit = open >= limit;
  if (kind_ == Listener::kAdmin) {
    peer.uid = uid_of(socket.get());
    if (!peer.uid || (*peer.uid != 0 && *peer.uid != ::geteuid())) return;
  }
  if (over_limit) Counters::add(shard_->counters.refused, 1);
  if (open >= limit + limit / 16 + 1) {
    if (kind_ != Listener::kHttps) send_and_close(std::move(socket), kComeBackLater);
    return;
  }
  Counters::add(shard_->counters.accepted, 1);
  sockaddr_storage storage{};
  socklen_t size = sizeof(storage);
  ::getsockname(socket.get(), reinterpret_cast<sockaddr*>(&storage), &size);
  const boost::asio::generic::stream_protocol protocol(storage.ss_family, 0);
  auto connection = std::make_unique<Connection>(shard_, Connection::Origin{kind_, std::move(peer), over_limit});
  boost::system::error_code error;
  Socket stream(shard_->loop.get_executor());
  if (stream.assign(protocol, socket.get(), error); error) return;
  (void)socket.release();
  if (auto attached = connection->attach(std::move(stream)); !attached) return;
  boost::asio::co_spawn(shard_->loop, Connection::run(std::move(connection)), [](std::exception_ptr thrown) {
    if (thrown) log_error("a connection ended by an exception");
  });
}

}  // namespace freehold::http
