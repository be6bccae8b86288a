// JSON web tokens: compact JWS with RS256 (RFC 7515, RFC 7519) and the key sets that verify them (RFC 7517). No other
// algorithm exists here: neither `none` nor an HMAC can be asked for (RFC 8725 section 3.1).
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "crypto/rsa.h"

namespace freehold::crypto {

inline constexpr std::size_t kMaxTokenBytes = 16 * 1024;  // a quarter of what all headers of a request may be

// A member of a token's header or claims. Fractions are cut off; objects, nulls and lists of other things aren't kept.
using JwtValue = std::variant<bool, std::int64_t, std::string, std::vector<std::string>>;
class JwtMembers {
 public:
  std::map<std::string, JwtValue, std::less<>> values;
  // nullopt: absent, or of another type.
  [[nodiscard]] std::optional<std::string_view> text(std::string_view name) const;
  [[nodiscard]] std::optional<std::int64_t> number(std::string_view name) const;
};

// A token taken apart. Nothing in it is proved before verify() said so.
struct Jwt {
  JwtMembers header;
  JwtMembers claims;
  std::string signed_part;  // header and claims as they were sent
  Bytes signature;
};

// kInvalidArgument: longer than kMaxTokenBytes, not three parts of strict base64url, a header or claims that aren't one
// JSON object each, members named twice, nested deeper than 8, text that isn't UTF-8, or a `crit` header.
[[nodiscard]] Result<Jwt> parse_jwt(std::string_view token);
// True if the header names RS256 and the signature is the key's.
[[nodiscard]] bool verify(const Jwt& token, const RsaPublicKey& key);

// `claims` is a JSON object. Most of a millisecond: on a pool.
[[nodiscard]] std::string sign_jwt(const RsaSigningKey& key, std::string_view claims);

// {"keys":[...]}, as a jwks_uri answers.
[[nodiscard]] std::string jwks_json(std::span<const RsaPublicKey> keys);

}  // namespace freehold::crypto
