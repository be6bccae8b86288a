// What a request that makes a blob says of it besides its content, the same for every way of making one. Pure.
#pragma once

#include <optional>

#include "pipeline/permit.h"
#include "src/blob_row.h"
#include "src/blob_store.h"
#include "src/conditional_rules.h"

namespace freehold::blob {

struct NewBlob {
  Metadata metadata;
  Tags tags;       // x-ms-tags
  TierState tier;  // x-ms-access-tier
  Conditions conditions;
  bool create_only = false;  // a SAS that may create but not write must not overwrite
};

// 400 for headers that can't be right, AccessTierNotSupportedForBlobType among them: only block blobs have tiers, as on
// Azure's standard accounts. The gate has asked for the permission on tags.
[[nodiscard]] ApiResult<NewBlob> parse_new_blob(const http::Request& request, int version,
                                                const gate::Principal& principal, BlobType type);
// May it stand where `current` stands, at hybrid time `now`? 403, 409, 412.
[[nodiscard]] ApiResult<> check_may_create(const NewBlob& fresh, const std::optional<StoredBlob>& current,
                                           std::uint64_t now);
// A row that says all of that.
[[nodiscard]] BlobRow row_of(const NewBlob& fresh, BlobType type);

}  // namespace freehold::blob
