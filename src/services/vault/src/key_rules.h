// What a key is to be, and whether it may be used now. Pure.
//
// Sources: "Create Key", "Import Key" of the data plane reference; "About keys" (key operations, date-time
// controlled operations).
#pragma once

#include "crypto/token_keys.h"
#include "src/item_rules.h"
#include "src/jwk.h"

namespace freehold::vault {

struct KeySpec {
  crypto::KeyType type = crypto::KeyType::kRsa;
  unsigned bits = 2'048;
  std::uint64_t exponent = 65'537;
  crypto::Curve curve = crypto::Curve::kP256;
  std::vector<std::string> key_ops = {};
  bool hsm = false;
  crypto::Leaving leaving = crypto::Leaving::kNever;
};
// 400 for what is no key. Whether it may be released is read_release_terms()'s to say.
[[nodiscard]] ApiResult<KeySpec> read_key_spec(const Json& body, crypto::Leaving leaving);
// Of a key that isn't asked for by the data plane's own create: 501 for one that could be released.
[[nodiscard]] ApiResult<KeySpec> read_key_spec(const Json& body);
// The spec by which another one of its kind is made.
[[nodiscard]] ApiResult<KeySpec> spec_of(const Json& shown);
// 501 for release_policy and exportable keys.
[[nodiscard]] ApiResult<> refuse_release(const Json& body);

// Whether the vault has keys of that kind: those in an HSM are premium vaults' and pools', oct-HSM pools' alone. 400.
[[nodiscard]] ApiResult<> check_hsm(const KeyKind& kind, const Vault& vault);
// 400 for operations that a key of the kind can't do: they would stand there for nothing. A key exchange key (RSA-HSM)
// is for "import" and nothing else; "export" is of keys that may be released.
[[nodiscard]] ApiResult<> check_ops(const KeyKind& kind, const std::vector<std::string>& key_ops,
                                    crypto::Leaving leaving = crypto::Leaving::kNever);

// "key_ops" as the API names the operation ("wrapKey"), and how errors do ("wrap").
struct KeyUse {
  std::string_view operation;
  std::string_view said;
  bool held_to_dates;  // encrypt, sign and wrap; what undoes them goes on
};
// 403: disabled.
[[nodiscard]] ApiResult<> check_enabled(const ItemVersion& key, std::string_view operation);
// 403: disabled, not for this operation, or outside its nbf and exp.
[[nodiscard]] ApiResult<> check_use(const ItemVersion& key, const KeyUse& use, std::int64_t now);

[[nodiscard]] crypto::KeyType type_of(const Json& shown);

}  // namespace freehold::vault
