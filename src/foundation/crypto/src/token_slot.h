// TokenSlot: a PKCS#11 token, found by its label wherever its slot is, made if need be, and logged in to. Private to
// this module.
#pragma once

#include <string>
#include <vector>

#include "base/secret.h"
#include "src/pkcs11_module.h"

namespace freehold::crypto {

// Thread-safe; blocking. The module outlives it.
class TokenSlot {
 public:
  TokenSlot(Pkcs11Module& module, std::string label, Secret pin)
      : module_(module), label_(std::move(label)), pin_(std::move(pin)) {}

  [[nodiscard]] const std::string& label() const { return label_; }
  // kNotFound: no token of that label.
  [[nodiscard]] Result<CK_SLOT_ID> find();
  // Makes a token of that label, with its PIN, of a free slot. kExhausted: there is none.
  [[nodiscard]] Result<> initialise();
  // A session, with the user logged in. kDenied: wrong PIN.
  [[nodiscard]] Result<CK_SESSION_HANDLE> log_in(CK_FLAGS flags);

 private:
  [[nodiscard]] Result<std::vector<CK_SLOT_ID>> slots(bool with_token);
  [[nodiscard]] Result<CK_SLOT_ID> find_locked();
  [[nodiscard]] Result<> initialise_pin(CK_SLOT_ID slot, const Secret& officer_pin);
  [[nodiscard]] Result<CK_SESSION_HANDLE> open_session(CK_FLAGS flags);

  Pkcs11Module& module_;
  const std::string label_;
  const Secret pin_;
};

[[nodiscard]] inline CK_BYTE* mutable_bytes(BytesView view) {
  return reinterpret_cast<CK_BYTE*>(const_cast<char*>(view.data()));
}

// Of AES-GCM with a tag of 16 bytes; what they view outlives them.
[[nodiscard]] inline CK_GCM_PARAMS gcm_parameters(BytesView nonce, BytesView associated) {
  return {.iv_ptr = mutable_bytes(nonce),
          .iv_len = nonce.size(),
          .iv_bits = nonce.size() * 8,
          .aad_ptr = associated.empty() ? nullptr : mutable_bytes(associated),
          .aad_len = associated.size(),
          .tag_bits = 128};
}

}  // namespace freehold::crypto
