#include "src/row_parts.h"

namespace freehold::blob {
namespace {

constexpr std::size_t kTextBytes = 8 * 1024;
constexpr std::size_t kWorkBytes = 16 * 1024;

void append_time(Bytes& out, const std::optional<WallTime>& time) {
  append_u8(out, time ? 1 : 0);
  append_u64(out, time ? static_cast<std::uint64_t>(time->time_since_epoch().count()) : 0);
}

// False: neither a time nor its absence as append_time() writes it.
bool read_time(ByteReader& in, std::optional<WallTime>& time) {
  const auto there = in.u8();
  const auto value = in.u64();
  if (there > 1 || (there == 0 && value != 0)) return false;
  if (there == 1) time = WallTime(std::chrono::microseconds(static_cast<std::int64_t>(value)));
  return true;
}

bool read_flag(ByteReader& in, bool& flag) {
  const auto value = in.u8();
  flag = value == 1;
  return value <= 1;
}

template <class Enum>
bool read_enum(ByteReader& in, Enum first, Enum last, Enum& out) {
  const auto value = in.u8();
  if (value < static_cast<std::uint8_t>(first) || value > static_cast<std::uint8_t>(last)) return false;
  out = static_cast<Enum>(value);
  return true;
}

bool read_tier(ByteReader& in, AccessTier& tier) { return read_enum(in, AccessTier::kHot, AccessTier::kArchive, tier); }

}  // namespace

Bytes encode_lease(const Lease& lease) {
  Bytes out = lease.id;
  append_u32(out, lease.duration_s);
  append_time(out, lease.ends);
  append_time(out, lease.broken_at);
  return out;
}

std::optional<Lease> decode_lease(BytesView bytes) {
  ByteReader in(bytes);
  Lease lease;
  lease.id = in.take(Lease::kIdBytes);
  lease.duration_s = in.u32();
  if (!read_time(in, lease.ends) || !read_time(in, lease.broken_at) || !in.done()) return std::nullopt;
  return lease;
}

Bytes encode_tags(const Tags& tags) {
  Bytes out;
  for (const auto& [key, value] : tags) {
    append_sized(out, key);
    append_sized(out, value);
  }
  return out;
}

std::optional<Tags> decode_tags(BytesView bytes) {
  Tags tags;
  ByteReader in(bytes);
  while (in.ok() && !in.rest().empty()) {
    const auto key = in.sized(kTextBytes);
    const auto value = in.sized(kTextBytes);
    tags.emplace_back(key, value);
  }
  if (!in.ok() || tags.size() > kTagsPerBlob) return std::nullopt;
  return tags;
}

Bytes encode_tier(const TierState& tier) {
  Bytes out;
  append_u8(out, static_cast<std::uint8_t>(tier.tier));
  append_u8(out, tier.named ? 1 : 0);
  append_u64(out, tier.changed);
  if (tier.rehydration) {
    append_u8(out, static_cast<std::uint8_t>(tier.rehydration->to));
    append_u8(out, static_cast<std::uint8_t>(tier.rehydration->priority));
    append_u64(out, tier.rehydration->since);
  }
  return out;
}

std::optional<TierState> decode_tier(BytesView bytes) {
  ByteReader in(bytes);
  TierState tier;
  if (!read_tier(in, tier.tier) || !read_flag(in, tier.named)) return std::nullopt;
  tier.changed = in.u64();
  if (!in.rest().empty()) {
    Rehydration rehydration;
    if (!read_tier(in, rehydration.to)) return std::nullopt;
    if (!read_enum(in, RehydratePriority::kStandard, RehydratePriority::kHigh, rehydration.priority)) {
      return std::nullopt;
    }
    rehydration.since = in.u64();
    tier.rehydration = rehydration;
  }
  if (!in.done()) return std::nullopt;
  return tier;
}

std::string_view to_string(CopyStatus status) {
  switch (status) {
    case CopyStatus::kPending:
      return "pending";
    case CopyStatus::kSuccess:
      return "success";
    case CopyStatus::kAborted:
      return "aborted";
    case CopyStatus::kFailed:
      break;
  }
  return "failed";
}

Bytes encode_copy(const CopyState& copy) {
  Bytes out;
  append_u8(out, static_cast<std::uint8_t>(copy.status));
  append_u8(out, copy.incremental ? 1 : 0);
  append_u64(out, copy.copied);
  append_u64(out, copy.total);
  append_u64(out, copy.completed);
  append_u64(out, copy.destination_snapshot);
  append_sized(out, copy.id);
  append_sized(out, copy.source);
  append_sized(out, copy.description);
  append_sized(out, copy.work);
  return out;
}

std::optional<CopyState> decode_copy(BytesView bytes) {
  ByteReader in(bytes);
  CopyState copy;
  if (!read_enum(in, CopyStatus::kPending, CopyStatus::kFailed, copy.status)) return std::nullopt;
  if (!read_flag(in, copy.incremental)) return std::nullopt;
  copy.copied = in.u64();
  copy.total = in.u64();
  copy.completed = in.u64();
  copy.destination_snapshot = in.u64();
  copy.id = in.sized(kTextBytes);
  copy.source = in.sized(kTextBytes);
  copy.description = in.sized(kTextBytes);
  copy.work = in.sized(kWorkBytes);
  if (!in.done()) return std::nullopt;
  return copy;
}

Bytes encode_page_state(const PageState& page) {
  Bytes out;
  append_u64(out, page.sequence_number);
  append_u64(out, page.generation);
  append_u64(out, page.version);
  for (const auto& hole : page.holes) {
    append_u32(out, hole.from);
    append_u32(out, hole.end);
    append_u64(out, hole.stamp);
  }
  return out;
}

std::optional<PageState> decode_page_state(BytesView bytes) {
  ByteReader in(bytes);
  PageState page;
  page.sequence_number = in.u64();
  page.generation = in.u64();
  page.version = in.u64();
  while (in.ok() && !in.rest().empty()) {
    PageHole hole;
    hole.from = in.u32();
    hole.end = in.u32();
    hole.stamp = in.u64();
    page.holes.push_back(hole);
  }
  if (page.holes.size() > kHolesPerBlob) return std::nullopt;
  if (!in.done()) return std::nullopt;
  return page;
}

Bytes encode_append_state(const AppendState& append) {
  Bytes out;
  append_u32(out, append.committed_blocks);
  append_u8(out, append.sealed ? 1 : 0);
  return out;
}

std::optional<AppendState> decode_append_state(BytesView bytes) {
  ByteReader in(bytes);
  AppendState append;
  append.committed_blocks = in.u32();
  if (!read_flag(in, append.sealed) || !in.done()) return std::nullopt;
  return append;
}

Bytes encode_policies(const std::vector<StoredPolicy>& policies) {
  Bytes out;
  for (const auto& policy : policies) {
    append_sized(out, policy.id);
    append_time(out, policy.start);
    append_time(out, policy.expiry);
    append_sized(out, policy.permissions);
  }
  return out;
}

std::optional<std::vector<StoredPolicy>> decode_policies(BytesView bytes) {
  std::vector<StoredPolicy> policies;
  ByteReader in(bytes);
  while (in.ok() && !in.rest().empty()) {
    StoredPolicy policy;
    policy.id = in.sized(kTextBytes);
    if (!read_time(in, policy.start) || !read_time(in, policy.expiry)) return std::nullopt;
    policy.permissions = in.sized(kTextBytes);
    policies.push_back(std::move(policy));
  }
  if (!in.ok() || policies.size() > kPoliciesPerContainer) return std::nullopt;
  return policies;
}

}  // namespace freehold::blob
