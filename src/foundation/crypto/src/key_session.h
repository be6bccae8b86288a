// KeySession: one PKCS#11 session, and what is done with keys in it. Private to this module.
#pragma once

#include <list>
#include <map>
#include <memory>
#include <vector>

#include "crypto/digest.h"
#include "crypto/token_keys.h"
#include "src/openssl_ptr.h"
#include "src/token_attributes.h"
#include "src/wrapping_keys.h"

namespace freehold::crypto {

// Blocking; used by one thread at a time. Errors are TokenKeys', and whatever isn't kInvalidArgument, kCorrupt or
// kUnsupported means that the session is to be closed.
class KeySession {
 public:
  static constexpr std::size_t kHandles = 256;  // unwrapped keys; beyond them the one used longest ago is dropped

  // kNotFound: no such token, or one without the two keys.
  [[nodiscard]] static Result<std::unique_ptr<KeySession>> open(Pkcs11Module& module, TokenSlot& slot);
  ~KeySession();  // closes it; the token drops all its objects
  KeySession(const KeySession&) = delete;
  KeySession& operator=(const KeySession&) = delete;

  // Whether the unwrapped key may stay for the next use of it.
  enum class Keep { kNo, kYes };

  // key_making.cpp
  [[nodiscard]] Result<TokenKey> make(const TokenKeySpec& spec, const TokenKeyPlace& place);
  [[nodiscard]] Result<TokenKey> take_in(const JoseKey& key, const TokenKeyPlace& place);
  [[nodiscard]] Result<TokenKey> take_in_wrapped(const TokenKeyUse& exchange, BytesView transferred, KeyType type,
                                                 const TokenKeyPlace& place);
  [[nodiscard]] Result<TokenKey> move(const TokenKey& key, const TokenKeyPlace& from, const TokenKeyPlace& to);
  // key_release.cpp
  [[nodiscard]] Result<Bytes> release(const TokenKeyUse& use, const TokenKeyRecipient& to);
  // key_uses.cpp
  [[nodiscard]] Result<Bytes> sign(const TokenKeyUse& use, const JoseAlgorithm& algorithm, BytesView digest, Keep keep);
  [[nodiscard]] Result<Secret> decrypt(const TokenKeyUse& use, const JoseAlgorithm& algorithm,
                                       const JoseEncrypted& encrypted, const Bytes& associated, Keep keep);
  [[nodiscard]] Result<Secret> unwrap(const TokenKeyUse& use, const JoseAlgorithm& algorithm, BytesView wrapped,
                                      Keep keep);
  [[nodiscard]] Result<JoseEncrypted> encrypt(const TokenKeyUse& use, const JoseAlgorithm& algorithm,
                                              const Secret& plain, const Bytes& iv, const Bytes& associated, Keep keep);
  [[nodiscard]] Result<Bytes> wrap(const TokenKeyUse& use, const JoseAlgorithm& algorithm, const Secret& key,
                                   Keep keep);

  // Drops what is cached of an owner; of all of them.
  void forget(const Bytes& owner);
  void forget_all();
  // Up to where forgettings were heeded: TokenKeys' to keep.
  std::uint64_t swept = 0;
  [[nodiscard]] std::size_t cached() const { return cache_.size(); }

 private:
  // What an unwrapped symmetric key is an object for; RSA and EC keys are kPrivate.
  enum class Purpose : std::uint8_t { kPrivate, kCipher, kMac };
  // An object of this session, destroyed with it.
  class Object {
   public:
    Object(KeySession& session, CK_OBJECT_HANDLE handle) : session_(&session), handle_(handle) {}
    ~Object();
    Object(Object&& other) noexcept : session_(other.session_), handle_(std::exchange(other.handle_, kNone)) {}
    Object(const Object&) = delete;
    Object& operator=(const Object&) = delete;
    Object& operator=(Object&&) = delete;
    [[nodiscard]] CK_OBJECT_HANDLE handle() const { return handle_; }
    [[nodiscard]] CK_OBJECT_HANDLE release() { return std::exchange(handle_, kNone); }

   private:
    static constexpr CK_OBJECT_HANDLE kNone = CK_INVALID_HANDLE;
    KeySession* session_;
    CK_OBJECT_HANDLE handle_;
  };
  // A key ready to be used: cached, or to be dropped after this use. `open`: the public half of RSA and EC.
  struct Ready {
    CK_OBJECT_HANDLE handle;
    std::unique_ptr<Object> own;
    std::shared_ptr<EVP_PKEY> open;
  };
  struct Made {
    Object key;
    PublicNumbers open;
  };
  // A key as the token wrapped it. `above`: the wrapping key of its own, wrapped, of a key that may leave; else empty.
  struct Kept {
    Bytes above;
    Bytes wrapped;
  };
  using CacheKey = std::pair<Sha256Digest, Purpose>;
  struct Cached {
    CK_OBJECT_HANDLE handle;
    Bytes owner;
    std::shared_ptr<EVP_PKEY> open;
    std::list<CacheKey>::iterator used;
  };

  KeySession(Pkcs11Module& module, CK_SESSION_HANDLE handle, WrappingKeys keys)
      : module_(module), handle_(handle), keys_(keys) {}

