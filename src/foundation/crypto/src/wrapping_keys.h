// The two objects that a token of keys has: what wraps keys, and what binds wrapped ones to their place. Private to
// this module.
#pragma once

#include "src/token_slot.h"

namespace freehold::crypto {

struct WrappingKeys {
  CK_OBJECT_HANDLE wrapping = CK_INVALID_HANDLE;  // AES-256: wraps and unwraps keys, never data
  CK_OBJECT_HANDLE binding = CK_INVALID_HANDLE;   // AES-256: AES-GCM, never keys
};
inline constexpr std::size_t kGivenBytes = 64;  // of both, where they are given

// kNotFound: the token has none. kCorrupt: keys that could leave the token, or only one.
[[nodiscard]] Result<WrappingKeys> find_wrapping_keys(Pkcs11Module& module, CK_SESSION_HANDLE session);
// `given`: empty, or kGivenBytes. The session is one that may write.
[[nodiscard]] Result<> make_wrapping_keys(Pkcs11Module& module, CK_SESSION_HANDLE session, const Secret& given);

// AES-GCM under the binding key: nonce || ciphertext || tag. kCorrupt: it doesn't verify. SoftHSM2 has one error for
// that and for a failure of its own, so that open_bound() asks whether the token works before it says so.
[[nodiscard]] Result<Bytes> bind_bytes(Pkcs11Module& module, CK_SESSION_HANDLE session, CK_OBJECT_HANDLE binding,
                                       const Bytes& context, BytesView plain);
[[nodiscard]] Result<Bytes> open_bound(Pkcs11Module& module, CK_SESSION_HANDLE session, CK_OBJECT_HANDLE binding,
                                       const Bytes& context, BytesView bound);
// Does the token do what it is there for? Encrypts and decrypts under the binding key, so often.
[[nodiscard]] bool works(Pkcs11Module& module, CK_SESSION_HANDLE session, CK_OBJECT_HANDLE binding, int times);
// How often a call fails on bytes from outside before they are blamed. In between the token is asked whether it works,
// each time more often: one that fails in every so many calls doesn't make right bytes look wrong.
inline constexpr int kTriesBeforeBlame = 3;

}  // namespace freehold::crypto
