// TokenKeys: keys whose private half is in the clear only inside a PKCS#11 token. Keeps: K1, E1, E2c.
//
// As nShield's and Azure's own HSMs do it: a key is made in the token as a session object, wrapped there by the token's
// wrapping key (AES-256, sensitive, never extractable), and the wrapped bytes are kept outside, by the key's owner. To
// be used, it is unwrapped into a session object (sensitive, not extractable). So a token has two objects however many
// keys there are, none is made or removed while a key is (a kill leaves no half of one), and copies of the token stay
// small.
//
// A key that may be released (Leaving) stands below a wrapping key of its own, made with it and wrapped as a key that
// can't leave is: from under that one the token unwraps it so that it can be wrapped for somebody else. All others are
// as they were: the token's wrapping key unwraps nothing that could leave.
//
// What is kept outside is sealed once more in the token, by a second key (AES-GCM), with the owner's context and the
// public half as associated data: it opens in its place, and nowhere else. docs/formats/token-keys.md.
#pragma once

// SoftHSM2 2.6.1: CKM_AES_KEY_WRAP_PAD wraps and unwraps RSA, all four curves and AES keys; CKA_UNWRAP_TEMPLATE is
// kept, so that what is wrapped can't be unwrapped into an object that gives its value away, not even by who has the
// PIN. CKA_TRUSTED takes the security officer, whose objects SoftHSM2 leaves unencrypted in their files: not used. A
// key that was just made is extractable until it is wrapped, in a session that nobody else has. RSA-OAEP with SHA-256
// isn't there: raw RSA in the token, padding by OpenSSL, in constant time. HMAC wants keys of at least the hash's
// length. SoftHSM2 is software: it proves the protocol and resists no tampering (DESIGN section 10).

#include <chrono>
#include <cstdint>
#include <string>

#include "base/bytes.h"
#include "base/result.h"
#include "base/secret.h"
#include "crypto/jose_algorithm.h"
#include "crypto/jose_key.h"
#include "runtime/pool.h"
#include "runtime/task.h"

