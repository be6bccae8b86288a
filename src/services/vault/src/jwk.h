// JSON web keys as bodies have them (RFC 7517, RFC 7518 section 6), read strictly and shown. Pure.
#pragma once

#include <string>
#include <vector>

#include "crypto/jose_key.h"
#include "src/json_input.h"

namespace freehold::vault {

// "RSA", "EC", "oct", and each with "-HSM" behind it.
struct KeyKind {
  crypto::KeyType type = crypto::KeyType::kRsa;
  bool hsm = false;
};
[[nodiscard]] std::optional<KeyKind> key_kind(std::string_view kty);
[[nodiscard]] std::string_view name_of(crypto::KeyType type);
[[nodiscard]] std::optional<crypto::Curve> curve_named(std::string_view name);

// "encrypt", "decrypt", "sign", "verify", "wrapKey", "unwrapKey", "import", "export".
[[nodiscard]] bool is_key_operation(std::string_view name);
// Absent: nullopt. kInvalidArgument for a word that is none, or one that stands twice.
[[nodiscard]] Result<std::optional<std::vector<std::string>>> read_key_ops(const Json& object);
[[nodiscard]] std::vector<std::string> default_key_ops(crypto::KeyType type);

// A base64url member: empty if it is absent.
[[nodiscard]] Result<Bytes> bytes_member(const Json& object, std::string_view name, std::size_t most);
[[nodiscard]] Result<Secret> secret_member(const Json& object, std::string_view name, std::size_t most);

struct ReadJwk {
  KeyKind kind;
  crypto::PublicNumbers open;
  crypto::PrivateNumbers hidden;
};
// The numbers as they stand; whether they are a key is JoseKey's to say. kInvalidArgument.
[[nodiscard]] Result<ReadJwk> read_jwk(const Json& jwk);

// {"kty", "key_ops", "n", "e"} or {"crv", "x", "y"}: nothing that is hidden.
[[nodiscard]] Json show_jwk(const crypto::PublicNumbers& numbers, const std::vector<std::string>& key_ops);

}  // namespace freehold::vault
