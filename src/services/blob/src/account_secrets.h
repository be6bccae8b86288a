// What an account's key is wrapped for, and what is made of it. Internal to the account store.
#pragma once

#include "base/ids.h"
#include "base/secret.h"
#include "crypto/digest.h"

namespace freehold::blob {

[[nodiscard]] inline Bytes wrap_context(AccountId id) { return "freehold account key " + to_string(id); }
[[nodiscard]] inline Bytes outer_context(AccountId id) { return "freehold infrastructure key " + to_string(id); }
[[nodiscard]] inline Bytes delegation_context(AccountId id) { return "freehold delegation secret " + to_string(id); }
// Whose key is withheld has no user delegation keys either.
[[nodiscard]] inline Secret delegation_secret(const Secret& account_key) {
  constexpr std::string_view kPurpose = "freehold user delegation secret";
  return crypto::hkdf_expand(account_key.view(), kPurpose, 32);
}

}  // namespace freehold::blob
