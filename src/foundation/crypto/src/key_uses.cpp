// Uses of a token's keys.
#include "base/random.h"
#include "src/jose_state.h"
#include "src/key_session.h"
#include "src/token_padding.h"

namespace freehold::crypto {
namespace {

constexpr std::size_t kGcmIvBytes = 12;
constexpr std::size_t kTagBytes = 16;
constexpr std::size_t kBlockBytes = 16;
constexpr std::size_t kMaxSignature = 512;

std::unexpected<Error> token_failed(std::string detail) {
  return fail(ErrorCode::kUnavailable, "the HSM token failed", std::move(detail));
}

struct HashMechanisms {
  CK_MECHANISM_TYPE hash;
  CK_RSA_PKCS_MGF_TYPE mask;
  CK_MECHANISM_TYPE mac;
};
HashMechanisms mechanisms_of(HashName hash) {
  switch (hash) {
    case HashName::kSha384:
      return {CKM_SHA384, CKG_MGF1_SHA384, CKM_SHA384_HMAC};
    case HashName::kSha512:
      return {CKM_SHA512, CKG_MGF1_SHA512, CKM_SHA512_HMAC};
    default:
      return {CKM_SHA256, CKG_MGF1_SHA256, CKM_SHA256_HMAC};
  }
}

CK_MECHANISM cbc(const Bytes& iv) { return {CKM_AES_CBC, mutable_bytes(iv), iv.size()}; }

CK_MECHANISM key_wrap(const JoseAlgorithm& algorithm) {
  return {static_cast<CK_MECHANISM_TYPE>(algorithm.scheme == Scheme::kAesKeyWrapPad ? CKM_AES_KEY_WRAP_PAD
                                                                                    : CKM_AES_KEY_WRAP),
          nullptr, 0};
}

// Octets as an object of their own, which gives its value away: what the API wraps and unwraps is the caller's.
TokenAttributes open_octets() {
  TokenAttributes out;
  out.number(CKA_CLASS, CKO_SECRET_KEY).number(CKA_KEY_TYPE, CKK_GENERIC_SECRET);
  out.no(CKA_TOKEN).yes(CKA_PRIVATE).no(CKA_SENSITIVE).yes(CKA_EXTRACTABLE);
  return out;
}

}  // namespace

Result<Bytes> KeySession::sign_with(CK_OBJECT_HANDLE key, CK_MECHANISM mechanism, BytesView data, std::size_t most) {
  FH_CHECK_OK(check_pkcs11(module_->C_SignInit(handle_, &mechanism, key), "C_SignInit"));
  Bytes out(most, '\0');
  CK_ULONG size = out.size();
  FH_CHECK_OK(
      check_pkcs11(module_->C_Sign(handle_, mutable_bytes(data), data.size(), mutable_bytes(out), &size), "C_Sign"));
  if (size > out.size()) return token_failed("C_Sign: unexpected length");
  out.resize(size);
  return out;
}

Result<Secret> KeySession::decrypt_with(CK_OBJECT_HANDLE key, CK_MECHANISM mechanism, BytesView text) {
  FH_CHECK_OK(check_token(module_->C_DecryptInit(handle_, &mechanism, key), "C_DecryptInit"));
  Secret out(text.size() + kBlockBytes);
  CK_ULONG size = out.size();
  FH_CHECK_OK(check_pkcs11(module_->C_Decrypt(handle_, mutable_bytes(text), text.size(),
                                              reinterpret_cast<CK_BYTE*>(out.span().data()), &size),
                           "C_Decrypt"));
  if (size > out.size()) return token_failed("C_Decrypt: unexpected length");
  return Secret(out.view().substr(0, size));
}

Result<Bytes> KeySession::encrypt_with(CK_OBJECT_HANDLE key, CK_MECHANISM mechanism, BytesView text) {
  FH_CHECK_OK(check_pkcs11(module_->C_EncryptInit(handle_, &mechanism, key), "C_EncryptInit"));
  Bytes out(text.size() + 2 * kBlockBytes, '\0');
  CK_ULONG size = out.size();
  // SoftHSM2 refuses a null pointer even to no bytes.
  const BytesView from = text.data() == nullptr ? BytesView("") : text;
  FH_CHECK_OK(check_pkcs11(module_->C_Encrypt(handle_, mutable_bytes(from), from.size(), mutable_bytes(out), &size),
                           "C_Encrypt"));
  if (size > out.size()) return token_failed("C_Encrypt: unexpected length");
  out.resize(size);
  return out;
}

// The public half verifies it before anybody sees it: a fault in RSA by parts would give the key away.
Result<Bytes> KeySession::sign_private(CK_OBJECT_HANDLE key, EVP_PKEY* open, const JoseAlgorithm& algorithm,
                                       BytesView digest) {
  const auto of = mechanisms_of(algorithm.hash);
  CK_RSA_PKCS_PSS_PARAMS pss{of.hash, of.mask, size_of(algorithm.hash)};
  CK_MECHANISM mechanism{CKM_ECDSA, nullptr, 0};
  Bytes data(digest);
  if (algorithm.scheme == Scheme::kRsaPss) mechanism = {CKM_RSA_PKCS_PSS, &pss, sizeof pss};
  if (algorithm.scheme == Scheme::kRsaPkcs1Signature) {
    mechanism = {CKM_RSA_PKCS, nullptr, 0};
    data = digest_info(algorithm.hash, digest);
  }
  FH_TRY(Bytes signature, sign_with(key, mechanism, data, kMaxSignature));
  if (!pkey_verify(open, algorithm, digest, signature)) return token_failed("a signature that doesn't verify");
  return signature;
}

Result<Bytes> KeySession::sign(const TokenKeyUse& use, const JoseAlgorithm& algorithm, BytesView digest, Keep keep) {
  const bool mac = algorithm.scheme == Scheme::kHmac;
  FH_TRY(const Ready key, ready(use, mac ? Purpose::kMac : Purpose::kPrivate, keep));
  if (!mac) return sign_private(key.handle, key.open.get(), algorithm, digest);
  return sign_with(key.handle, {mechanisms_of(algorithm.hash).mac, nullptr, 0}, digest, kMaxSignature);
}

// What was decrypted, encrypted again, is what it was.
Result<Secret> KeySession::decrypt_rsa(const TokenKeyUse& use, const JoseAlgorithm& algorithm, BytesView text,
                                       Keep keep) {
  const PublicNumbers& open = use.key.open;
  if (!is_rsa_block(open, text)) return cannot_decrypt();
  FH_TRY(const Ready key, ready(use, Purpose::kPrivate, keep));
  FH_TRY(const Secret raw, decrypt_with(key.handle, {CKM_RSA_X_509, nullptr, 0}, text));
  if (raw.size() > open.n.size()) return token_failed("C_Decrypt: unexpected length");
  Secret block(open.n.size());  // some modules leave out what is zero in front
  std::copy(raw.view().begin(), raw.view().end(), block.span().end() - static_cast<std::ptrdiff_t>(raw.size()));
  const auto back = rsa_raw_public(key.open.get(), block);
  if (!back || *back != text) return token_failed("a decryption that isn't one");
  return without_rsa_padding(algorithm, block);
}

Result<Secret> KeySession::decrypt(const TokenKeyUse& use, const JoseAlgorithm& algorithm,
                                   const JoseEncrypted& encrypted, const Bytes& associated, Keep keep) {
  if (algorithm.type == KeyType::kRsa) return decrypt_rsa(use, algorithm, encrypted.text, keep);
  FH_TRY(const Ready key, ready(use, Purpose::kCipher, keep));
  if (algorithm.scheme != Scheme::kAesGcm) {
    FH_TRY(const Secret plain, decrypt_with(key.handle, cbc(encrypted.iv), encrypted.text));
    if (plain.size() != encrypted.text.size()) return token_failed("C_Decrypt: unexpected length");
    if (algorithm.scheme == Scheme::kAesCbc) return plain.clone();
    return without_block_padding(plain);
  }
  CK_GCM_PARAMS parameters = gcm_parameters(encrypted.iv, associated);
  const Bytes whole = encrypted.text + encrypted.tag;
  const auto open = [&]() -> Result<Secret> {
    FH_TRY(auto plain, decrypt_with(key.handle, {CKM_AES_GCM, &parameters, sizeof parameters}, whole));
    if (plain.size() != encrypted.text.size()) return token_failed("C_Decrypt: unexpected length");
    return plain;
  };
  return judged(open, cannot_decrypt().error().message);
}

Result<Secret> KeySession::unwrap(const TokenKeyUse& use, const JoseAlgorithm& algorithm, BytesView wrapped,
                                  Keep keep) {
  if (algorithm.type == KeyType::kRsa) return decrypt_rsa(use, algorithm, wrapped, keep);
  FH_TRY(const Ready key, ready(use, Purpose::kCipher, keep));
  TokenAttributes as = open_octets();
  const auto open = [&] { return unwrap_with(key.handle, key_wrap(algorithm), wrapped, as); };
  FH_TRY(const Object octets, judged(open, cannot_decrypt().error().message));
  FH_TRY(Bytes value, attribute(octets.handle(), CKA_VALUE));
  Secret out{BytesView(value)};
  wipe(value);
  return out;
}

Result<JoseEncrypted> KeySession::encrypt(const TokenKeyUse& use, const JoseAlgorithm& algorithm, const Secret& plain,
                                          const Bytes& iv, const Bytes& associated, Keep keep) {
  FH_TRY(const Ready key, ready(use, Purpose::kCipher, keep));
  const bool gcm = algorithm.scheme == Scheme::kAesGcm;
  SystemRandom random;
  JoseEncrypted out{.text = {}, .iv = iv.empty() ? random.bytes(gcm ? kGcmIvBytes : kCbcIvBytes) : iv};
  if (!gcm) {
    const Secret padded = algorithm.scheme == Scheme::kAesCbcPad ? with_block_padding(plain) : plain.clone();
    FH_TRY(out.text, encrypt_with(key.handle, cbc(out.iv), padded.view()));
    if (out.text.size() != padded.size()) return token_failed("C_Encrypt: unexpected length");
    return out;
  }
  CK_GCM_PARAMS parameters = gcm_parameters(out.iv, associated);
  FH_TRY(out.text, encrypt_with(key.handle, {CKM_AES_GCM, &parameters, sizeof parameters}, plain.view()));
  if (out.text.size() != plain.size() + kTagBytes) return token_failed("C_Encrypt: unexpected length");
  out.tag = out.text.substr(plain.size());
  out.text.resize(plain.size());
  return out;
}

Result<Bytes> KeySession::wrap(const TokenKeyUse& use, const JoseAlgorithm& algorithm, const Secret& plain, Keep keep) {
  FH_TRY(const Ready key, ready(use, Purpose::kCipher, keep));
  TokenAttributes what = open_octets();
  what.bytes(CKA_VALUE, plain.view());
  CK_OBJECT_HANDLE object = CK_INVALID_HANDLE;
  FH_CHECK_OK(check_pkcs11(module_->C_CreateObject(handle_, what.data(), what.size(), &object), "C_CreateObject"));
  const Object octets(*this, object);
  Bytes out(plain.size() + 3 * kBlockBytes, '\0');
  CK_ULONG size = out.size();
  CK_MECHANISM mechanism = key_wrap(algorithm);
  FH_CHECK_OK(check_pkcs11(module_->C_WrapKey(handle_, &mechanism, key.handle, object, mutable_bytes(out), &size),
                           "C_WrapKey"));
  if (size > out.size()) return token_failed("C_WrapKey: unexpected length");
  out.resize(size);
  return out;
}

}  // namespace freehold::crypto
