// What OpenSSL frees is overwritten.
#pragma once

namespace freehold::crypto {

// From now on OpenSSL, and whatever else is in this process by way of it (a PKCS#11 module), overwrites what it frees:
// it does so itself for the numbers of a key, not for the encodings and copies on the way to them. False: OpenSSL has
// allocated something already, and nothing is changed. Before threads. Source: CRYPTO_set_mem_functions(3).
[[nodiscard]] bool wipe_what_openssl_frees();

}  // namespace freehold::crypto
