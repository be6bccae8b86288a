// What rows of blobs and containers say besides the plain fields, and how each part is written (one field each,
// docs/formats/blob-rows.md). decode_...(): nullopt for bytes that encode_...() doesn't write.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "authn/container_access.h"
#include "base/bytes.h"
#include "base/clock.h"

namespace freehold::blob {

// Of a blob or a container. What state it is in follows from the time (lease_rules.h).
struct Lease {
  static constexpr std::uint32_t kInfinite = 0xFFFF'FFFF;
  static constexpr std::size_t kIdBytes = 16;
  Bytes id;                           // a GUID's 16 bytes, in the order of its text
  std::uint32_t duration_s = 0;       // as asked for, or kInfinite
  std::optional<WallTime> ends;       // nullopt: infinite
  std::optional<WallTime> broken_at;  // Break was asked for: breaking until then, broken afterwards
  friend bool operator==(const Lease&, const Lease&) = default;
};
[[nodiscard]] Bytes encode_lease(const Lease& lease);
[[nodiscard]] std::optional<Lease> decode_lease(BytesView bytes);

// At most ten, in order of key.
using Tags = std::vector<std::pair<std::string, std::string>>;
inline constexpr std::size_t kTagsPerBlob = 10;
[[nodiscard]] Bytes encode_tags(const Tags& tags);
[[nodiscard]] std::optional<Tags> decode_tags(BytesView bytes);

enum class AccessTier : std::uint8_t { kHot = 1, kCool = 2, kCold = 3, kArchive = 4 };
enum class RehydratePriority : std::uint8_t { kStandard = 1, kHigh = 2 };

// An archived blob on its way back.
struct Rehydration {
  AccessTier to = AccessTier::kHot;
  RehydratePriority priority = RehydratePriority::kStandard;
  std::uint64_t since = 0;  // hybrid timestamp
  friend bool operator==(const Rehydration&, const Rehydration&) = default;
};
struct TierState {
  AccessTier tier = AccessTier::kHot;
  bool named = false;         // by a client; otherwise inferred
  std::uint64_t changed = 0;  // hybrid timestamp of Set Blob Tier; 0: never since the blob was made
  std::optional<Rehydration> rehydration;
  friend bool operator==(const TierState&, const TierState&) = default;
};
[[nodiscard]] Bytes encode_tier(const TierState& tier);
[[nodiscard]] std::optional<TierState> decode_tier(BytesView bytes);

enum class CopyStatus : std::uint8_t { kPending = 1, kSuccess = 2, kAborted = 3, kFailed = 4 };
[[nodiscard]] std::string_view to_string(CopyStatus status);  // "pending" ...
// The last Copy Blob that had this blob as its destination.
struct CopyState {
  std::string id;
  std::string source;  // the URL without its secrets
  CopyStatus status = CopyStatus::kPending;
  std::string description;
  std::uint64_t copied = 0;
  std::uint64_t total = 0;
  std::uint64_t completed = 0;  // hybrid timestamp; 0: not yet
  bool incremental = false;
  std::uint64_t destination_snapshot = 0;  // as BlobRow::snapshot; 0: none
  Bytes work;                              // what the copying job needs to go on; its own format
  friend bool operator==(const CopyState&, const CopyState&) = default;
};
[[nodiscard]] Bytes encode_copy(const CopyState& copy);
[[nodiscard]] std::optional<CopyState> decode_copy(BytesView bytes);

// Windows [from, end) of a page blob were cleared at that hybrid time: their rows that are older hold nothing any more,
// and the collector takes them away by and by. So clearing or cutting off terabytes is one small commit.
struct PageHole {
  std::uint32_t from = 0;
  std::uint32_t end = 0;
  std::uint64_t stamp = 0;
  friend bool operator==(const PageHole&, const PageHole&) = default;
};
inline constexpr std::size_t kHolesPerBlob = 32;

// What only page blobs have. Pages stand in rows of their own, by generation and version.
struct PageState {
  std::uint64_t sequence_number = 0;
  std::uint64_t generation = 0;  // a new one for each blob of the name, so that its pages are nobody else's
  std::uint64_t version = 0;     // grows with each snapshot, which freezes the one before
  std::vector<PageHole> holes;   // at most kHolesPerBlob
  friend bool operator==(const PageState&, const PageState&) = default;
};
[[nodiscard]] Bytes encode_page_state(const PageState& page);
[[nodiscard]] std::optional<PageState> decode_page_state(BytesView bytes);

// What only append blobs have.
struct AppendState {
  std::uint32_t committed_blocks = 0;
  bool sealed = false;
  friend bool operator==(const AppendState&, const AppendState&) = default;
};
[[nodiscard]] Bytes encode_append_state(const AppendState& append);
[[nodiscard]] std::optional<AppendState> decode_append_state(BytesView bytes);

// Of a container (Set Container ACL): the gate decides by them.
using gate::PublicAccess;
using gate::StoredPolicy;
inline constexpr std::size_t kPoliciesPerContainer = 5;
[[nodiscard]] Bytes encode_policies(const std::vector<StoredPolicy>& policies);
[[nodiscard]] std::optional<std::vector<StoredPolicy>> decode_policies(BytesView bytes);

}  // namespace freehold::blob
