#include "src/field.h"

#include <fmt/format.h>

#include <array>

#include "base/encoding.h"

namespace freehold::gate::policy {
namespace {

constexpr std::array<std::pair<std::string_view, FieldKind>, 8> kPlain = {{
    {"name", FieldKind::kName},
    {"fullName", FieldKind::kFullName},
    {"kind", FieldKind::kKind},
    {"type", FieldKind::kType},
    {"location", FieldKind::kLocation},
    {"id", FieldKind::kId},
    {"identity.type", FieldKind::kIdentityType},
    {"tags", FieldKind::kTags},
}};

// tags.name, tags[name], tags['name'], tags['''name''']: the last for a name that has apostrophes around it.
std::string tag_name(std::string_view text) {
  text.remove_prefix(4);
  if (text.starts_with('.')) return std::string(text.substr(1));
  if (text.size() < 3 || !text.starts_with('[') || !text.ends_with(']')) return {};
  text = text.substr(1, text.size() - 2);
  if (text.size() < 2 || !text.starts_with('\'') || !text.ends_with('\'')) return std::string(text);
  text = text.substr(1, text.size() - 2);
  std::string name;
  for (std::size_t i = 0; i < text.size(); ++i) {
    name += text[i];
    if (text[i] == '\'' && i + 1 < text.size() && text[i + 1] == '\'') ++i;
  }
  return name;
}

}  // namespace

Checked<Field> parse_field(std::string_view text, const AliasTable& aliases) {
  Field field{.kind = FieldKind::kForeign, .text = std::string(text)};
  for (const auto& [name, kind] : kPlain) {
    if (equals_ignoring_case(name, text)) {
      field.kind = kind;
      return field;
    }
  }
  if (equals_ignoring_case(text.substr(0, 4), "tags") && text.size() > 4 && (text[4] == '.' || text[4] == '[')) {
    field.kind = FieldKind::kTag;
    field.tag = tag_name(text);
    if (!field.tag.empty()) return field;
  }
  if (text.find('/') == std::string_view::npos) {
    return refuse("InvalidPolicyAlias", fmt::format("The field property '{}' is not supported.", text.substr(0, 256)));
  }
  switch (aliases.kind(text)) {
    case AliasKind::kUnknown:
      return refuse("InvalidPolicyAlias",
                    fmt::format("The policy alias '{}' doesn't exist on its resource type.", text.substr(0, 256)));
    case AliasKind::kForeign:
      field.collection = text.find("[*]") != std::string_view::npos;
      return field;
    case AliasKind::kKnown:
      break;
  }
  field.kind = FieldKind::kAlias;
  field.alias = aliases.find(text);
  field.collection = field.alias->path_text.find("[*]") != std::string::npos;
  return field;
}

const expression::Json* member_of(const expression::Json& object, std::string_view name) {
  if (!object.is_object()) return nullptr;
  const auto at = object.find(std::string(name));
  return at == object.end() ? nullptr : &*at;
}

}  // namespace freehold::gate::policy
