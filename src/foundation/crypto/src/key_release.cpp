// Keys that leave the token, wrapped there for somebody else (PKCS#11 v3.0 section 2.1.21, CKM_RSA_AES_KEY_WRAP, taken
// apart into the mechanisms that every module has).
#include "src/jose_state.h"
#include "src/key_session.h"

namespace freehold::crypto {
namespace {

constexpr CK_ULONG kAesKeyBytes = 32;

struct OaepHash {
  CK_MECHANISM_TYPE hash;
  CK_RSA_PKCS_MGF_TYPE mask;
  std::string_view name;
};
OaepHash oaep_of(HashName hash) {
  switch (hash) {
    case HashName::kSha1:
      return {CKM_SHA_1, CKG_MGF1_SHA1, "SHA-1"};
    case HashName::kSha256:
      return {CKM_SHA256, CKG_MGF1_SHA256, "SHA-256"};
    case HashName::kSha384:
      return {CKM_SHA384, CKG_MGF1_SHA384, "SHA-384"};
    case HashName::kSha512:
      break;
  }
  return {CKM_SHA512, CKG_MGF1_SHA512, "SHA-512"};
}

// What a module says of parameters that it doesn't know: SoftHSM2 the last.
bool is_unknown_mechanism(CK_RV code) {
  return code == CKR_MECHANISM_INVALID || code == CKR_MECHANISM_PARAM_INVALID || code == CKR_ARGUMENTS_BAD;
}

// Extractable, and what it takes to be tried.
TokenAttributes leaving_as(KeyType type) {
  TokenAttributes out;
  mark_passing(out, type);
  const bool secret = type == KeyType::kOct;
  out.number(CKA_CLASS, secret ? CKO_SECRET_KEY : CKO_PRIVATE_KEY);
  out.number(CKA_KEY_TYPE, secret ? CKK_AES : type == KeyType::kRsa ? CKK_RSA : CKK_EC);
  return out;
}

}  // namespace

Result<Bytes> KeySession::wrap_by(CK_OBJECT_HANDLE key, CK_MECHANISM mechanism, CK_OBJECT_HANDLE what) {
  Bytes wrapped(kMaxWrappedTokenKey, '\0');
  CK_ULONG size = wrapped.size();
  FH_CHECK_OK(
      check_pkcs11(module_->C_WrapKey(handle_, &mechanism, key, what, mutable_bytes(wrapped), &size), "C_WrapKey"));
  if (size > wrapped.size()) return fail(ErrorCode::kUnavailable, "the HSM token failed", "C_WrapKey: length");
  wrapped.resize(size);
  return wrapped;
}

Result<KeySession::Object> KeySession::generate_between() {
  TokenAttributes what;
  what.number(CKA_CLASS, CKO_SECRET_KEY).number(CKA_KEY_TYPE, CKK_AES).number(CKA_VALUE_LEN, kAesKeyBytes);
  what.no(CKA_TOKEN).yes(CKA_PRIVATE).yes(CKA_SENSITIVE).yes(CKA_EXTRACTABLE).yes(CKA_WRAP).yes(CKA_UNWRAP);
  CK_MECHANISM mechanism{CKM_AES_KEY_GEN, nullptr, 0};
  CK_OBJECT_HANDLE key = CK_INVALID_HANDLE;
  FH_CHECK_OK(
      check_pkcs11(module_->C_GenerateKey(handle_, &mechanism, what.data(), what.size(), &key), "C_GenerateKey"));
  return Object(*this, key);
}

Result<Bytes> KeySession::wrap_for(const TokenKeyRecipient& to, CK_OBJECT_HANDLE what) {
  TokenAttributes open;
  open.number(CKA_CLASS, CKO_PUBLIC_KEY).number(CKA_KEY_TYPE, CKK_RSA).no(CKA_TOKEN).no(CKA_PRIVATE).yes(CKA_WRAP);
  open.bytes(CKA_MODULUS, to.key.n).bytes(CKA_PUBLIC_EXPONENT, to.key.e);
  CK_OBJECT_HANDLE handle = CK_INVALID_HANDLE;
  FH_CHECK_OK(check_pkcs11(module_->C_CreateObject(handle_, open.data(), open.size(), &handle), "C_CreateObject"));
  const Object recipient(*this, handle);
  const auto of = oaep_of(to.hash);
  CK_RSA_PKCS_OAEP_PARAMS oaep{of.hash, of.mask, CKZ_DATA_SPECIFIED, nullptr, 0};
  CK_MECHANISM mechanism{CKM_RSA_PKCS_OAEP, &oaep, sizeof oaep};
  Bytes wrapped(to.key.n.size(), '\0');
  CK_ULONG size = wrapped.size();
  const CK_RV code = module_->C_WrapKey(handle_, &mechanism, handle, what, mutable_bytes(wrapped), &size);
  if (is_unknown_mechanism(code)) {
    return fail(ErrorCode::kUnsupported, "RSA-OAEP with " + std::string(of.name) + " in this region's HSM");
  }
  FH_CHECK_OK(check_pkcs11(code, "C_WrapKey"));
  if (size != wrapped.size()) return fail(ErrorCode::kUnavailable, "the HSM token failed", "C_WrapKey: length");
  return wrapped;
}

// What the recipient will unwrap is the key, and whole.
Result<> KeySession::try_released(const TokenKeyUse& use, CK_OBJECT_HANDLE by, BytesView wrapped) {
  TokenAttributes as = leaving_as(use.key.open.type);
  FH_TRY(const Object copy, unwrap_with(by, {CKM_AES_KEY_WRAP_PAD, nullptr, 0}, wrapped, as));
  if (use.key.open.type == KeyType::kOct) return try_out(use, copy.handle());
  const JoseAlgorithm& algorithm = trial(use.key.open);
  const Bytes digest(size_of(algorithm.hash), 't');
  FH_TRY(const PkeyPtr half, public_from(use.key.open));
  FH_TRY([[maybe_unused]] const Bytes right, sign_private(copy.handle(), half.get(), algorithm, digest));
  return {};
}

// Nothing of it is cached: the key is extractable in this session as long as this takes.
Result<Bytes> KeySession::release(const TokenKeyUse& use, const TokenKeyRecipient& to) {
  FH_TRY(const Kept kept, unseal(use.key, use.place.context));
  if (kept.above.empty()) return wrong_input("The key was made to stay in its HSM.");
  FH_TRY(const Object passing, generate_between());
  FH_TRY(const Bytes front, wrap_for(to, passing.handle()));
  TokenAttributes as = leaving_as(use.key.open.type);
  FH_TRY(const Object key, unwrap_kept(kept, as));
  FH_TRY(const Bytes wrapped, wrap_by(passing.handle(), {CKM_AES_KEY_WRAP_PAD, nullptr, 0}, key.handle()));
  FH_CHECK_OK(try_released(use, passing.handle(), wrapped));
  return front + wrapped;
}

}  // namespace freehold::crypto
