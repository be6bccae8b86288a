#include "src/token_slot.h"

#include <algorithm>
#include <array>
#include <mutex>

#include "base/encoding.h"
#include "crypto/digest.h"

namespace freehold::crypto {
namespace {

constexpr std::size_t kLabelBytes = 32;  // padded with blanks (PKCS#11 C_InitToken)

std::array<CK_BYTE, kLabelBytes> padded(const std::string& label) {
  std::array<CK_BYTE, kLabelBytes> out;
  out.fill(' ');
  std::ranges::copy(label.substr(0, kLabelBytes), out.begin());
  return out;
}

bool is_named(const CK_TOKEN_INFO& info, const std::string& label) {
  return std::ranges::equal(padded(label), std::span(info.label, kLabelBytes));
}

// The security officer's PIN follows from the user's, so that there is one thing to keep.
Secret officer_pin_of(const Secret& pin) {
  const Secret raw = hkdf_expand(pin.view(), "freehold security officer", 16);
  Bytes text = to_hex(raw.view());
  Secret out{BytesView(text)};
  wipe(text);
  return out;
}

}  // namespace

Result<std::vector<CK_SLOT_ID>> TokenSlot::slots(bool with_token) {
  const CK_BBOOL present = with_token ? CK_TRUE : CK_FALSE;
  CK_ULONG count = 0;
  FH_CHECK_OK(check_pkcs11(module_->C_GetSlotList(present, nullptr, &count), "C_GetSlotList"));
  std::vector<CK_SLOT_ID> ids(count);
  FH_CHECK_OK(check_pkcs11(module_->C_GetSlotList(present, ids.data(), &count), "C_GetSlotList"));
  ids.resize(count);
  return ids;
}

Result<CK_SLOT_ID> TokenSlot::find_locked() {
  FH_TRY(const auto ids, slots(true));
  for (const CK_SLOT_ID id : ids) {
    CK_TOKEN_INFO info{};
    if (module_->C_GetTokenInfo(id, &info) != CKR_OK) continue;
    if ((info.flags & CKF_TOKEN_INITIALIZED) != 0 && is_named(info, label_)) return id;
  }
  return fail(ErrorCode::kNotFound, "there is no HSM token named " + label_);
}

Result<CK_SLOT_ID> TokenSlot::find() {
  const std::lock_guard lock(module_.slots_mutex());
  return find_locked();
}

Result<> TokenSlot::initialise() {
  const std::lock_guard lock(module_.slots_mutex());
  const Secret officer_pin = officer_pin_of(pin_);
  FH_TRY(const auto ids, slots(true));
  for (const CK_SLOT_ID id : ids) {
    CK_TOKEN_INFO info{};
    if (module_->C_GetTokenInfo(id, &info) != CKR_OK) continue;
    if ((info.flags & CKF_TOKEN_INITIALIZED) != 0) continue;  // somebody's
    auto label = padded(label_);
    const CK_RV code = module_->C_InitToken(id, mutable_bytes(officer_pin.view()), officer_pin.size(), label.data());
    FH_CHECK_OK(check_pkcs11(code, "C_InitToken"));
    FH_TRY(const CK_SLOT_ID slot, find_locked());  // its number may have changed
    return initialise_pin(slot, officer_pin);
  }
  return fail(ErrorCode::kExhausted, "the HSM has no free slot for a token named " + label_);
}

Result<> TokenSlot::initialise_pin(CK_SLOT_ID slot, const Secret& officer_pin) {
  CK_SESSION_HANDLE session = CK_INVALID_HANDLE;
  FH_CHECK_OK(check_pkcs11(
      module_->C_OpenSession(slot, CKF_SERIAL_SESSION | CKF_RW_SESSION, nullptr, nullptr, &session), "C_OpenSession"));
  CK_RV code = module_->C_Login(session, CKU_SO, mutable_bytes(officer_pin.view()), officer_pin.size());
  if (code == CKR_OK) {
    code = module_->C_InitPIN(session, mutable_bytes(pin_.view()), pin_.size());
    module_->C_Logout(session);
  }
  module_->C_CloseSession(session);
  return check_pkcs11(code, "C_InitPIN");
}

Result<CK_SESSION_HANDLE> TokenSlot::open_session(CK_FLAGS flags) {
  const std::lock_guard lock(module_.slots_mutex());
  FH_TRY(const CK_SLOT_ID slot, find_locked());
  CK_SESSION_HANDLE session = CK_INVALID_HANDLE;
  FH_CHECK_OK(check_pkcs11(module_->C_OpenSession(slot, CKF_SERIAL_SESSION | flags, nullptr, nullptr, &session),
                           "C_OpenSession"));
  return session;
}

Result<CK_SESSION_HANDLE> TokenSlot::log_in(CK_FLAGS flags) {
  FH_TRY(const CK_SESSION_HANDLE session, open_session(flags));
  const CK_RV code = module_->C_Login(session, CKU_USER, mutable_bytes(pin_.view()), pin_.size());
  if (code == CKR_OK || code == CKR_USER_ALREADY_LOGGED_IN) return session;  // a login counts for all sessions
  module_->C_CloseSession(session);
  if (code == CKR_USER_PIN_NOT_INITIALIZED) return fail(ErrorCode::kCorrupt, "the HSM token has no PIN");
  return fail_pkcs11(code, "C_Login");
}

}  // namespace freehold::crypto
