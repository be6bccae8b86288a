// A blocking TLS client for tests, by OpenSSL.
#pragma once

#include <openssl/ssl.h>

#include <memory>
#include <string>
#include <string_view>

#include "test_server.h"

namespace freehold::http::testing {

class TlsClient {
 public:
  struct Options {
    int min_version = TLS1_2_VERSION;
    int max_version = TLS1_3_VERSION;
    std::string protocols = {};      // ALPN, in wire form
    SSL_SESSION* resume = nullptr;   // borrowed
  };
  explicit TlsClient(std::uint16_t port) : TlsClient(port, Options()) {}
  TlsClient(std::uint16_t port, const Options& options) : raw_(port), context_(SSL_CTX_new(TLS_client_method())) {
    SSL_CTX_set_security_level(context_.get(), 0);
    SSL_CTX_set_min_proto_version(context_.get(), options.min_version);
    SSL_CTX_set_max_proto_version(context_.get(), options.max_version);
    ssl_.reset(SSL_new(context_.get()));
    if (!options.protocols.empty()) {
      SSL_set_alpn_protos(ssl_.get(), reinterpret_cast<const unsigned char*>(options.protocols.data()),
                          static_cast<unsigned>(options.protocols.size()));
    }
    if (options.resume != nullptr) SSL_set_session(ssl_.get(), options.resume);
    SSL_set_fd(ssl_.get(), raw_.fd());
    connected_ = SSL_connect(ssl_.get()) == 1;
  }
  [[nodiscard]] bool connected() const { return connected_; }
  [[nodiscard]] SSL* native() const { return ssl_.get(); }
  [[nodiscard]] RawClient& raw() { return raw_; }

  void send(std::string_view bytes) {
    while (!bytes.empty()) {
      std::size_t sent = 0;
      if (SSL_write_ex(ssl_.get(), bytes.data(), bytes.size(), &sent) != 1) return;
      bytes.remove_prefix(sent);
    }
  }
  // Bytes until `n` have come or the server closed.
  [[nodiscard]] std::string receive(std::size_t n) {
    std::string all(n, '\0');
    std::size_t filled = 0;
    while (filled < n) {
      std::size_t got = 0;
      if (SSL_read_ex(ssl_.get(), all.data() + filled, n - filled, &got) != 1) break;
      filled += got;
    }
    all.resize(filled);
    return all;
  }
  // A response's head and its body of `body_size` bytes.
  [[nodiscard]] std::string receive_body(std::size_t body_size) {
    std::string head;
    while (!head.ends_with("\r\n\r\n")) {
      const std::string byte = receive(1);
      if (byte.empty()) return "no response";
      head += byte;
    }
    return receive(body_size);
  }
  // Leaves the connection open but gives up everything else: the caller closes the descriptor by ending the process.
  void forget() { ssl_.reset(), context_.reset(); }

 private:
  struct Free {
    void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
    void operator()(SSL* ssl) const { SSL_free(ssl); }
  };
  RawClient raw_;
  std::unique_ptr<SSL_CTX, Free> context_;
  std::unique_ptr<SSL, Free> ssl_;
  bool connected_ = false;
};

}  // namespace freehold::http::testing
