#include "src/tier_rules.h"

#include "base/encoding.h"
#include "store/hybrid_clock.h"

namespace freehold::blob {
namespace {
constexpr int kColdVersion = 20211202;
constexpr AccessTier kTiers[] = {AccessTier::kHot, AccessTier::kCool, AccessTier::kCold, AccessTier::kArchive};
// Of page blobs in premium accounts, which there are none of.
constexpr std::string_view kPremiumTiers[] = {"P4",  "P6",  "P10", "P15", "P20", "P30",
                                              "P40", "P50", "P60", "P70", "P80"};
}  // namespace

std::string_view to_string(AccessTier tier) {
  switch (tier) {
    case AccessTier::kHot:
      return "Hot";
    case AccessTier::kCool:
      return "Cool";
    case AccessTier::kCold:
      return "Cold";
    case AccessTier::kArchive:
      return "Archive";
  }
  return "";
}

std::string_view to_string(RehydratePriority priority) {
  return priority == RehydratePriority::kHigh ? "High" : "Standard";
}

ApiResult<std::optional<AccessTier>> parse_tier(const http::Headers& headers, int version) {
  constexpr std::string_view kName = "x-ms-access-tier";
  if (!headers.has(kName)) return std::nullopt;
  const auto text = headers.get(kName);
  if (equals_ignoring_case(text, "smart")) return refuse(errors::not_implemented(kName));
  for (const auto premium : kPremiumTiers) {
    if (equals_ignoring_case(text, premium)) return refuse(errors::access_tier_not_supported_for_blob_type());
  }
  for (const auto tier : kTiers) {
    if (!equals_ignoring_case(text, to_string(tier))) continue;
    if (tier == AccessTier::kCold && version < kColdVersion) break;
    return tier;
  }
  return refuse(errors::invalid_header(kName, text));
}

ApiResult<RehydratePriority> parse_rehydrate_priority(const http::Headers& headers) {
  constexpr std::string_view kName = "x-ms-rehydrate-priority";
  if (!headers.has(kName)) return RehydratePriority::kStandard;
  for (const auto priority : {RehydratePriority::kStandard, RehydratePriority::kHigh}) {
    if (equals_ignoring_case(headers.get(kName), to_string(priority))) return priority;
  }
  return refuse(errors::invalid_header(kName, headers.get(kName)));
}

TierState created_tier(const std::optional<AccessTier>& named) {
  TierState state;
  state.named = named.has_value();
  state.tier = named.value_or(AccessTier::kHot);
  return state;
}

TierState tier_over(const BlobRow& old, const BlobRow& fresh, WallTime now) {
  const bool tiers = old.committed() && old.type == BlobType::kBlock && fresh.type == BlobType::kBlock;
  return tiers && !fresh.tier.named ? tier_at(old.tier, now) : fresh.tier;
}

TierState tier_at(const TierState& stored, WallTime now) {
  if (!stored.rehydration) return stored;
  const auto& under_way = *stored.rehydration;
  const auto delay = under_way.priority == RehydratePriority::kHigh ? kHighRehydration : kStandardRehydration;
  const auto through = store::HybridClock::wall_time(under_way.since) + delay;
  if (now < through) return stored;
  return {under_way.to, true, store::HybridClock::from_wall(through), std::nullopt};
}

std::string archive_status(const TierState& tier) {
  if (!tier.rehydration) return {};
  return "rehydrate-pending-to-" + to_lower(to_string(tier.rehydration->to));
}

ApiResult<TierState> set_tier(const TierState& current, AccessTier to, RehydratePriority priority, std::uint64_t now) {
  auto state = current;
  if (current.rehydration) {
    if (current.rehydration->to != to) return refuse(errors::blob_being_rehydrated());
    state.rehydration->priority = std::max(current.rehydration->priority, priority);
    return state;
  }
  if (current.tier == AccessTier::kArchive && to != AccessTier::kArchive) {
    state.rehydration = Rehydration{to, priority, now};
    return state;
  }
  if (current.tier != to) state.changed = now;
  state.tier = to;
  state.named = true;
  return state;
}

namespace {

ApiResult<std::optional<WallTime>> parse_date(const http::Headers& headers, std::string_view name) {
  if (!headers.has(name)) return std::nullopt;
  const auto date = parse_http_date(headers.get(name));
  if (!date) return refuse(errors::invalid_header(name, headers.get(name)));
  return *date;
}

}  // namespace

ApiResult<TierConditions> parse_tier_conditions(const http::Headers& headers) {
  TierConditions out;
  FH_TRY(out.modified_since, parse_date(headers, "x-ms-access-tier-if-modified-since"));
  FH_TRY(out.unmodified_since, parse_date(headers, "x-ms-access-tier-if-unmodified-since"));
  if (out.modified_since && out.unmodified_since) return refuse(errors::multiple_conditions());
  return out;
}

ApiResult<> check_tier_conditions(const TierConditions& conditions, const BlobRow& row, WallTime now) {
  if (!conditions.modified_since && !conditions.unmodified_since) return {};
  if (row.type != BlobType::kBlock) return refuse(errors::access_tier_not_supported_for_blob_type());
  const auto changed = tier_at(row.tier, now).changed;
  const auto time =
      std::chrono::floor<std::chrono::seconds>(store::HybridClock::wall_time(changed != 0 ? changed : row.created));
  const bool met = conditions.modified_since ? time > *conditions.modified_since : time <= *conditions.unmodified_since;
  if (!met) return refuse(errors::condition_not_met());
  return {};
}

ApiResult<> refuse_archived(const BlobRow& row, WallTime now) {
  if (row.tier.tier == AccessTier::kArchive && tier_at(row.tier, now).tier == AccessTier::kArchive) {
    return refuse(errors::blob_archived());
  }
  return {};
}

}  // namespace freehold::blob
