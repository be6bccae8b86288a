#include "src/token.h"

#include <array>

#include "crypto/aead.h"

namespace freehold::crypto {
namespace {

constexpr std::string_view kRootLabel = "region-root";
constexpr std::string_view kErasureLabel = "erasure";
constexpr std::size_t kErasureKeys = 900;  // a token copy holds 1,000 files
constexpr std::size_t kRootKeyBytes = 32;

}  // namespace

Result<std::unique_ptr<Token>> Token::open(Credentials credentials, MissingKey missing) {
  FH_TRY(auto module, Pkcs11Module::load(credentials.module_path, credentials.softhsm_configuration));
  std::unique_ptr<Token> token(new Token(credentials, std::move(module)));
  FH_CHECK_OK(token->slot_.find());
  auto session = token->open_session();
  const bool no_key = !session && session.error().code == ErrorCode::kNotFound;
  if (no_key && missing == MissingKey::kMake) {
    FH_CHECK_OK(token->make_wrapping_key(kRootLabel, kRootLabel));
    session = token->open_session();
  } else if (no_key) {
    return fail(ErrorCode::kCorrupt, session.error().message);
  }
  if (!session) return pass_on(session);
  token->give_back(*session);
  return token;
}

Result<std::unique_ptr<Token>> Token::create(Credentials credentials) {
  FH_TRY(auto module, Pkcs11Module::load(credentials.module_path, credentials.softhsm_configuration));
  std::unique_ptr<Token> token(new Token(credentials, std::move(module)));
  FH_CHECK_OK(token->slot_.initialise());
  FH_CHECK_OK(token->make_wrapping_key(kRootLabel, kRootLabel));
  FH_TRY(const Session session, token->open_session());
  token->give_back(session);
  return token;
}

Token::~Token() {
  for (const Session& session : idle_) close(session.handle);
}

Result<std::vector<CK_OBJECT_HANDLE>> Token::find_keys(CK_SESSION_HANDLE session, BytesView label, BytesView id,
                                                       std::size_t limit) {
  CK_OBJECT_CLASS secret_key = CKO_SECRET_KEY;
  CK_ATTRIBUTE wanted[] = {{CKA_CLASS, &secret_key, sizeof secret_key},
                           {CKA_LABEL, mutable_bytes(label), label.size()},
                           {CKA_ID, mutable_bytes(id), id.size()}};
  const std::size_t attributes = id.empty() ? std::size(wanted) - 1 : std::size(wanted);
  FH_CHECK_OK(check_pkcs11((*module_)->C_FindObjectsInit(session, wanted, attributes), "C_FindObjectsInit"));
  std::vector<CK_OBJECT_HANDLE> found(limit);
  CK_ULONG count = 0;
  const CK_RV code = (*module_)->C_FindObjects(session, found.data(), found.size(), &count);
  (*module_)->C_FindObjectsFinal(session);
  FH_CHECK_OK(check_pkcs11(code, "C_FindObjects"));
  found.resize(count);
  return found;
}

Result<CK_OBJECT_HANDLE> Token::find_root_key(CK_SESSION_HANDLE session) {
  FH_TRY(const auto found, find_keys(session, kRootLabel, {}, 2));
  if (found.empty()) return fail(ErrorCode::kNotFound, "the HSM token has no usable key region-root");
  if (found.size() > 1) return fail(ErrorCode::kConflict, "the HSM token has more than one key region-root");
  FH_CHECK_OK(check_root_key(session, found[0]));
  return found[0];
}

// Pairs with make_wrapping_key: a key that could leave the token is none of ours.
Result<> Token::check_root_key(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE key) {
  CK_BBOOL sensitive = CK_FALSE;
  CK_BBOOL extractable = CK_TRUE;
  CK_KEY_TYPE type = 0;
  CK_ATTRIBUTE attributes[] = {{CKA_SENSITIVE, &sensitive, sizeof sensitive},
                               {CKA_EXTRACTABLE, &extractable, sizeof extractable},
                               {CKA_KEY_TYPE, &type, sizeof type}};
  const CK_RV code = (*module_)->C_GetAttributeValue(session, key, attributes, std::size(attributes));
  if (code != CKR_OK || sensitive != CK_TRUE || extractable != CK_FALSE || type != CKK_AES) {
    return fail(ErrorCode::kCorrupt, "the HSM token's region-root is not a sensitive, non-extractable AES key");
  }
  return {};
}

Result<> Token::make_wrapping_key(BytesView label, BytesView id) {
  FH_TRY(const CK_SESSION_HANDLE session, slot_.log_in(CKF_RW_SESSION));
  CK_OBJECT_CLASS secret_key = CKO_SECRET_KEY;
  CK_KEY_TYPE aes = CKK_AES;
  CK_ULONG length = kRootKeyBytes;
  CK_BBOOL yes = CK_TRUE;
  CK_BBOOL no = CK_FALSE;
  CK_ATTRIBUTE attributes[] = {{CKA_CLASS, &secret_key, sizeof secret_key},
                               {CKA_KEY_TYPE, &aes, sizeof aes},
                               {CKA_VALUE_LEN, &length, sizeof length},
                               {CKA_LABEL, mutable_bytes(label), label.size()},
                               {CKA_ID, mutable_bytes(id), id.size()},
                               {CKA_TOKEN, &yes, sizeof yes},
                               {CKA_PRIVATE, &yes, sizeof yes},
                               {CKA_SENSITIVE, &yes, sizeof yes},
                               {CKA_EXTRACTABLE, &no, sizeof no},
                               {CKA_ENCRYPT, &yes, sizeof yes},
                               {CKA_DECRYPT, &yes, sizeof yes},
                               {CKA_WRAP, &no, sizeof no},
                               {CKA_UNWRAP, &no, sizeof no}};
  CK_MECHANISM mechanism{CKM_AES_KEY_GEN, nullptr, 0};
  CK_OBJECT_HANDLE key = CK_INVALID_HANDLE;
  const CK_RV code = (*module_)->C_GenerateKey(session, &mechanism, attributes, std::size(attributes), &key);
  close(session);
  return check_pkcs11(code, "C_GenerateKey");
}

Result<Token::Session> Token::open_session() {
  FH_TRY(const CK_SESSION_HANDLE handle, slot_.log_in(0));
  auto key = find_root_key(handle);
  if (!key) {
    close(handle);
    return pass_on(key);
  }
  return Session{handle, *key};
}

Result<Token::Session> Token::take_session() {
  {
    const std::lock_guard lock(mutex_);
    if (!idle_.empty()) {
      const Session session = idle_.back();
      idle_.pop_back();
      return session;
    }
  }
  return open_session();
}

void Token::give_back(Session session) {
  const std::lock_guard lock(mutex_);
  idle_.push_back(session);
}

template <class T, class Work>
Result<T> Token::with_session(Work work) {
  FH_TRY(const Session session, take_session());
  Result<T> result = work(session);
  if (result || result.error().code == ErrorCode::kCorrupt || result.error().code == ErrorCode::kNotFound) {
    give_back(session);
    return result;
  }
  close(session.handle);  // it may be gone, or in the middle of an operation
  if (result.error().code != ErrorCode::kUnavailable) return result;
  auto fresh = open_session();
  if (!fresh) return fail(ErrorCode::kUnavailable, "the HSM token is gone", fresh.error().detail);
  result = work(*fresh);
  give_back(*fresh);
  return result;
}

Result<Bytes> Token::encrypt(Session session, CK_OBJECT_HANDLE under, BytesView nonce, const Bytes& context,
                             const Secret& key) {
  CK_GCM_PARAMS parameters = gcm_parameters(nonce, context);
  CK_MECHANISM mechanism{CKM_AES_GCM, &parameters, sizeof parameters};
  FH_CHECK_OK(check_pkcs11((*module_)->C_EncryptInit(session.handle, &mechanism, under), "C_EncryptInit"));
  Bytes out(key.size() + kAeadTagBytes, '\0');
  CK_ULONG size = out.size();
  FH_CHECK_OK(check_pkcs11(
      (*module_)->C_Encrypt(session.handle, mutable_bytes(key.view()), key.size(), mutable_bytes(out), &size),
      "C_Encrypt"));
  if (size != out.size()) return fail(ErrorCode::kInternal, "the HSM token failed", "C_Encrypt: unexpected length");
  return Bytes(nonce) + out;
}

Result<Secret> Token::decrypt(Session session, CK_OBJECT_HANDLE under, const Bytes& wrapped, const Bytes& context) {
  const BytesView nonce = BytesView(wrapped).substr(0, kAeadNonceBytes);
  const BytesView sealed = BytesView(wrapped).substr(kAeadNonceBytes);
  CK_GCM_PARAMS parameters = gcm_parameters(nonce, context);
  CK_MECHANISM mechanism{CKM_AES_GCM, &parameters, sizeof parameters};
  FH_CHECK_OK(check_pkcs11((*module_)->C_DecryptInit(session.handle, &mechanism, under), "C_DecryptInit"));
  Secret out(sealed.size());  // some modules want room for the tag too
  CK_ULONG size = out.size();
  const CK_RV code = (*module_)->C_Decrypt(session.handle, mutable_bytes(sealed), sealed.size(),
                                           reinterpret_cast<CK_BYTE*>(out.span().data()), &size);
  // SoftHSM2 has no other name for a tag that doesn't match.
  FH_CHECK_OK(check_pkcs11(code == CKR_GENERAL_ERROR ? CKR_ENCRYPTED_DATA_INVALID : code, "C_Decrypt"));
  if (size != sealed.size() - kAeadTagBytes) {
    return fail(ErrorCode::kInternal, "the HSM token failed", "C_Decrypt: unexpected length");
  }
  return Secret(out.view().substr(0, size));
}

Result<CK_OBJECT_HANDLE> Token::wrapping_key(Session session, std::optional<ErasureKeyId> under) {
  if (!under) return session.root_key;
  return find_erasure_key(session.handle, *under);
}

Result<Bytes> Token::wrap(const Secret& key, const Bytes& context, std::optional<ErasureKeyId> under) {
  const Bytes nonce = random_.bytes(kAeadNonceBytes);
  return with_session<Bytes>([&](Session session) -> Result<Bytes> {
    FH_TRY(const auto handle, wrapping_key(session, under));
    return encrypt(session, handle, nonce, context, key);
  });
}

Result<Secret> Token::unwrap(const Bytes& wrapped, const Bytes& context, std::optional<ErasureKeyId> under) {
  if (wrapped.size() < kAeadNonceBytes + kAeadTagBytes) return fail(ErrorCode::kCorrupt, "a wrapped key is cut short");
  return with_session<Secret>([&](Session session) -> Result<Secret> {
    FH_TRY(const auto handle, wrapping_key(session, under));
    return decrypt(session, handle, wrapped, context);
  });
}

Result<CK_OBJECT_HANDLE> Token::find_erasure_key(CK_SESSION_HANDLE session, ErasureKeyId id) {
  FH_TRY(const auto found, find_keys(session, kErasureLabel, id.view(), 1));
  if (found.empty()) return fail(ErrorCode::kNotFound, "the HSM token has no such erasure key", to_string(id));
  return found[0];
}

Result<> Token::make_erasure_key(ErasureKeyId id) {
  FH_TRY(const auto there, erasure_keys());
  if (there.size() >= kErasureKeys) return fail(ErrorCode::kExhausted, "the HSM token has too many erasure keys");
  return make_wrapping_key(kErasureLabel, id.view());
}

Result<> Token::destroy_erasure_key(ErasureKeyId id) {
  FH_TRY(const CK_SESSION_HANDLE session, slot_.log_in(CKF_RW_SESSION));
  auto found = find_erasure_key(session, id);
  CK_RV code = CKR_OK;
  if (found) code = (*module_)->C_DestroyObject(session, *found);
  close(session);
  if (!found && found.error().code != ErrorCode::kNotFound) return pass_on(found);
  return check_pkcs11(code, "C_DestroyObject");
}

Result<std::vector<ErasureKeyId>> Token::erasure_keys() {
  using Ids = std::vector<ErasureKeyId>;
  return with_session<Ids>([&](Session session) -> Result<Ids> {
    FH_TRY(const auto found, find_keys(session.handle, kErasureLabel, {}, kErasureKeys + 1));
    Ids ids;
    for (const CK_OBJECT_HANDLE key : found) {
      ErasureKeyId id;
      CK_ATTRIBUTE attribute{CKA_ID, id.bytes.data(), id.bytes.size()};
      const CK_RV code = (*module_)->C_GetAttributeValue(session.handle, key, &attribute, 1);
      FH_CHECK_OK(check_pkcs11(code, "C_GetAttributeValue"));
      if (attribute.ulValueLen != id.bytes.size()) return fail(ErrorCode::kCorrupt, "an erasure key has another id");
      ids.push_back(id);
    }
    return ids;
  });
}

}  // namespace freehold::crypto
