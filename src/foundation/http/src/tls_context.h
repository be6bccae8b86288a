// The OpenSSL side of TlsContext, for the two files that speak to OpenSSL.
#pragma once

#include <openssl/ssl.h>

#include <memory>

namespace freehold::http {

class TlsContext {
 public:
  struct Free {
    void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
  };
  explicit TlsContext(std::unique_ptr<SSL_CTX, Free> context) : context_(std::move(context)) {}
  // OpenSSL counts references of a context it is given non-const; it doesn't change it otherwise.
  [[nodiscard]] SSL_CTX* native() const { return context_.get(); }

 private:
  std::unique_ptr<SSL_CTX, Free> context_;
};

}  // namespace freehold::http
