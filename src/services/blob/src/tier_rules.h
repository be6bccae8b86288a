// Access tiers: "Set Blob Tier", x-ms-access-tier at creation, and the way back from the archive. Pure.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "http/message.h"
#include "src/blob_errors.h"
#include "src/blob_row.h"

namespace freehold::blob {

[[nodiscard]] std::string_view to_string(AccessTier tier);
[[nodiscard]] std::string_view to_string(RehydratePriority priority);

// x-ms-access-tier, or nullopt if it is absent. 400 InvalidHeaderValue for what is no tier of a standard account's
// block blobs (Cold before 2021-12-02 too); 501 for Smart.
[[nodiscard]] ApiResult<std::optional<AccessTier>> parse_tier(const http::Headers& headers, int version);
// x-ms-rehydrate-priority; Standard if it is absent.
[[nodiscard]] ApiResult<RehydratePriority> parse_rehydrate_priority(const http::Headers& headers);
// What a blob is made with.
[[nodiscard]] TierState created_tier(const std::optional<AccessTier>& named);
// The tier of a blob that takes another's place: without one of its own it has that one's, as it is by now ("Access
// tiers for blob data"). Only block blobs have any.
[[nodiscard]] TierState tier_over(const BlobRow& old, const BlobRow& fresh, WallTime now);

// An archived blob is as much at hand as any other here. It comes back after a time all the same, so that a client that
// forgets to wait finds out in its tests.
inline constexpr std::chrono::seconds kStandardRehydration{60};
inline constexpr std::chrono::seconds kHighRehydration{10};
// The state at that time: a rehydration that is through has become the tier.
[[nodiscard]] TierState tier_at(const TierState& stored, WallTime now);
// "rehydrate-pending-to-hot", or empty.
[[nodiscard]] std::string archive_status(const TierState& tier);

// What Set Blob Tier makes of the state. 409 BlobBeingRehydrated, but for the same target with another priority.
[[nodiscard]] ApiResult<TierState> set_tier(const TierState& current, AccessTier to, RehydratePriority priority,
                                            std::uint64_t now);
// x-ms-access-tier-if-modified-since and -if-unmodified-since of Delete Blob. 400 for a date that is none, and for
// both.
struct TierConditions {
  std::optional<WallTime> modified_since;
  std::optional<WallTime> unmodified_since;
};
[[nodiscard]] ApiResult<TierConditions> parse_tier_conditions(const http::Headers& headers);
// Held against the time at which the tier was last changed, or else the blob made. 412 ConditionNotMet; 400
// AccessTierNotSupportedForBlobType where there are no tiers.
[[nodiscard]] ApiResult<> check_tier_conditions(const TierConditions& conditions, const BlobRow& row, WallTime now);

// 409 BlobArchived, which holds while a rehydration is pending too. Azure lets nothing take an archived blob's place
// either.
[[nodiscard]] ApiResult<> refuse_archived(const BlobRow& row, WallTime now);

}  // namespace freehold::blob
