// The HTTP/1.1 server: listeners on every loop, connections, limits, drain. RFC 9110, RFC 9112.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/secret.h"
#include "http/message.h"
#include "runtime/loops.h"

namespace freehold::http {

// Answers one request. Called on the connection's loop; one at a time a connection (pipelined requests wait their
// turn). The handler reads request.body as far as it likes; the server drains a bounded rest or closes.
class Handler {
 public:
  virtual ~Handler() = default;
  [[nodiscard]] virtual Task<Response> handle(Request& request) = 0;
};

// What the server counted, for /metrics: a sum over the loops, each of which counts for itself.
struct ServerStats {
  std::uint64_t connections = 0;  // open now
  std::uint64_t accepted = 0;
  std::uint64_t refused = 0;  // turned away at the connection limit or for want of file descriptors
  std::uint64_t requests = 0;
  std::uint64_t bad_requests = 0;  // refused by framing or limits
  std::uint64_t timeouts = 0;      // connections cut because the client was too slow
  std::uint64_t bytes_in = 0;
  std::uint64_t bytes_out = 0;
};

struct TlsIdentity {
  std::string certificate_chain_pem;
  Secret private_key_pem;
};

// The least rate of a body, either way, while the server waits for the client, measured over windows of that waiting:
// who is slower holds a place, a buffer and a connection for next to nothing. An analogue modem is ten times as fast.
inline constexpr std::uint64_t kLeastBytesPerSecond = 100;
inline constexpr std::chrono::seconds kRateWindow{60};

struct ServerOptions {
  std::string server_header = "Freehold";
  std::size_t max_connections = 0;                                                      // 0 = limits::kConnections
  std::chrono::milliseconds header_timeout{0}, idle_timeout{0}, body_stall_timeout{0};  // 0 = limits
  std::chrono::milliseconds rate_window{0};  // for kLeastBytesPerSecond; 0 = kRateWindow
};

// Owned by app/; start/stop from one thread, the rest as said.
class Server {
 public:
  Server(runtime::Loops& loops, Handler& handler, ServerOptions options);
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  // TLS 1.2 and 1.3 only. May be called again at any time, from any thread: new handshakes use the new identity.
  [[nodiscard]] Result<> set_tls_identity(TlsIdentity identity);
  // Binds address:port (port 0 = any free, the same for all addresses listed) on every address and begins to accept
  // when start() is called. Returns the port. kConflict: taken, the message names it. An address family that the
  // machine lacks (no IPv6) is skipped if another address could be bound.
  [[nodiscard]] Result<std::uint16_t> listen(Listener kind, const std::vector<std::string>& addresses,
                                             std::uint16_t port);
  // A socket file of mode 0600, served by the first loop; peers other than this process's own uid and root are refused.
  // A file left behind by an earlier process is replaced; one that still answers is kConflict.
  [[nodiscard]] Result<> listen_unix(Listener kind, const std::string& path);
  void start();
  // Stops accepting, closes idle connections, lets running requests end, and returns when none is left or after
  // `timeout`. Blocks; not from a loop.
  void drain(std::chrono::milliseconds timeout);
  [[nodiscard]] ServerStats stats() const;  // from any thread

 private:
  struct State;
  std::unique_ptr<State> state_;  // never null
};

}  // namespace freehold::http
