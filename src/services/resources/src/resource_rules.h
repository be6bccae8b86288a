// What is asked of every resource's body before its provider sees it. Pure.
#pragma once

#include <string_view>

#include "resource/provider.h"
#include "src/arm_parts.h"

namespace freehold::resources {

// 400 NoRegisteredProviderFound for a version that the type doesn't have.
[[nodiscard]] gate::ApiResult<> check_version(const gate::resource::ResourceType& type, std::string_view api_version,
                                              const Site& site);
// 409 MissingSubscriptionRegistration.
[[nodiscard]] gate::ApiResult<> check_registered(const Subscription& subscription, std::string_view provider);
// A tracked resource has a location of this cloud and keeps it; tags are tags. Makes `after` say the location as it is
// known here.
[[nodiscard]] gate::ApiResult<> check_body(gate::resource::ProposedChange& change, const Site& site);

}  // namespace freehold::resources
