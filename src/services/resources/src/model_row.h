// Rows of the resource manager (docs/formats/resource-rows.md).
#pragma once

#include "base/bytes.h"
#include "base/result.h"
#include "src/model.h"

namespace freehold::resources {

inline constexpr char kSubscriptionPrefix = 's';
inline constexpr char kManagementGroupPrefix = 'm';
inline constexpr char kGroupPrefix = 'g';
inline constexpr char kLockPrefix = 'l';
inline constexpr char kOperationPrefix = 'o';

[[nodiscard]] Bytes row_key(const Subscription& subscription);
[[nodiscard]] Bytes row_key(const ManagementGroup& group);
[[nodiscard]] Bytes row_key(const ResourceGroup& group);
[[nodiscard]] Bytes row_key(const Lock& lock);
[[nodiscard]] Bytes row_key(const Operation& operation);

[[nodiscard]] Bytes encode(const Subscription& subscription);
[[nodiscard]] Bytes encode(const ManagementGroup& group);
[[nodiscard]] Bytes encode(const ResourceGroup& group);
[[nodiscard]] Bytes encode(const Lock& lock);
[[nodiscard]] Bytes encode(const Operation& operation);

// kCorrupt: not as it was written; kUnsupported: by a newer program.
[[nodiscard]] Result<Subscription> decode_subscription(TenantId tenant, BytesView row);
[[nodiscard]] Result<ManagementGroup> decode_management_group(BytesView row);
[[nodiscard]] Result<ResourceGroup> decode_group(BytesView row);
[[nodiscard]] Result<Lock> decode_lock(BytesView row);
[[nodiscard]] Result<Operation> decode_operation(BytesView row);

}  // namespace freehold::resources
