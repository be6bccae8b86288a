// TLS 1.2 and 1.3 by OpenSSL, over memory: records are made into one buffer and leave with one system call.
#pragma once

#include <memory>
#include <mutex>

#include "base/result.h"
#include "http/server.h"
#include "transport.h"

namespace freehold::http {

// A certificate with its key and the settings of all handshakes that use it. Immutable, so that connections on any
// thread share it (that is why by shared_ptr) while the server already offers the next one.
class TlsContext;
[[nodiscard]] Result<std::shared_ptr<const TlsContext>> make_tls_context(const TlsIdentity& identity);

// The context for new connections. Thread-safe.
class TlsContextSlot {
 public:
  void set(std::shared_ptr<const TlsContext> context);
  [[nodiscard]] std::shared_ptr<const TlsContext> get() const;

 private:
  mutable std::mutex mutex_;
  std::shared_ptr<const TlsContext> context_;
};

// kInternal if OpenSSL has no memory for it.
[[nodiscard]] Result<std::unique_ptr<Transport>> make_tls_transport(const TlsContext& context, Socket socket,
                                                                    Deadline& deadline, Traffic& traffic);

// The other side: whom a client believes, by the certificate authorities of the PEM text or (empty) of the system.
[[nodiscard]] Result<std::shared_ptr<const TlsContext>> make_tls_client_context(const std::string& authorities_pem);
// The handshake fails unless the server proves that it is `host`, a name or an address.
[[nodiscard]] Result<std::unique_ptr<Transport>> make_tls_client_transport(const TlsContext& context,
                                                                           const std::string& host, Socket socket,
                                                                           Deadline& deadline, Traffic& traffic);

}  // namespace freehold::http
