#include "policy/alias_table.h"

#include <fmt/format.h>

#include "base/encoding.h"

namespace freehold::gate::policy {
namespace {

constexpr std::size_t kMostSteps = 32;

}  // namespace

std::optional<Path> parse_path(std::string_view text) {
  Path path;
  while (true) {
    const auto dot = text.find('.');
    auto part = text.substr(0, dot);
    const bool elements = part.ends_with("[*]");
    if (elements) part.remove_suffix(3);
    if (part.empty() || path.size() + 2 > kMostSteps) return std::nullopt;
    path.push_back({std::string(part)});
    if (elements) path.push_back({});
    if (dot == std::string_view::npos) return path;
    text.remove_prefix(dot + 1);
  }
}

Result<void> AliasTable::add_type(std::string_view type, std::span<const AliasRow> rows) {
  types_.insert(to_lower(type));
  for (const AliasRow& row : rows) {
    auto path = parse_path(row.path);
    const bool below = row.alias.size() > type.size() + 1 && row.alias[type.size()] == '/' &&
                       equals_ignoring_case(row.alias.substr(0, type.size()), type);
    if (!below || !path) return fail(ErrorCode::kInvalidArgument, fmt::format("the alias '{}' is wrong", row.alias));
    if (!by_name_.emplace(to_lower(row.alias), aliases_.size()).second) {
      return fail(ErrorCode::kConflict, fmt::format("the alias '{}' is there twice", row.alias));
    }
    aliases_.push_back(
        {std::string(row.alias), std::string(type), std::string(row.path), std::move(*path), row.modifiable});
  }
  return {};
}

void AliasTable::add_absent_type(std::string_view type) { absent_types_.insert(to_lower(type)); }

const Alias* AliasTable::find(std::string_view name) const {
  const auto found = by_name_.find(to_lower(name));
  return found == by_name_.end() ? nullptr : &aliases_[found->second];
}

AliasKind AliasTable::kind(std::string_view name) const {
  std::string text = to_lower(name);
  if (by_name_.contains(text)) return AliasKind::kKnown;
  // The longest type that the name is below decides whose it is.
  for (auto slash = text.rfind('/'); slash != std::string::npos; slash = text.rfind('/')) {
    text.resize(slash);
    if (absent_types_.contains(text)) return AliasKind::kForeign;
    if (types_.contains(text)) return AliasKind::kUnknown;
  }
  return AliasKind::kForeign;
}

bool AliasTable::has_type(std::string_view type) const { return types_.contains(to_lower(type)); }

}  // namespace freehold::gate::policy
