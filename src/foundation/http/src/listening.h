// Binding addresses: which socket listens where.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"

namespace freehold::http {

// A file descriptor that closes itself.
class OwnedFd {
 public:
  OwnedFd() = default;
  explicit OwnedFd(int fd) : fd_(fd) {}
  OwnedFd(OwnedFd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  OwnedFd& operator=(OwnedFd&& other) noexcept;
  ~OwnedFd();
  [[nodiscard]] int get() const { return fd_; }
  [[nodiscard]] int release() { return std::exchange(fd_, -1); }
  [[nodiscard]] bool valid() const { return fd_ >= 0; }

 private:
  int fd_ = -1;
};

struct BoundPort {
  std::uint16_t port = 0;
  std::vector<std::vector<OwnedFd>> by_address;  // for each address that could be bound, one listening socket a loop
};

// Listens on every address with `loops` sockets that share the port. See Server::listen for what fails.
[[nodiscard]] Result<BoundPort> bind_port(const std::vector<std::string>& addresses, std::uint16_t port,
                                          unsigned loops);
[[nodiscard]] Result<OwnedFd> bind_unix(const std::string& path);

}  // namespace freehold::http
