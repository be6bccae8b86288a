// Leases of blobs and containers: "Lease Blob", "Lease Container", with their tables of states. Pure decisions.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "http/message.h"
#include "src/blob_errors.h"
#include "src/row_parts.h"

namespace freehold::blob {

enum class LeaseState { kAvailable, kLeased, kBreaking, kBroken, kExpired };
[[nodiscard]] LeaseState lease_state(const std::optional<Lease>& lease, WallTime now);
[[nodiscard]] std::string_view to_string(LeaseState state);
[[nodiscard]] std::string_view duration_text(const Lease& lease);  // "infinite" or "fixed"
// Leased or breaking: writers have to name the lease.
[[nodiscard]] bool is_locked(LeaseState state);

// The 16 bytes of a GUID in one of the forms that .NET's constructor takes (with and without hyphens, braces,
// parentheses); nullopt for anything else.
[[nodiscard]] std::optional<Bytes> parse_guid(std::string_view text);
[[nodiscard]] std::string guid_text(BytesView id);
// x-ms-lease-id, or nullopt if it is absent; 400 InvalidHeaderValue if it is no GUID.
[[nodiscard]] ApiResult<std::optional<Bytes>> parse_lease_id(const http::Headers& headers,
                                                             std::string_view name = "x-ms-lease-id");

enum class LeaseAction { kAcquire, kRenew, kChange, kRelease, kBreak };
struct LeaseRequest {
  LeaseAction action = LeaseAction::kAcquire;
  std::optional<Bytes> id;
  std::optional<Bytes> proposed;
  std::uint32_t duration_s = 0;           // acquire
  std::optional<std::uint32_t> period_s;  // break
};
// 400 for a header that is missing or has a value that it can't have.
[[nodiscard]] ApiResult<LeaseRequest> parse_lease_request(const http::Headers& headers);

struct LeaseOutcome {
  int status = 200;
  std::optional<Lease> lease;                // nullopt: released
  std::optional<std::uint32_t> remaining_s;  // break: until the lease is broken
};
// `fresh_id` is the id of a lease acquired without a proposed one. 409 with the code of Azure's tables.
[[nodiscard]] ApiResult<LeaseOutcome> change_lease(const std::optional<Lease>& lease, const LeaseRequest& request,
                                                   WallTime now, Bytes fresh_id);

enum class Leased { kBlob, kContainer };  // which the 412 speaks of
// A write: a locked lease has to be named. A read: a lease that is named has to be there. Both 412.
[[nodiscard]] ApiResult<> check_lease_for_write(const std::optional<Lease>& lease, const std::optional<Bytes>& named,
                                                WallTime now, Leased what);
[[nodiscard]] ApiResult<> check_lease_for_read(const std::optional<Lease>& lease, const std::optional<Bytes>& named,
                                               WallTime now, Leased what);
// What a write leaves of a lease: one that expired or was broken is over, so that it can't be renewed.
[[nodiscard]] std::optional<Lease> lease_after_write(const std::optional<Lease>& lease, WallTime now);

}  // namespace freehold::blob