namespace freehold::crypto {

inline constexpr std::size_t kMaxWrappedTokenKey = 4 * 1'024;  // of RSA-4096 some 2,430 bytes
inline constexpr std::size_t kMaxTransferredKey = 8 * 1'024;

struct TokenKeysConfig {
  std::string label;  // 1 to 32 of a-z, 0-9 and '-'; on another device than SoftHSM2 as it was given
  Secret pin;         // 4 to 255 characters
  // Empty: the wrapping keys are made in the token and are in no other place. 64 bytes: they are these, so that another
  // token that is given the same opens what this one wrapped (a security domain). They are then in the clear in this
  // process while the token is made.
  Secret given = {};
  unsigned threads = 2;                               // for uses; one PKCS#11 session each
  unsigned makers = 1;                                // for keys that are made or brought, which takes seconds
  std::chrono::milliseconds deadline{10'000};         // of a use, queueing included
  std::chrono::milliseconds making_deadline{90'000};  // RSA-4096 is 2 s in the mean and 15 s at times
};

// What is to be made.
struct TokenKeySpec {
  KeyType type = KeyType::kRsa;
  unsigned bits = 2'048;  // RSA 2,048, 3,072, 4,096; oct 128, 192, 256
  std::uint64_t exponent = 65'537;
  Curve curve = Curve::kP256;
};

// A key as its owner keeps it: nothing in it is in the clear but the public half.
struct TokenKey {
  PublicNumbers open = {};
  Bytes wrapped = {};
};

// May a key ever leave the token, wrapped for somebody else? Said when it is made, and never after.
enum class Leaving : std::uint8_t { kNever, kReleased };

// Where a key belongs.
struct TokenKeyPlace {
  Bytes context;                      // what it is bound to: it opens with the same one only; 1,024 bytes at most
  Bytes owner;                        // what forget() names: of a key of a vault, the vault's id
  runtime::FairKey turn = 0;          // whose turn its uses are
  Leaving leaving = Leaving::kNever;  // of a key that is made or brought; a kept one is what it was made as
};

// Whom a key is released to: an RSA key, and the hash of the RSA-OAEP (and its MGF1) that wraps for it.
struct TokenKeyRecipient {
  PublicNumbers key;
  HashName hash = HashName::kSha1;
};

// A key to be used. `forgets` is what forgets() said before the key was read from where it is kept: a use doesn't bring
// back what was forgotten meanwhile.
struct TokenKeyUse {
  TokenKey key;
  TokenKeyPlace place;
  std::uint64_t forgets = 0;
};

// Thread-safe; calls run on the token's own bounded pools, by turns. Errors: kInvalidArgument for what the caller gave
// (one text for whatever is wrong with an encrypted one); kCorrupt: a wrapped key that was altered, moved, or is
// another token's; kTimeout past the deadline; kExhausted if the queue is full; kUnavailable if the token is gone,
// locked or fails. A token's answer is never believed: a signature is verified with the public half, and a raw RSA
// decryption undone, before either is returned; a wrapped key is opened and tried before it is given out.
class TokenKeys {
 public:
  virtual ~TokenKeys() = default;

  [[nodiscard]] virtual runtime::Task<Result<TokenKey>> make(TokenKeySpec spec, TokenKeyPlace place) = 0;
  // A key that somebody brings in the clear. It was in this process's memory; from now on it is in the token alone.
  [[nodiscard]] virtual runtime::Task<Result<TokenKey>> take_in(JoseKey key, TokenKeyPlace place) = 0;
  // A key that somebody brings under the RSA key `exchange` (CKM_RSA_AES_KEY_WRAP with SHA-1: an AES key by RSA-OAEP,
  // then the key's PKCS#8, or the octets, by AES key wrap with padding under that): unwrapped within the token, never
  // in this process's memory. kInvalidArgument: not such a key of that type.
  [[nodiscard]] virtual runtime::Task<Result<TokenKey>> take_in_wrapped(TokenKeyUse exchange, Bytes transferred,
                                                                        KeyType type, TokenKeyPlace place) = 0;
  // The same key for another place.
  [[nodiscard]] virtual runtime::Task<Result<TokenKey>> move(TokenKey key, TokenKeyPlace from, TokenKeyPlace to) = 0;

  // A key that was made to leave, for a recipient: an AES-256 key made for this by RSA-OAEP, then the key's PKCS#8, or
  // the octets, by AES key wrap with padding under that (CKM_RSA_AES_KEY_WRAP). Wrapped within the token: neither key
  // is ever in this process's memory. kInvalidArgument: a key that was made to stay, or no such recipient.
  // kUnsupported: the token has no RSA-OAEP with that hash.
  [[nodiscard]] virtual runtime::Task<Result<Bytes>> release(TokenKeyUse use, TokenKeyRecipient to) = 0;

  // As JoseKey's of the same names. What takes the public half alone (RSA and EC: verify, encrypt, wrap) is done in
  // software, by whoever has JoseKey::from_public(); here it is kInvalidArgument.
  [[nodiscard]] virtual runtime::Task<Result<Bytes>> sign(TokenKeyUse use, JoseAlgorithm algorithm, Bytes digest) = 0;
  [[nodiscard]] virtual runtime::Task<Result<Secret>> decrypt(TokenKeyUse use, JoseAlgorithm algorithm,
                                                              JoseEncrypted encrypted, Bytes associated) = 0;
  [[nodiscard]] virtual runtime::Task<Result<Secret>> unwrap(TokenKeyUse use, JoseAlgorithm algorithm,
                                                             Bytes wrapped) = 0;
  // Of symmetric keys. `iv`: for AES-CBC alone, made here if empty.
  [[nodiscard]] virtual runtime::Task<Result<JoseEncrypted>> encrypt(TokenKeyUse use, JoseAlgorithm algorithm,
                                                                     Secret plain, Bytes iv, Bytes associated) = 0;
  [[nodiscard]] virtual runtime::Task<Result<Bytes>> wrap(TokenKeyUse use, JoseAlgorithm algorithm, Secret key) = 0;
  [[nodiscard]] virtual runtime::Task<Result<bool>> verify(TokenKeyUse use, JoseAlgorithm algorithm, Bytes digest,
                                                           Bytes signature) = 0;

  // Drops all unwrapped keys of an owner from the sessions: at once from those that are idle, else when the use under
  // way ends. Never blocks.
  virtual void forget(Bytes owner) = 0;
  // How often forget() was called.
  [[nodiscard]] virtual std::uint64_t forgets() const = 0;
  // Finishes what is queued; calls fail with kUnavailable from then on. Idempotent.
  virtual void stop() = 0;
};

}  // namespace freehold::crypto
