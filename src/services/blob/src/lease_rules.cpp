#include "src/lease_rules.h"

#include <algorithm>

#include "base/encoding.h"

namespace freehold::blob {
namespace {

using std::chrono::seconds;

constexpr std::uint32_t kShortestLease = 15;
constexpr std::uint32_t kLongestLease = 60;
constexpr std::uint32_t kLongestPeriod = 60;
constexpr std::size_t kGuidDigits = 2 * Lease::kIdBytes;

bool is_id(const Lease& lease, const std::optional<Bytes>& id) { return id && *id == lease.id; }

Lease leased(Bytes id, std::uint32_t duration_s, WallTime now) {
  Lease lease{std::move(id), duration_s, std::nullopt, std::nullopt};
  if (duration_s != Lease::kInfinite) lease.ends = now + seconds(duration_s);
  return lease;
}

ApiResult<LeaseOutcome> acquire(const std::optional<Lease>& lease, const LeaseRequest& request, WallTime now,
                                Bytes fresh_id) {
  const auto state = lease_state(lease, now);
  const bool same = lease && is_id(*lease, request.proposed);
  if (state == LeaseState::kBreaking && same) return refuse(errors::lease_is_breaking_and_cannot_be_acquired());
  if (state == LeaseState::kBreaking || (state == LeaseState::kLeased && !same)) {
    return refuse(errors::lease_already_present());
  }
  return LeaseOutcome{201, leased(request.proposed.value_or(std::move(fresh_id)), request.duration_s, now), {}};
}

ApiResult<LeaseOutcome> renew(const std::optional<Lease>& lease, const LeaseRequest& request, WallTime now) {
  if (!lease || !is_id(*lease, request.id)) return refuse(errors::lease_id_mismatch_with_lease_operation());
  if (lease->broken_at) return refuse(errors::lease_is_broken_and_cannot_be_renewed());
  return LeaseOutcome{200, leased(lease->id, lease->duration_s, now), {}};
}

ApiResult<LeaseOutcome> change(const std::optional<Lease>& lease, const LeaseRequest& request, WallTime now) {
  const auto state = lease_state(lease, now);
  if (!is_locked(state)) return refuse(errors::lease_not_present_with_lease_operation());
  const bool known = is_id(*lease, request.id) || is_id(*lease, request.proposed);
  if (!known) return refuse(errors::lease_id_mismatch_with_lease_operation());
  if (state == LeaseState::kBreaking) return refuse(errors::lease_is_breaking_and_cannot_be_changed());
  auto changed = *lease;
  changed.id = *request.proposed;
  return LeaseOutcome{200, std::move(changed), {}};
}

ApiResult<LeaseOutcome> release(const std::optional<Lease>& lease, const LeaseRequest& request) {
  if (!lease || !is_id(*lease, request.id)) return refuse(errors::lease_id_mismatch_with_lease_operation());
  return LeaseOutcome{200, std::nullopt, {}};
}

// When a locked lease is to be broken: what is left of it or of an earlier break bounds the period. An infinite one
// without a period breaks at once.
WallTime broken_at(const Lease& lease, const std::optional<std::uint32_t>& period_s, WallTime now) {
  const auto bound = lease.broken_at ? lease.broken_at : lease.ends;
  if (!period_s) return bound.value_or(now);
  const auto asked = now + seconds(*period_s);
  return bound ? std::min(*bound, asked) : asked;
}

ApiResult<LeaseOutcome> break_lease(const std::optional<Lease>& lease, const LeaseRequest& request, WallTime now) {
  const auto state = lease_state(lease, now);
  if (state == LeaseState::kAvailable) return refuse(errors::lease_not_present_with_lease_operation());
  LeaseOutcome outcome{202, lease, 0};
  if (state == LeaseState::kExpired) outcome.lease->broken_at = now;
  if (!is_locked(state)) return outcome;
  const auto until = broken_at(*lease, request.period_s, now);
  outcome.lease->broken_at = until;
  outcome.remaining_s = static_cast<std::uint32_t>(std::chrono::ceil<seconds>(until - now).count());
  return outcome;
}

ApiResult<LeaseAction> parse_action(std::string_view text) {
  constexpr std::pair<std::string_view, LeaseAction> kActions[] = {{"acquire", LeaseAction::kAcquire},
                                                                   {"renew", LeaseAction::kRenew},
                                                                   {"change", LeaseAction::kChange},
                                                                   {"release", LeaseAction::kRelease},
                                                                   {"break", LeaseAction::kBreak}};
  for (const auto& [name, action] : kActions) {
    if (equals_ignoring_case(text, name)) return action;
  }
  return refuse(errors::invalid_header("x-ms-lease-action", text));
}

ApiResult<std::uint32_t> parse_duration(const http::Headers& headers) {
  constexpr std::string_view kName = "x-ms-lease-duration";
  if (!headers.has(kName)) return refuse(errors::missing_header(kName));
  const auto text = headers.get(kName);
  if (text == "-1") return Lease::kInfinite;
  const auto duration = parse_u64(text);
  if (!duration || *duration < kShortestLease || *duration > kLongestLease) {
    return refuse(errors::invalid_header(kName, text));
  }
  return static_cast<std::uint32_t>(*duration);
}

ApiResult<std::optional<std::uint32_t>> parse_period(const http::Headers& headers) {
  constexpr std::string_view kName = "x-ms-lease-break-period";
  if (!headers.has(kName)) return std::nullopt;
  const auto period = parse_u64(headers.get(kName));
  if (!period || *period > kLongestPeriod) return refuse(errors::invalid_header(kName, headers.get(kName)));
  return static_cast<std::uint32_t>(*period);
}

ApiError lease_gone(const std::optional<Lease>& lease, const Bytes& named, Leased what) {
  if (lease && lease->id == named) {
    return what == Leased::kBlob ? errors::blob_lease_lost() : errors::container_lease_lost();
  }
  return what == Leased::kBlob ? errors::no_lease_on_blob() : errors::no_lease_on_container();
}

}  // namespace

LeaseState lease_state(const std::optional<Lease>& lease, WallTime now) {
  if (!lease) return LeaseState::kAvailable;
  if (lease->broken_at) return now < *lease->broken_at ? LeaseState::kBreaking : LeaseState::kBroken;
  return !lease->ends || now < *lease->ends ? LeaseState::kLeased : LeaseState::kExpired;
}

std::string_view to_string(LeaseState state) {
  switch (state) {
    case LeaseState::kAvailable:
      return "available";
    case LeaseState::kLeased:
      return "leased";
    case LeaseState::kBreaking:
      return "breaking";
    case LeaseState::kBroken:
      return "broken";
    case LeaseState::kExpired:
      return "expired";
  }
  return "";
}

std::string_view duration_text(const Lease& lease) {
  return lease.duration_s == Lease::kInfinite ? "infinite" : "fixed";
}

bool is_locked(LeaseState state) { return state == LeaseState::kLeased || state == LeaseState::kBreaking; }

std::optional<Bytes> parse_guid(std::string_view text) {
  if (text.size() >= 2) {
    const bool braces = text.front() == '{' && text.back() == '}';
    const bool parentheses = text.front() == '(' && text.back() == ')';
    if (braces || parentheses) text = text.substr(1, text.size() - 2);
    if ((braces || parentheses) && text.size() == kGuidDigits) return std::nullopt;
  }
  std::string digits(text);
  if (digits.size() == kGuidDigits + 4) {
    for (const std::size_t at : {23U, 18U, 13U, 8U}) {
      if (digits[at] != '-') return std::nullopt;
      digits.erase(at, 1);
    }
  }
  if (digits.size() != kGuidDigits) return std::nullopt;
  return from_hex(digits);
}

std::string guid_text(BytesView id) {
  auto text = to_hex(id);
  for (const std::size_t at : {8U, 13U, 18U, 23U}) text.insert(at, 1, '-');
  return text;
}

ApiResult<std::optional<Bytes>> parse_lease_id(const http::Headers& headers, std::string_view name) {
  if (!headers.has(name) || headers.get(name).empty()) return std::nullopt;
  auto id = parse_guid(headers.get(name));
  if (!id) return refuse(errors::invalid_header(name, headers.get(name)));
  return id;
}

ApiResult<LeaseRequest> parse_lease_request(const http::Headers& headers) {
  if (!headers.has("x-ms-lease-action")) return refuse(errors::missing_header("x-ms-lease-action"));
  LeaseRequest request;
  FH_TRY(request.action, parse_action(headers.get("x-ms-lease-action")));
  FH_TRY(request.id, parse_lease_id(headers));
  FH_TRY(request.proposed, parse_lease_id(headers, "x-ms-proposed-lease-id"));
  const auto action = request.action;
  const bool names_lease =
      action == LeaseAction::kRenew || action == LeaseAction::kChange || action == LeaseAction::kRelease;
  if (names_lease && !request.id) return refuse(errors::missing_header("x-ms-lease-id"));
  if (action == LeaseAction::kChange && !request.proposed) {
    return refuse(errors::missing_header("x-ms-proposed-lease-id"));
  }
  if (action == LeaseAction::kAcquire) {
    FH_TRY(request.duration_s, parse_duration(headers));
  }
  if (action == LeaseAction::kBreak) {
    FH_TRY(request.period_s, parse_period(headers));
  }
  return request;
}

ApiResult<LeaseOutcome> change_lease(const std::optional<Lease>& lease, const LeaseRequest& request, WallTime now,
                                     Bytes fresh_id) {
  switch (request.action) {
    case LeaseAction::kAcquire:
      return acquire(lease, request, now, std::move(fresh_id));
    case LeaseAction::kRenew:
      return renew(lease, request, now);
    case LeaseAction::kChange:
      return change(lease, request, now);
    case LeaseAction::kRelease:
      return release(lease, request);
    case LeaseAction::kBreak:
      return break_lease(lease, request, now);
  }
  return refuse(errors::internal("a lease action that isn't one"));
}

ApiResult<> check_lease_for_write(const std::optional<Lease>& lease, const std::optional<Bytes>& named, WallTime now,
                                  Leased what) {
  if (is_locked(lease_state(lease, now)) && !named) {
    return refuse(what == Leased::kBlob ? errors::blob_lease_id_missing() : errors::container_lease_id_missing());
  }
  return check_lease_for_read(lease, named, now, what);
}

ApiResult<> check_lease_for_read(const std::optional<Lease>& lease, const std::optional<Bytes>& named, WallTime now,
                                 Leased what) {
  if (!named) return {};
  if (!is_locked(lease_state(lease, now))) return refuse(lease_gone(lease, *named, what));
  if (lease->id == *named) return {};
  return refuse(what == Leased::kBlob ? errors::blob_lease_id_mismatch() : errors::container_lease_id_mismatch());
}

std::optional<Lease> lease_after_write(const std::optional<Lease>& lease, WallTime now) {
  return is_locked(lease_state(lease, now)) ? lease : std::nullopt;
}

}  // namespace freehold::blob