  // What is wrapped, from the token's own wrapping: sealed to its place, and the way back.
  [[nodiscard]] Result<Bytes> seal(const PublicNumbers& open, const Bytes& context, const Kept& kept);
  [[nodiscard]] Result<Kept> unseal(const TokenKey& key, const Bytes& context);
  // Unwraps as `as` says: by the token's wrapping key, or by the one above the key.
  [[nodiscard]] Result<Object> unwrap_kept(const Kept& kept, TokenAttributes& as);
  [[nodiscard]] Result<CK_OBJECT_HANDLE> unwrap_sealed(const TokenKey& key, const Bytes& context, Purpose purpose);
  [[nodiscard]] Result<Ready> ready(const TokenKeyUse& use, Purpose purpose, Keep keep);
  void drop(std::map<CacheKey, Cached>::iterator at);
  void destroy(CK_OBJECT_HANDLE object) { module_->C_DestroyObject(handle_, object); }

  [[nodiscard]] Result<Bytes> attribute(CK_OBJECT_HANDLE object, CK_ATTRIBUTE_TYPE type);
  // Tries a call on a caller's bytes until they can be blamed: kInvalidArgument with `message` then, kUnavailable if
  // the token doesn't work.
  template <class Call>
  [[nodiscard]] std::invoke_result_t<Call> judged(Call call, std::string message) {
    Error last;
    for (int attempt = 1; attempt <= kTriesBeforeBlame; ++attempt) {
      auto done = call();
      if (done) return done;
      last = std::move(done.error());
      const bool gone = last.code == ErrorCode::kUnavailable || last.code == ErrorCode::kExhausted;
      if (gone || !works(module_, handle_, keys_.binding, attempt)) {
        return fail(ErrorCode::kUnavailable, "the HSM token fails", last.detail);
      }
    }
    return fail(ErrorCode::kInvalidArgument, std::move(message), last.detail);
  }
  [[nodiscard]] Result<Object> unwrap_with(CK_OBJECT_HANDLE key, CK_MECHANISM mechanism, BytesView wrapped,
                                           TokenAttributes& as);

  [[nodiscard]] Result<Bytes> wrap_by(CK_OBJECT_HANDLE key, CK_MECHANISM mechanism, CK_OBJECT_HANDLE what);
  // AES-256 that wraps and unwraps, and can itself be wrapped: it stands between two others.
  [[nodiscard]] Result<Object> generate_between();
  [[nodiscard]] Result<Bytes> wrap_for(const TokenKeyRecipient& to, CK_OBJECT_HANDLE what);
  [[nodiscard]] Result<> try_released(const TokenKeyUse& use, CK_OBJECT_HANDLE by, BytesView wrapped);
  [[nodiscard]] Result<Made> generate(const TokenKeySpec& spec);
  [[nodiscard]] Result<Made> generate_pair(CK_MECHANISM mechanism, TokenAttributes open, KeyType type);
  [[nodiscard]] Result<Made> generate_octets(unsigned bits);
  [[nodiscard]] Result<Object> create(const PublicNumbers& open, const PrivateNumbers& hidden);
  [[nodiscard]] Result<TokenKey> wrap_up(Made made, const TokenKeyPlace& place);
  [[nodiscard]] Result<> try_out(const TokenKeyUse& use, CK_OBJECT_HANDLE original);
  [[nodiscard]] Result<PublicNumbers> numbers_of_private(CK_OBJECT_HANDLE key, KeyType type);
  [[nodiscard]] Result<PublicNumbers> point_of_private(CK_OBJECT_HANDLE key);

  [[nodiscard]] Result<Bytes> sign_with(CK_OBJECT_HANDLE key, CK_MECHANISM mechanism, BytesView data, std::size_t most);
  [[nodiscard]] Result<Bytes> sign_private(CK_OBJECT_HANDLE key, EVP_PKEY* open, const JoseAlgorithm& algorithm,
                                           BytesView digest);
  [[nodiscard]] Result<Secret> decrypt_with(CK_OBJECT_HANDLE key, CK_MECHANISM mechanism, BytesView text);
  [[nodiscard]] Result<Bytes> encrypt_with(CK_OBJECT_HANDLE key, CK_MECHANISM mechanism, BytesView text);
  [[nodiscard]] Result<Secret> decrypt_rsa(const TokenKeyUse& use, const JoseAlgorithm& algorithm, BytesView text,
                                           Keep keep);

  Pkcs11Module& module_;
  CK_SESSION_HANDLE handle_;
  WrappingKeys keys_;
  std::map<CacheKey, Cached> cache_;
  std::list<CacheKey> order_;  // the one used last is first
};

// Of a key that was just made, or is on its way in or out: extractable until it is wrapped.
void mark_passing(TokenAttributes& out, KeyType type);
// An algorithm that any key of the kind signs by.
[[nodiscard]] const JoseAlgorithm& trial(const PublicNumbers& open);
// The DER of a curve's object identifier, as CKA_EC_PARAMS has it.
[[nodiscard]] BytesView curve_parameters(Curve curve);

}  // namespace freehold::crypto
