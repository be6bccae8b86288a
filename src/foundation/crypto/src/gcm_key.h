// GcmKey: one AES-256-GCM key, by libipsec-mb or by OpenSSL. Private to this module.
#pragma once

#define NO_COMPAT_IMB_API_053 1  // its old names (SHA1, AES, ...) collide with OpenSSL's
#include <intel-ipsec-mb.h>

#include <array>

#include "crypto/aead.h"

namespace freehold::crypto {

// The library reads its structures with aligned instructions, but its header aligns them only where LINUX is defined.
inline constexpr std::size_t kScheduleAlignment = 64;

// Holds the expanded schedule (libipsec-mb) or the key (OpenSSL, expanded at each use in a context of the thread) in
// place, without heap memory, and wipes it at the end. Thread-safe after construction: libipsec-mb's direct functions
// only read the schedule.
class GcmKey {
 public:
  GcmKey(AeadEngine engine, BytesView key);
  ~GcmKey();
  GcmKey(const GcmKey&) = delete;
  GcmKey& operator=(const GcmKey&) = delete;

  // out = ciphertext || tag. `out` may begin where `plain` does.
  void seal(BytesView nonce, BytesView context, BytesView plain, std::span<char> out) const;
  // False if the tag doesn't match; `out` is then wiped. `out` may begin where `sealed` does.
  [[nodiscard]] bool open(BytesView nonce, BytesView context, BytesView sealed, std::span<char> out) const;

 private:
  union {
    alignas(kScheduleAlignment) gcm_key_data schedule_;
    std::array<char, kAeadKeyBytes> raw_;
  };
  AeadEngine engine_;
};

}  // namespace freehold::crypto
