// What a "field" names: a part that every resource has, a tag, or an alias.
#pragma once

#include <string>
#include <string_view>

#include "expression/json.h"
#include "policy/alias_table.h"
#include "policy/refusal.h"

namespace freehold::gate::policy {

enum class FieldKind : std::uint8_t {
  kName,
  kFullName,
  kKind,
  kType,
  kLocation,
  kId,
  kIdentityType,
  kTags,
  kTag,
  kAlias,
  kForeign,  // an alias of a type that isn't ours
};

struct Field {
  FieldKind kind = FieldKind::kForeign;
  std::string text;  // as the rule has it
  std::string tag = {};
  const Alias* alias = nullptr;
  bool collection = false;  // has "[*]": selects any number of values
};

[[nodiscard]] Checked<Field> parse_field(std::string_view text, const AliasTable& aliases);

// A member of a resource: by the very name, as its provider reads it. Else a policy saw what the provider passes over.
[[nodiscard]] const expression::Json* member_of(const expression::Json& object, std::string_view name);

}  // namespace freehold::gate::policy
