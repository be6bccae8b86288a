#include "src/key_session.h"

#include "src/jose_state.h"

namespace freehold::crypto {
namespace {

constexpr std::uint8_t kFormat = 1;
constexpr std::uint8_t kFormatLeaving = 2;  // below a wrapping key of its own, which stands in front
constexpr std::size_t kMaxAbove = 64;       // AES-256, wrapped: 40 bytes
constexpr BytesView kContext = "freehold token key";
constexpr std::size_t kMaxAttributeBytes = 1'024;

// The public half, in one way: what is bound can't be shown as another key.
Bytes encode(const PublicNumbers& open) {
  Bytes out;
  append_u8(out, static_cast<std::uint8_t>(open.type));
  append_u32(out, open.bits);
  if (open.type == KeyType::kRsa) {
    append_sized(out, open.n);
    append_sized(out, open.e);
  } else if (open.type == KeyType::kEc) {
    append_u8(out, static_cast<std::uint8_t>(open.curve));
    append_sized(out, open.x);
    append_sized(out, open.y);
  }
  return out;
}

Bytes associated(const PublicNumbers& open, const Bytes& context, std::uint8_t format) {
  Bytes out(kContext);
  append_u8(out, format);
  append_sized(out, encode(open));
  append_sized(out, context);
  return out;
}

}  // namespace

KeySession::Object::~Object() {
  if (handle_ != kNone) session_->destroy(handle_);
}

Result<std::unique_ptr<KeySession>> KeySession::open(Pkcs11Module& module, TokenSlot& slot) {
  FH_TRY(const CK_SESSION_HANDLE handle, slot.log_in(0));
  auto keys = find_wrapping_keys(module, handle);
  if (!keys) {
    module->C_CloseSession(handle);
    return pass_on(keys);
  }
  return std::unique_ptr<KeySession>(new KeySession(module, handle, *keys));
}

KeySession::~KeySession() { module_->C_CloseSession(handle_); }

Result<Bytes> KeySession::seal(const PublicNumbers& open, const Bytes& context, const Kept& kept) {
  const std::uint8_t format = kept.above.empty() ? kFormat : kFormatLeaving;
  Bytes plain;
  if (!kept.above.empty()) append_sized(plain, kept.above);
  plain += kept.wrapped;
  FH_TRY(const Bytes bound, bind_bytes(module_, handle_, keys_.binding, associated(open, context, format), plain));
  Bytes out;
  append_u8(out, format);
  out += bound;
  return out;
}

Result<KeySession::Kept> KeySession::unseal(const TokenKey& key, const Bytes& context) {
  const auto corrupt = [] { return fail(ErrorCode::kCorrupt, "a token's wrapped key is not as it was written"); };
  const BytesView wrapped = key.wrapped;
  if (wrapped.empty() || wrapped.size() > kMaxWrappedTokenKey) return corrupt();
  const auto format = static_cast<std::uint8_t>(wrapped.front());
  if (format != kFormat && format != kFormatLeaving) return corrupt();
  FH_TRY(Bytes plain,
         open_bound(module_, handle_, keys_.binding, associated(key.open, context, format), wrapped.substr(1)));
  if (format == kFormat) return Kept{.above = {}, .wrapped = std::move(plain)};
  ByteReader in(plain);
  Kept kept{.above = Bytes(in.sized(kMaxAbove)), .wrapped = {}};
  kept.wrapped = Bytes(in.rest());
  if (kept.above.empty() || kept.wrapped.empty()) return corrupt();
  return kept;
}

// The seal said that the token itself wrapped both, so that an error is the token's.
Result<KeySession::Object> KeySession::unwrap_kept(const Kept& kept, TokenAttributes& as) {
  const CK_MECHANISM mechanism{CKM_AES_KEY_WRAP_PAD, nullptr, 0};
  if (kept.above.empty()) return unwrap_with(keys_.wrapping, mechanism, kept.wrapped, as);
  TokenAttributes between;
  between.number(CKA_CLASS, CKO_SECRET_KEY).number(CKA_KEY_TYPE, CKK_AES).no(CKA_TOKEN).yes(CKA_PRIVATE);
  between.yes(CKA_SENSITIVE).no(CKA_EXTRACTABLE).yes(CKA_UNWRAP);
  FH_TRY(const Object above, unwrap_with(keys_.wrapping, mechanism, kept.above, between));
  return unwrap_with(above.handle(), mechanism, kept.wrapped, as);
}

Result<CK_OBJECT_HANDLE> KeySession::unwrap_sealed(const TokenKey& key, const Bytes& context, Purpose purpose) {
  FH_TRY(const Kept kept, unseal(key, context));
  TokenAttributes what;
  const bool secret = key.open.type == KeyType::kOct;
  what.number(CKA_CLASS, secret ? CKO_SECRET_KEY : CKO_PRIVATE_KEY);
  what.no(CKA_TOKEN).yes(CKA_PRIVATE).yes(CKA_SENSITIVE).no(CKA_EXTRACTABLE);
  switch (key.open.type) {
    case KeyType::kRsa:
      what.number(CKA_KEY_TYPE, CKK_RSA).yes(CKA_SIGN).yes(CKA_DECRYPT).yes(CKA_UNWRAP);
      break;
    case KeyType::kEc:
      what.number(CKA_KEY_TYPE, CKK_EC).yes(CKA_SIGN);
      break;
    case KeyType::kOct:
      if (purpose == Purpose::kMac) {
        what.number(CKA_KEY_TYPE, CKK_GENERIC_SECRET).yes(CKA_SIGN).yes(CKA_VERIFY);
      } else {
        what.number(CKA_KEY_TYPE, CKK_AES).yes(CKA_ENCRYPT).yes(CKA_DECRYPT).yes(CKA_WRAP).yes(CKA_UNWRAP);
      }
  }
  FH_TRY(Object object, unwrap_kept(kept, what));
  return object.release();
}

Result<KeySession::Ready> KeySession::ready(const TokenKeyUse& use, Purpose purpose, Keep keep) {
  const Bytes whole = associated(use.key.open, use.place.context, kFormat) + use.key.wrapped;
  const CacheKey id(sha256(whole), purpose);
  if (const auto at = cache_.find(id); at != cache_.end()) {
    order_.splice(order_.begin(), order_, at->second.used);
    return Ready{at->second.handle, nullptr, at->second.open};
  }
  FH_TRY(const CK_OBJECT_HANDLE handle, unwrap_sealed(use.key, use.place.context, purpose));
  auto own = std::make_unique<Object>(*this, handle);
  std::shared_ptr<EVP_PKEY> open;
  if (purpose == Purpose::kPrivate) {
    FH_TRY(open, public_from(use.key.open));
  }
  if (keep == Keep::kNo) return Ready{handle, std::move(own), std::move(open)};
  if (cache_.size() == kHandles) drop(cache_.find(order_.back()));
  order_.push_front(id);
  cache_.emplace(id, Cached{own->release(), use.place.owner, open, order_.begin()});
  return Ready{handle, nullptr, std::move(open)};
}

void KeySession::drop(std::map<CacheKey, Cached>::iterator at) {
  destroy(at->second.handle);
  order_.erase(at->second.used);
  cache_.erase(at);
}

void KeySession::forget(const Bytes& owner) {
  for (auto at = cache_.begin(); at != cache_.end();) {
    const auto next = std::next(at);
    if (at->second.owner == owner) drop(at);
    at = next;
  }
}

void KeySession::forget_all() {
  while (!cache_.empty()) drop(cache_.begin());
}

Result<Bytes> KeySession::attribute(CK_OBJECT_HANDLE object, CK_ATTRIBUTE_TYPE type) {
  Bytes out(kMaxAttributeBytes, '\0');
  CK_ATTRIBUTE wanted{type, out.data(), out.size()};
  FH_CHECK_OK(check_pkcs11(module_->C_GetAttributeValue(handle_, object, &wanted, 1), "C_GetAttributeValue"));
  if (wanted.ulValueLen > out.size()) return fail(ErrorCode::kUnavailable, "the HSM token failed");
  out.resize(wanted.ulValueLen);
  return out;
}

Result<KeySession::Object> KeySession::unwrap_with(CK_OBJECT_HANDLE key, CK_MECHANISM mechanism, BytesView wrapped,
                                                   TokenAttributes& as) {
  CK_OBJECT_HANDLE object = CK_INVALID_HANDLE;
  FH_CHECK_OK(check_pkcs11(module_->C_UnwrapKey(handle_, &mechanism, key, mutable_bytes(wrapped), wrapped.size(),
                                                as.data(), as.size(), &object),
                           "C_UnwrapKey"));
  return Object(*this, object);
}

}  // namespace freehold::crypto
