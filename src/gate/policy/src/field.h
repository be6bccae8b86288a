// What a "field" names: a part that every resource has, a tag, or an alias.
#pragma once

#include <string>
#include <string_view>

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

}  // namespace freehold::gate::policy
