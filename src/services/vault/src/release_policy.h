// ReleasePolicy: what an environment must attest before a key is released to it. Pure.
//
// Source: "Azure Key Vault secure key release policy grammar". What it leaves open is strict here: an operator but
// "exists" holds of no claim that is absent, and values of different kinds aren't equal; but "true" and "false" are
// what the grammar has for truth, and equal both the texts and the truth values.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "src/json_input.h"

namespace freehold::vault {

// Ours: Azure documents none.
inline constexpr std::size_t kMaxReleasePolicy = 10 * 1'024;
inline constexpr std::size_t kMaxAuthorities = 16;
inline constexpr std::size_t kMaxConditions = 128;  // of a whole policy
inline constexpr int kMaxConditionDepth = 8;

struct ReleaseCondition {
  enum class Kind : std::uint8_t { kClaim, kAnyOf, kAllOf };
  enum class Operator : std::uint8_t { kEquals, kNotEquals, kLess, kLessOrEquals, kGreater, kGreaterOrEquals, kExists };
  Kind kind = Kind::kClaim;
  std::string claim = {};  // a path: "x-ms-isolation-tee.x-ms-compliance-status"
  Operator op = Operator::kEquals;
  Json value = nullptr;                   // a text, a number or a truth value
  std::vector<ReleaseCondition> of = {};  // of kAnyOf and kAllOf: one at least
};

struct ReleaseAuthority {
  std::string url;  // https, no slash last
  ReleaseCondition condition;
};

// Of its authorities one must have said what it is asked for.
struct ReleasePolicy {
  std::vector<ReleaseAuthority> authorities;
};

// kInvalidArgument, with a text for the client that says what is wrong.
[[nodiscard]] Result<ReleasePolicy> parse_release_policy(std::string_view json);
[[nodiscard]] bool holds(const ReleaseCondition& condition, const Json& claims);
// Do the claims, which `authority` signed, meet the policy?
[[nodiscard]] bool releases(const ReleasePolicy& policy, std::string_view authority, const Json& claims);
// An issuer's URL as it is compared: without a slash at its end. Empty: no https URL of at most 256 visible characters.
[[nodiscard]] std::string authority_of(std::string_view url);

}  // namespace freehold::vault
