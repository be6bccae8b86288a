#include "src/release_policy.h"

#include <algorithm>
#include <cmath>

#include "base/encoding.h"

namespace freehold::vault {
namespace {

using Kind = ReleaseCondition::Kind;
using Operator = ReleaseCondition::Operator;

constexpr std::size_t kMaxClaimBytes = 256;
constexpr std::size_t kMaxValueBytes = 1'024;
constexpr std::size_t kMaxUrlBytes = 256;
constexpr double kExact = 9'007'199'254'740'992.0;  // 2^53: beyond it not every whole number can be told from the next

struct NamedOperator {
  std::string_view name;
  Operator op;
};
constexpr NamedOperator kOperators[] = {
    {"equals", Operator::kEquals},   {"notEquals", Operator::kNotEquals},
    {"less", Operator::kLess},       {"lessOrEquals", Operator::kLessOrEquals},
    {"greater", Operator::kGreater}, {"greaterOrEquals", Operator::kGreaterOrEquals},
    {"exists", Operator::kExists}};

std::unexpected<Error> wrong(std::string what) {
  return fail(ErrorCode::kInvalidArgument, "The key release policy is not valid: " + std::move(what));
}

bool is_number(const Json& value) {
  if (!value.is_number()) return false;
  const double number = value.get<double>();
  return std::isfinite(number) && number > -kExact && number < kExact;
}

bool is_order(Operator op) {
  return op == Operator::kLess || op == Operator::kLessOrEquals || op == Operator::kGreater ||
         op == Operator::kGreaterOrEquals;
}

// "true" as the grammar has it, and as JSON does.
std::optional<bool> truth_of(const Json& value) {
  if (value.is_boolean()) return value.get<bool>();
  if (value == "true") return true;
  if (value == "false") return false;
  return std::nullopt;
}

// Policies are read whole before any is believed: what they count is counted here.
class Reader {
 public:
  Result<ReleaseCondition> read(const Json& json, int depth) {
    if (depth > kMaxConditionDepth) return wrong("its conditions nest too deep.");
    if (++count_ > kMaxConditions) return wrong("it has too many conditions.");
    if (!json.is_object()) return wrong("a condition is an object.");
    if (json.contains("claim")) return read_claim(json);
    if (json.size() != 1) return wrong("a condition is one of claim, anyOf and allOf.");
    return read_list(json.begin().key(), json.begin().value(), depth);
  }

  Result<ReleaseCondition> read_list(const std::string& word, const Json& list, int depth) {
    ReleaseCondition out;
    if (equals_ignoring_case(word, "anyOf")) {
      out.kind = Kind::kAnyOf;
    } else if (equals_ignoring_case(word, "allOf")) {
      out.kind = Kind::kAllOf;
    } else {
      return wrong("a condition is one of claim, anyOf and allOf.");
    }
    if (!list.is_array() || list.empty()) return wrong("anyOf and allOf are lists of conditions, of one at least.");
    for (const auto& each : list) {
      FH_TRY(auto inner, read(each, depth + 1));
      out.of.push_back(std::move(inner));
    }
    return out;
  }

 private:
  static Result<ReleaseCondition> read_claim(const Json& json) {
    FH_TRY(const auto claim, text_member(json, "claim", kMaxClaimBytes));
    if (!claim || claim->empty() || json.size() != 2) {
      return wrong("a claim's condition has the claim's name and one operator.");
    }
    for (const auto& each : kOperators) {
      const auto at = json.find(std::string(each.name));
      if (at == json.end()) continue;
      ReleaseCondition out{.claim = *claim, .op = each.op, .value = *at};
      const bool text = at->is_string() && at->get_ref<const std::string&>().size() <= kMaxValueBytes;
      if (is_order(each.op) && !is_number(*at)) return wrong("what is less or greater is a number.");
      if (each.op == Operator::kExists && !truth_of(*at)) return wrong("'exists' is true or false.");
      if (!text && !at->is_boolean() && !is_number(*at)) return wrong("a value is a text, a number, true or false.");
      return out;
    }
    return wrong("'" + *claim + "' is held to an operator that the grammar doesn't have.");
  }

