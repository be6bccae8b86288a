#include "src/wrapping_keys.h"

#include <array>

#include "base/random.h"
#include "crypto/aead.h"
#include "src/token_attributes.h"

namespace freehold::crypto {
namespace {

constexpr std::string_view kWrappingLabel = "key-wrapping";
constexpr std::string_view kBindingLabel = "key-binding";
constexpr std::size_t kKeyBytes = 32;
constexpr BytesView kProbe = "freehold token probe";

enum class Role { kWraps, kBinds };

std::string_view label_of(Role role) { return role == Role::kWraps ? kWrappingLabel : kBindingLabel; }

TokenAttributes attributes_of(Role role) {
  TokenAttributes out;
  out.number(CKA_CLASS, CKO_SECRET_KEY).number(CKA_KEY_TYPE, CKK_AES);
  out.bytes(CKA_LABEL, label_of(role)).bytes(CKA_ID, label_of(role));
  out.yes(CKA_TOKEN).yes(CKA_PRIVATE).yes(CKA_SENSITIVE).no(CKA_EXTRACTABLE);
  const bool wraps = role == Role::kWraps;
  for (const auto use : {CKA_WRAP, CKA_UNWRAP}) wraps ? out.yes(use) : out.no(use);
  for (const auto use : {CKA_ENCRYPT, CKA_DECRYPT}) wraps ? out.no(use) : out.yes(use);
  return out;
}

Result<> make(Pkcs11Module& module, CK_SESSION_HANDLE session, Role role, BytesView given) {
  TokenAttributes what = attributes_of(role);
  TokenAttributes unwrapped;  // what it unwraps can't leave the token
  unwrapped.yes(CKA_SENSITIVE).no(CKA_EXTRACTABLE);
  if (role == Role::kWraps) what.nested(CKA_UNWRAP_TEMPLATE, unwrapped);
  CK_OBJECT_HANDLE key = CK_INVALID_HANDLE;
  if (!given.empty()) {
    what.bytes(CKA_VALUE, given);
    return check_pkcs11(module->C_CreateObject(session, what.data(), what.size(), &key), "C_CreateObject");
  }
  what.number(CKA_VALUE_LEN, kKeyBytes);
  CK_MECHANISM mechanism{CKM_AES_KEY_GEN, nullptr, 0};
  return check_pkcs11(module->C_GenerateKey(session, &mechanism, what.data(), what.size(), &key), "C_GenerateKey");
}

// Pairs with make(): a key that could leave the token, or do what the other is for, is none of ours.
Result<> check(Pkcs11Module& module, CK_SESSION_HANDLE session, CK_OBJECT_HANDLE key, Role role) {
  std::array<CK_BBOOL, 4> is{};
  CK_ATTRIBUTE attributes[] = {{CKA_SENSITIVE, &is[0], 1},
                               {CKA_EXTRACTABLE, &is[1], 1},
                               {role == Role::kWraps ? CKA_UNWRAP : CKA_DECRYPT, &is[2], 1},
                               {role == Role::kWraps ? CKA_DECRYPT : CKA_UNWRAP, &is[3], 1}};
  FH_CHECK_OK(check_pkcs11(module->C_GetAttributeValue(session, key, attributes, std::size(attributes)),
                           "C_GetAttributeValue"));
  if (is == std::array<CK_BBOOL, 4>{CK_TRUE, CK_FALSE, CK_TRUE, CK_FALSE}) return {};
  return fail(ErrorCode::kCorrupt, "the HSM token's " + std::string(label_of(role)) + " could leave the token");
}

Result<CK_OBJECT_HANDLE> find(Pkcs11Module& module, CK_SESSION_HANDLE session, Role role) {
  TokenAttributes wanted;
  wanted.number(CKA_CLASS, CKO_SECRET_KEY).yes(CKA_TOKEN).bytes(CKA_LABEL, label_of(role));
  FH_CHECK_OK(check_pkcs11(module->C_FindObjectsInit(session, wanted.data(), wanted.size()), "C_FindObjectsInit"));
  std::array<CK_OBJECT_HANDLE, 2> found{};
  CK_ULONG count = 0;
  const CK_RV code = module->C_FindObjects(session, found.data(), found.size(), &count);
  module->C_FindObjectsFinal(session);
  FH_CHECK_OK(check_pkcs11(code, "C_FindObjects"));
  if (count == 0) return fail(ErrorCode::kNotFound, "the HSM token has no " + std::string(label_of(role)));
  if (count > 1) return fail(ErrorCode::kCorrupt, "the HSM token has more than one " + std::string(label_of(role)));
  FH_CHECK_OK(check(module, session, found[0], role));
  return found[0];
}

Result<Bytes> decrypt(Pkcs11Module& module, CK_SESSION_HANDLE session, CK_OBJECT_HANDLE binding, const Bytes& context,
                      BytesView bound) {
  CK_GCM_PARAMS parameters = gcm_parameters(bound.substr(0, kAeadNonceBytes), context);
  CK_MECHANISM mechanism{CKM_AES_GCM, &parameters, sizeof parameters};
  FH_CHECK_OK(check_token(module->C_DecryptInit(session, &mechanism, binding), "C_DecryptInit"));
  const BytesView sealed = bound.substr(kAeadNonceBytes);
  Bytes out(sealed.size(), '\0');  // some modules want room for the tag too
  CK_ULONG size = out.size();
  FH_CHECK_OK(check_pkcs11(module->C_Decrypt(session, mutable_bytes(sealed), sealed.size(), mutable_bytes(out), &size),
                           "C_Decrypt"));
  if (size != sealed.size() - kAeadTagBytes) {
    return fail(ErrorCode::kUnavailable, "the HSM token failed", "C_Decrypt: unexpected length");
  }
  out.resize(size);
  return out;
}

}  // namespace

Result<WrappingKeys> find_wrapping_keys(Pkcs11Module& module, CK_SESSION_HANDLE session) {
  auto wrapping = find(module, session, Role::kWraps);
  auto binding = find(module, session, Role::kBinds);
  const auto missing = [](const auto& key) { return !key && key.error().code == ErrorCode::kNotFound; };
  if (missing(wrapping) != missing(binding)) {
    return fail(ErrorCode::kCorrupt, "the HSM token has lost one of its keys key-wrapping and key-binding");
  }
  if (!wrapping) return pass_on(wrapping);
  if (!binding) return pass_on(binding);
  return WrappingKeys{*wrapping, *binding};
}

Result<> make_wrapping_keys(Pkcs11Module& module, CK_SESSION_HANDLE session, const Secret& given) {
  if (!given.empty() && given.size() != kGivenBytes) {
    return fail(ErrorCode::kInvalidArgument, "a token's given keys have 64 bytes");
  }
  const auto half = [&given](std::size_t at) {
    return given.empty() ? BytesView() : given.view().substr(at * kKeyBytes, kKeyBytes);
  };
  FH_CHECK_OK(make(module, session, Role::kWraps, half(0)));
  return make(module, session, Role::kBinds, half(1));
}

Result<Bytes> bind_bytes(Pkcs11Module& module, CK_SESSION_HANDLE session, CK_OBJECT_HANDLE binding,
                         const Bytes& context, BytesView plain) {
  SystemRandom random;
  Bytes out = random.bytes(kAeadNonceBytes);
  CK_GCM_PARAMS parameters = gcm_parameters(out, context);
  CK_MECHANISM mechanism{CKM_AES_GCM, &parameters, sizeof parameters};
  FH_CHECK_OK(check_pkcs11(module->C_EncryptInit(session, &mechanism, binding), "C_EncryptInit"));
  Bytes sealed(plain.size() + kAeadTagBytes, '\0');
  CK_ULONG size = sealed.size();
  FH_CHECK_OK(check_pkcs11(module->C_Encrypt(session, mutable_bytes(plain), plain.size(), mutable_bytes(sealed), &size),
                           "C_Encrypt"));
  if (size != sealed.size()) {
    return fail(ErrorCode::kUnavailable, "the HSM token failed", "C_Encrypt: unexpected length");
  }
  return out + sealed;
}

Result<Bytes> open_bound(Pkcs11Module& module, CK_SESSION_HANDLE session, CK_OBJECT_HANDLE binding,
                         const Bytes& context, BytesView bound) {
  if (bound.size() < kAeadNonceBytes + kAeadTagBytes) return fail(ErrorCode::kCorrupt, "a wrapped key is cut short");
  Error last;
  for (int attempt = 1; attempt <= kTriesBeforeBlame; ++attempt) {
    auto opened = decrypt(module, session, binding, context, bound);
    if (opened || opened.error().code == ErrorCode::kUnavailable) return opened;
    if (!works(module, session, binding, attempt)) {
      return fail(ErrorCode::kUnavailable, "the HSM token fails", opened.error().detail);
    }
    last = std::move(opened.error());
  }
  return fail(ErrorCode::kCorrupt, "a wrapped key was altered or moved, or is another token's", last.detail);
}

bool works(Pkcs11Module& module, CK_SESSION_HANDLE session, CK_OBJECT_HANDLE binding, int times) {
  for (int i = 0; i < times; ++i) {
    const auto bound = bind_bytes(module, session, binding, Bytes(kProbe), kProbe);
    if (!bound) return false;
    const auto opened = decrypt(module, session, binding, Bytes(kProbe), *bound);
    if (!opened || *opened != kProbe) return false;
  }
  return true;
}

}  // namespace freehold::crypto
