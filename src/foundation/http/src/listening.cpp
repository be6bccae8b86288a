#include "listening.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <optional>

namespace freehold::http {
namespace {

constexpr int kBacklog = 4096;
constexpr int kPortAttempts = 32;  // to find one port that is free on every address

struct Address {
  sockaddr_storage storage{};
  socklen_t size = 0;
  [[nodiscard]] const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&storage); }
};

std::optional<Address> parse_address(const std::string& text, std::uint16_t port) {
  Address address;
  auto& v4 = reinterpret_cast<sockaddr_in&>(address.storage);
  auto& v6 = reinterpret_cast<sockaddr_in6&>(address.storage);
  if (::inet_pton(AF_INET, text.c_str(), &v4.sin_addr) == 1) {
    v4.sin_family = AF_INET;
    v4.sin_port = htons(port);
    address.size = sizeof(v4);
    return address;
  }
  address = {};
  if (::inet_pton(AF_INET6, text.c_str(), &v6.sin6_addr) == 1) {
    v6.sin6_family = AF_INET6;
    v6.sin6_port = htons(port);
    address.size = sizeof(v6);
    return address;
  }
  return std::nullopt;
}

void set_flag(int fd, int level, int option) {
  const int on = 1;
  ::setsockopt(fd, level, option, &on, sizeof(on));
}

// errno as the value of a failure, so that the caller can tell "no such family" from "taken".
using Bound = std::expected<OwnedFd, int>;
enum class Sharing { kClaim, kJoin };

// The first socket of a port claims it without SO_REUSEPORT, so that another program's listener is noticed, and allows
// sharing only then; the others join it.
Bound bind_one(const Address& address, Sharing sharing) {
  OwnedFd fd(::socket(address.storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!fd.valid()) return std::unexpected(errno);
  set_flag(fd.get(), SOL_SOCKET, SO_REUSEADDR);
  if (address.storage.ss_family == AF_INET6) set_flag(fd.get(), IPPROTO_IPV6, IPV6_V6ONLY);
  if (sharing == Sharing::kJoin) set_flag(fd.get(), SOL_SOCKET, SO_REUSEPORT);
  if (::bind(fd.get(), address.get(), address.size) != 0) return std::unexpected(errno);
  if (sharing == Sharing::kClaim) set_flag(fd.get(), SOL_SOCKET, SO_REUSEPORT);
  set_flag(fd.get(), IPPROTO_TCP, TCP_NODELAY);  // accepted sockets inherit it
  if (::listen(fd.get(), kBacklog) != 0) return std::unexpected(errno);
  return fd;
}

std::uint16_t bound_port(int fd) {
  sockaddr_storage storage{};
  socklen_t size = sizeof(storage);
  ::getsockname(fd, reinterpret_cast<sockaddr*>(&storage), &size);
  return ntohs(storage.ss_family == AF_INET6 ? reinterpret_cast<sockaddr_in6&>(storage).sin6_port
                                             : reinterpret_cast<sockaddr_in&>(storage).sin_port);
}

bool machine_lacks(int error) { return error == EAFNOSUPPORT || error == EADDRNOTAVAIL || error == EPROTONOSUPPORT; }

std::unexpected<Error> bind_failed(const std::string& address, std::uint16_t port, int error) {
  const std::string where = address + " port " + std::to_string(port);
  if (error == EADDRINUSE) {
    return fail(ErrorCode::kConflict, where + " is taken by another program", std::strerror(error));
  }
  if (error == EACCES) {
    return fail(ErrorCode::kDenied, "no permission to listen on " + where, std::strerror(error));
  }
  if (machine_lacks(error)) {
    return fail(ErrorCode::kUnavailable, "this machine has no address " + address, std::strerror(error));
  }
  return fail_errno(error, "listen on " + where);
}

// All addresses at one port; error value 0 means that the port, chosen by the kernel for one address, is taken on
// another.
struct Attempt {
  std::optional<BoundPort> bound;
  std::optional<Error> error;
};

Attempt attempt(const std::vector<std::string>& texts, std::uint16_t wanted, unsigned loops) {
  BoundPort bound;
  bound.port = wanted;
  std::optional<Error> missing;
  for (const auto& text : texts) {
    auto address = parse_address(text, bound.port);
    if (!address) return {{}, fail(ErrorCode::kInvalidArgument, "not a numeric address: " + text).error()};
    std::vector<OwnedFd> sockets;
    for (unsigned i = 0; i < loops; ++i) {
      auto fd = bind_one(*address, i == 0 ? Sharing::kClaim : Sharing::kJoin);
      if (!fd && i == 0 && machine_lacks(fd.error())) {
        missing = bind_failed(text, bound.port, fd.error()).error();
        break;
      }
      if (!fd && wanted == 0 && bound.port != 0 && fd.error() == EADDRINUSE) return {};
      if (!fd) return {{}, bind_failed(text, bound.port, fd.error()).error()};
      if (bound.port == 0) {
        bound.port = bound_port(fd->get());
        address = parse_address(text, bound.port);
      }
      sockets.push_back(std::move(*fd));
    }
    if (!sockets.empty()) bound.by_address.push_back(std::move(sockets));
  }
  if (bound.by_address.empty()) {
    return {{}, missing.value_or(Error{ErrorCode::kInvalidArgument, "no address to listen on", {}})};
  }
  return {std::move(bound), {}};
}

// A socket file that nobody answers at was left behind by a process that is gone.
bool answers(const sockaddr_un& address) {
  const OwnedFd probe(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  return ::connect(probe.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0;
}

}  // namespace

OwnedFd& OwnedFd::operator=(OwnedFd&& other) noexcept {
  std::swap(fd_, other.fd_);
  return *this;
}

OwnedFd::~OwnedFd() {
  if (fd_ >= 0) ::close(fd_);
}

Result<BoundPort> bind_port(const std::vector<std::string>& addresses, std::uint16_t port, unsigned loops) {
  for (int i = 0; i < kPortAttempts; ++i) {
    Attempt made = attempt(addresses, port, loops);
    if (made.bound) return std::move(*made.bound);
    if (made.error) return std::unexpected(std::move(*made.error));
  }
  return fail(ErrorCode::kConflict, "no port is free on all addresses");
}

Result<OwnedFd> bind_unix(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof(address.sun_path)) {
    return fail(ErrorCode::kInvalidArgument, "the path of the admin socket is too long: " + path);
  }
  std::memcpy(address.sun_path, path.data(), path.size());
  struct stat status{};
  if (::lstat(path.c_str(), &status) == 0) {
    if (!S_ISSOCK(status.st_mode) || answers(address)) {
      return fail(ErrorCode::kConflict, path + " is taken");
    }
    ::unlink(path.c_str());
  }
  OwnedFd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!fd.valid()) return fail_errno(errno, "make the admin socket");
  // The mode of the inode before bind() becomes that of the file: it is never open to others, not even for an instant.
  if (::fchmod(fd.get(), 0600) != 0) return fail_errno(errno, "set the mode of the admin socket");
  if (::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0) {
    return fail_errno(errno, "bind " + path);
  }
  if (::chmod(path.c_str(), 0600) != 0) return fail_errno(errno, "set the mode of " + path);
  if (::listen(fd.get(), kBacklog) != 0) return fail_errno(errno, "listen on " + path);
  return fd;
}

}  // namespace freehold::http
