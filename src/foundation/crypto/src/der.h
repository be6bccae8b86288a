// OpenSSL's objects as DER. Private to this module.
#pragma once

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include "base/bytes.h"
#include "base/check.h"
#include "base/secret.h"

namespace freehold::crypto {

// `write` is the object's i2d function.
template <class Object, class Writer>
[[nodiscard]] Bytes der_of(Object* object, Writer write) {
  unsigned char* bytes = nullptr;
  const int size = write(object, &bytes);
  FH_CHECK(size > 0);
  Bytes out(reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(size));
  OPENSSL_free(bytes);
  return out;
}

// Empty: a key that can't be written.
[[nodiscard]] inline Secret private_der_of(const EVP_PKEY* key) {
  unsigned char* bytes = nullptr;
  const int size = i2d_PrivateKey(key, &bytes);
  if (size <= 0) return {};
  Secret out(BytesView(reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(size)));
  OPENSSL_clear_free(bytes, static_cast<std::size_t>(size));
  return out;
}

}  // namespace freehold::crypto