  std::size_t count_ = 0;
};

Result<ReleaseAuthority> read_authority(Reader& reader, const Json& json) {
  FH_TRY(const auto url, text_member(json, "authority", kMaxUrlBytes));
  ReleaseAuthority out{.url = authority_of(url.value_or("")), .condition = {}};
  if (out.url.empty()) return wrong("'authority' must be the https URL of an attestation service.");
  if (json.size() != 2) return wrong("an authority has 'authority' and one of anyOf and allOf.");
  for (const auto& [name, value] : json.items()) {
    if (name == "authority") continue;
    FH_TRY(out.condition, reader.read_list(name, value, 1));
  }
  return out;
}

// The whole of what is left of the path, or what stands in front of one of its dots: names have dots too. Each object
// is come to by one way at most, whatever its members are called.
const Json* find_claim(const Json& claims, std::string_view path) {
  if (!claims.is_object()) return nullptr;
  if (const auto whole = claims.find(std::string(path)); whole != claims.end()) return &*whole;
  for (auto dot = path.find('.'); dot != path.npos; dot = path.find('.', dot + 1)) {
    const auto next = claims.find(std::string(path.substr(0, dot)));
    if (next == claims.end()) continue;
    if (const Json* found = find_claim(*next, path.substr(dot + 1))) return found;
  }
  return nullptr;
}

bool equal(const Json& claim, const Json& value) {
  const auto said = truth_of(claim);
  const auto wanted = truth_of(value);
  if (said && wanted) return *said == *wanted;
  if (claim.is_string() && value.is_string()) return claim == value;
  return is_number(claim) && is_number(value) && claim.get<double>() == value.get<double>();
}

bool in_order(const Json& claim, Operator op, const Json& value) {
  if (!is_number(claim) || !is_number(value)) return false;
  const double said = claim.get<double>();
  const double bound = value.get<double>();
  switch (op) {
    case Operator::kLess:
      return said < bound;
    case Operator::kLessOrEquals:
      return said <= bound;
    case Operator::kGreater:
      return said > bound;
    default:
      return said >= bound;
  }
}

bool claim_holds(const ReleaseCondition& condition, const Json& claims) {
  const Json* claim = find_claim(claims, condition.claim);
  const bool there = claim != nullptr && !claim->is_null();
  if (condition.op == Operator::kExists) return there == truth_of(condition.value).value_or(true);
  if (!there) return false;
  if (condition.op == Operator::kEquals) return equal(*claim, condition.value);
  if (condition.op == Operator::kNotEquals) return claim->is_primitive() && !equal(*claim, condition.value);
  return in_order(*claim, condition.op, condition.value);
}

}  // namespace

std::string authority_of(std::string_view url) {
  constexpr std::string_view kScheme = "https://";
  if (url.ends_with('/')) url.remove_suffix(1);
  const bool visible = std::ranges::all_of(url, [](char c) { return c > ' ' && c < 0x7f; });
  if (!visible || url.size() > kMaxUrlBytes || url.size() <= kScheme.size() || !url.starts_with(kScheme)) return {};
  return std::string(url);
}

Result<ReleasePolicy> parse_release_policy(std::string_view text) {
  if (text.size() > kMaxReleasePolicy) return wrong("it is longer than 10 KiB.");
  const auto json = parse_object(text);
  if (!json) return wrong("it is not a JSON object.");
  FH_TRY(const auto version, text_member(*json, "version", 16));
  if (version.value_or("") != "1.0.0" && version.value_or("") != "1.0") return wrong("'version' must be 1.0.0.");
  const Json* any_of = nullptr;
  for (const auto& [name, value] : json->items()) {
    if (name == "version") continue;
    if (!equals_ignoring_case(name, "anyOf") || any_of != nullptr) return wrong("it has 'version' and 'anyOf' alone.");
    any_of = &value;
  }
  if (any_of == nullptr || !any_of->is_array() || any_of->empty() || any_of->size() > kMaxAuthorities) {
    return wrong("'anyOf' is a list of 1 to 16 authorities.");
  }
  ReleasePolicy out;
  Reader reader;
  for (const auto& each : *any_of) {
    FH_TRY(auto authority, read_authority(reader, each));
    out.authorities.push_back(std::move(authority));
  }
  return out;
}

bool holds(const ReleaseCondition& condition, const Json& claims) {
  const auto each = [&claims](const ReleaseCondition& inner) { return holds(inner, claims); };
  switch (condition.kind) {
    case Kind::kAnyOf:
      return std::ranges::any_of(condition.of, each);
    case Kind::kAllOf:
      return !condition.of.empty() && std::ranges::all_of(condition.of, each);
    case Kind::kClaim:
      break;
  }
  return claim_holds(condition, claims);
}

bool releases(const ReleasePolicy& policy, std::string_view authority, const Json& claims) {
  return std::ranges::any_of(policy.authorities, [&](const ReleaseAuthority& each) {
    return each.url == authority && holds(each.condition, claims);
  });
}

}  // namespace freehold::vault
