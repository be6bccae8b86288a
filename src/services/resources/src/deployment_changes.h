// What a deployment would change of a resource: the properties, one by one, as what-if tells them. Pure.
//
// Source: Azure Resource Manager, "Template deployment what-if operation" and the REST reference of Deployments - What
// If. A template's body is held against the resource as it is: what the template doesn't name is left alone, but tags,
// which a write replaces as a whole.
#pragma once

#include <string_view>

#include "src/deployment_body.h"

namespace freehold::resources {

// [{"path", "propertyChangeType", "before", "after", "children"}]: Create, Delete, Modify, Array. Empty: no change.
[[nodiscard]] OrderedJson property_changes(const OrderedJson& before, const OrderedJson& after);

// {"resourceId", "changeType", "before", "after", "delta"}; null values: there is none.
[[nodiscard]] OrderedJson resource_change(std::string_view id, std::string_view type, OrderedJson before,
                                          OrderedJson after);

}  // namespace freehold::resources
