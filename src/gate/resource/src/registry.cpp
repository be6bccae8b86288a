#include "resource/registry.h"

#include "base/check.h"
#include "base/encoding.h"

namespace freehold::gate::resource {

void Registry::add(ResourceType type) {
  FH_CHECK(type.behind != nullptr && !type.provider.empty() && !type.type.empty() && !type.api_versions.empty());
  providers_.emplace(to_lower(type.provider), type.provider);
  types_.push_back(std::move(type));
  const auto& row = types_.back();
  const bool fresh = by_type_.emplace(to_lower(row.full_type()), &row).second;
  FH_CHECK(fresh);
}

const ResourceType* Registry::find(std::string_view full_type) const {
  const auto at = by_type_.find(to_lower(full_type));
  return at == by_type_.end() ? nullptr : at->second;
}

const std::string* Registry::find_provider(std::string_view name) const {
  const auto at = providers_.find(to_lower(name));
  return at == providers_.end() ? nullptr : &at->second;
}

namespace {

Task<ApiResult<>> nothing_to_do() { co_return ApiResult<>(); }

}  // namespace

Task<ApiResult<>> Registry::expect(const ProposedChange& change) const {
  return witness_ == nullptr ? nothing_to_do() : witness_->expect(change);
}

std::vector<std::string> Registry::providers() const {
  std::vector<std::string> out;
  for (const auto& [key, name] : providers_) out.push_back(name);
  return out;
}

// Versions are dates, with or without a word behind them, so they sort as text.
bool takes_version(const ResourceType& type, std::string_view api_version) {
  const auto date = api_version.substr(0, 10);
  for (const auto& known : type.api_versions) {
    if (equals_ignoring_case(known, api_version)) return true;
  }
  return date > std::string_view(type.api_versions.front()).substr(0, 10);
}

Json overlay(Json base, const Json& patch) {
  if (!base.is_object() || !patch.is_object()) return patch;
  for (const auto& [name, value] : patch.items()) {
    if (value.is_null()) {
      base.erase(name);
    } else if (name == "tags") {
      base[name] = value;
    } else {
      base[name] = overlay(base.contains(name) ? base[name] : Json(nullptr), value);
    }
  }
  return base;
}

}  // namespace freehold::gate::resource
