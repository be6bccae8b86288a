// One run of a stream cipher, in place. Private to this module.
#pragma once

#include <cstddef>
#include <span>

#include "src/openssl_ptr.h"

namespace freehold::crypto {

// OpenSSL's own, by name; fetched anew at each call: keep it.
[[nodiscard]] const EVP_CIPHER* fetched_cipher(const char* name);
// Conceals or reveals `data` by the key stream of `cipher` from `start` (what the cipher takes as its IV) on, but for
// its first `skip` bytes, which are fewer than 16. The key has 32 bytes, `start` 16. On the thread's own context, which
// is keyed with zeros in the end: no schedule and no key stream outlive their use. Thread-safe.
void apply_stream(const EVP_CIPHER* cipher, const unsigned char* key, const unsigned char* start, std::size_t skip,
                  std::span<char> data);

}  // namespace freehold::crypto
