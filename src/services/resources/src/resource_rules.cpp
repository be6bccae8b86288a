#include "src/resource_rules.h"

#include <algorithm>

#include "base/encoding.h"
#include "src/arm_call.h"
#include "src/arm_errors.h"

namespace freehold::resources {
namespace {

bool is_location_of(const gate::resource::ResourceType& type, std::string_view location, const Site& site) {
  const std::string wanted = normal_location(location);
  if (type.locations.empty()) return wanted == normal_location(site.region);
  return std::ranges::any_of(type.locations, [&](const auto& each) { return normal_location(each) == wanted; });
}

}  // namespace

gate::ApiResult<> check_version(const gate::resource::ResourceType& type, std::string_view api_version,
                                const Site& site) {
  if (gate::resource::takes_version(type, api_version)) return {};
  return std::unexpected(
      arm_errors::unsupported_version(site.region, api_version, type.full_type(), type.api_versions));
}

gate::ApiResult<> check_registered(const Subscription& subscription, std::string_view provider) {
  if (std::ranges::find(subscription.unregistered, to_lower(provider)) == subscription.unregistered.end()) return {};
  return std::unexpected(arm_errors::not_registered(provider));
}

gate::ApiResult<> check_body(gate::resource::ProposedChange& change, const Site& site) {
  const auto& type = *change.type;
  FH_TRY(const auto tags, tags_of(change.after));
  if (!type.taggable && !tags.empty()) {
    return std::unexpected(arm_errors::invalid_content("resources of type '" + type.full_type() + "' have no tags."));
  }
  FH_CHECK_OK(properties_of(change.after));
  if (!type.tracked) return {};
  FH_TRY(const auto location, text_of(change.after, "location", 90));
  if (location.empty()) return std::unexpected(arm_errors::location_required());
  if (!is_location_of(type, location, site)) {
    return std::unexpected(arm_errors::location_not_available(location, type.full_type(), site.region));
  }
  const std::string has = change.before.is_object() ? change.before.value("location", std::string()) : std::string();
  if (!has.empty() && normal_location(has) != normal_location(location)) {
    return std::unexpected(arm_errors::location_changed(change.id.name(), has, location));
  }
  change.after["location"] = normal_location(location);
  return {};
}

}  // namespace freehold::resources
