// Leases: Azure's tables of states, as tables.
#include <gtest/gtest.h>

#include "src/conditional_rules.h"
#include "src/lease_rules.h"

namespace freehold::blob {
namespace {

using std::chrono::seconds;

const WallTime kNow{seconds(1'000'000)};
const Bytes kA(16, '\x0a');
const Bytes kB(16, '\x0b');
const Bytes kC(16, '\x0c');

std::optional<Lease> lease_in(LeaseState state) {
  switch (state) {
    case LeaseState::kAvailable:
      return std::nullopt;
    case LeaseState::kLeased:
      return Lease{kA, 30, kNow + seconds(20), std::nullopt};
    case LeaseState::kBreaking:
      return Lease{kA, 30, kNow + seconds(20), kNow + seconds(10)};
    case LeaseState::kBroken:
      return Lease{kA, 30, kNow + seconds(20), kNow - seconds(1)};
    case LeaseState::kExpired:
      return Lease{kA, 30, kNow - seconds(1), std::nullopt};
  }
  return std::nullopt;
}

constexpr LeaseState kStates[] = {LeaseState::kAvailable, LeaseState::kLeased, LeaseState::kBreaking,
                                  LeaseState::kBroken, LeaseState::kExpired};

// "leased A", or the error's code.
std::string said(const ApiResult<LeaseOutcome>& outcome) {
  if (!outcome) return outcome.error().code;
  const auto state = lease_state(outcome->lease, kNow);
  std::string text(to_string(state));
  if (outcome->lease) text += outcome->lease->id == kA ? " A" : outcome->lease->id == kB ? " B" : " C";
  return text;
}

struct Row {
  std::string name;
  LeaseRequest request;
  std::string expected[5];  // by state
};

LeaseRequest make(LeaseAction action, std::optional<Bytes> id, std::optional<Bytes> proposed,
                  std::optional<std::uint32_t> period = std::nullopt) {
  return {action, std::move(id), std::move(proposed), 15, period};
}

TEST(LeaseRules, EveryActionInEveryState) {
  const std::string already = "LeaseAlreadyPresent";
  const std::string none = "LeaseNotPresentWithLeaseOperation";
  const std::string mismatch = "LeaseIdMismatchWithLeaseOperation";
  const std::string broken = "LeaseIsBrokenAndCannotBeRenewed";
  const Row rows[] = {
      {"acquire", make(LeaseAction::kAcquire, {}, {}), {"leased C", already, already, "leased C", "leased C"}},
      {"acquire A",
       make(LeaseAction::kAcquire, {}, kA),
       {"leased A", "leased A", "LeaseIsBreakingAndCannotBeAcquired", "leased A", "leased A"}},
      {"acquire B", make(LeaseAction::kAcquire, {}, kB), {"leased B", already, already, "leased B", "leased B"}},
      {"renew A", make(LeaseAction::kRenew, kA, {}), {mismatch, "leased A", broken, broken, "leased A"}},
      {"renew B", make(LeaseAction::kRenew, kB, {}), {mismatch, mismatch, mismatch, mismatch, mismatch}},
      {"change A to B",
       make(LeaseAction::kChange, kA, kB),
       {none, "leased B", "LeaseIsBreakingAndCannotBeChanged", none, none}},
      {"change B to A",
       make(LeaseAction::kChange, kB, kA),
       {none, "leased A", "LeaseIsBreakingAndCannotBeChanged", none, none}},
      {"change B to C", make(LeaseAction::kChange, kB, kC), {none, mismatch, mismatch, none, none}},
      {"release A",
       make(LeaseAction::kRelease, kA, {}),
       {mismatch, "available", "available", "available", "available"}},
      {"release B", make(LeaseAction::kRelease, kB, {}), {mismatch, mismatch, mismatch, mismatch, mismatch}},
      {"break", make(LeaseAction::kBreak, {}, {}), {none, "breaking A", "breaking A", "broken A", "broken A"}},
      {"break at once", make(LeaseAction::kBreak, {}, {}, 0), {none, "broken A", "broken A", "broken A", "broken A"}},
      {"break in 5 s",
       make(LeaseAction::kBreak, {}, {}, 5),
       {none, "breaking A", "breaking A", "broken A", "broken A"}}};
  for (const auto& row : rows) {
    for (std::size_t i = 0; i < std::size(kStates); ++i) {
      EXPECT_EQ(said(change_lease(lease_in(kStates[i]), row.request, kNow, kC)), row.expected[i])
          << row.name << " of a lease that is " << to_string(kStates[i]);
    }
  }
}

TEST(LeaseRules, BreakingLastsAsLongAsIsAskedButNoLongerThanTheLease) {
  const auto remaining = [](const std::optional<Lease>& lease, std::optional<std::uint32_t> period) {
    const auto outcome = change_lease(lease, make(LeaseAction::kBreak, {}, {}, period), kNow, kC);
    return outcome ? static_cast<int>(*outcome->remaining_s) : -1;
  };
  EXPECT_EQ(remaining(lease_in(LeaseState::kLeased), std::nullopt), 20);
  EXPECT_EQ(remaining(lease_in(LeaseState::kLeased), 7), 7);
  EXPECT_EQ(remaining(lease_in(LeaseState::kLeased), 60), 20);
  EXPECT_EQ(remaining(lease_in(LeaseState::kBreaking), 60), 10);
  EXPECT_EQ(remaining(lease_in(LeaseState::kBroken), 60), 0);
  const Lease infinite{kA, Lease::kInfinite, std::nullopt, std::nullopt};
  EXPECT_EQ(remaining(infinite, std::nullopt), 0);
  EXPECT_EQ(remaining(infinite, 60), 60);
}

// "Use attempts on blobs with leases".
TEST(LeaseRules, WhoMayWriteAndRead) {
  const std::string none = "LeaseNotPresentWithBlobOperation";
  const std::string mismatch = "LeaseIdMismatchWithBlobOperation";
  struct Use {
    std::optional<Bytes> named;
    std::string write[5];
    std::string read[5];
  };
  const Use uses[] = {
      {std::nullopt, {"ok", "LeaseIdMissing", "LeaseIdMissing", "ok", "ok"}, {"ok", "ok", "ok", "ok", "ok"}},
      {kA, {none, "ok", "ok", "LeaseLost", "LeaseLost"}, {none, "ok", "ok", "LeaseLost", "LeaseLost"}},
      {kB, {none, mismatch, mismatch, none, none}, {none, mismatch, mismatch, none, none}}};
  const auto code = [](const ApiResult<>& result) { return result ? std::string("ok") : result.error().code; };
  for (const auto& use : uses) {
    for (std::size_t i = 0; i < std::size(kStates); ++i) {
      const auto lease = lease_in(kStates[i]);
      Conditions conditions;
      conditions.lease_id = use.named;
      const RowNotes no_notes;
      const Existing existing{1, kNow, &lease, &no_notes, kNow};
      EXPECT_EQ(code(check_write(conditions, existing)), use.write[i]) << to_string(kStates[i]);
      EXPECT_EQ(code(check_read(conditions, existing)), use.read[i]) << to_string(kStates[i]);
      EXPECT_EQ(code(check_unguarded_write(conditions, existing)), use.read[i]) << to_string(kStates[i]);
      EXPECT_EQ(lease_after_write(lease, kNow).has_value(), i == 1 || i == 2);
    }
  }
}

TEST(LeaseRules, GuidsInTheFormsOfDotNet) {
  const std::string plain = "0a1b2c3d-0011-2233-4455-66778899aabb";
  const auto id = parse_guid(plain);
  ASSERT_TRUE(id.has_value());
  EXPECT_EQ(guid_text(*id), plain);
  for (const std::string text : {"0A1B2C3D-0011-2233-4455-66778899AABB", "{0a1b2c3d-0011-2233-4455-66778899aabb}",
                                 "(0a1b2c3d-0011-2233-4455-66778899aabb)", "0a1b2c3d00112233445566778899aabb"}) {
    EXPECT_EQ(parse_guid(text), id) << text;
  }
  for (const std::string text :
       {"", "x", "0a1b2c3d-0011-2233-4455-66778899aab", "0a1b2c3d-0011-2233-4455-66778899aabbc",
        "0a1b2c3d00011-2233-4455-66778899aabb", "{0a1b2c3d-0011-2233-4455-66778899aabb)", "{}",
        "0a1b2c3d-0011-2233-4455-66778899aabg", "{0a1b2c3d00112233445566778899aabb}"}) {
    EXPECT_FALSE(parse_guid(text).has_value()) << text;
  }
}

TEST(LeaseRules, HeadersOfLeaseRequests) {
  const std::string id = "0a1b2c3d-0011-2233-4455-66778899aabb";
  struct Case {
    std::vector<std::pair<std::string, std::string>> headers;
    std::string expected;
  };
  const Case cases[] = {
      {{}, "MissingRequiredHeader"},
      {{{"x-ms-lease-action", "steal"}}, "InvalidHeaderValue"},
      {{{"x-ms-lease-action", "acquire"}}, "MissingRequiredHeader"},
      {{{"x-ms-lease-action", "Acquire"}, {"x-ms-lease-duration", "15"}}, "ok"},
      {{{"x-ms-lease-action", "acquire"}, {"x-ms-lease-duration", "-1"}}, "ok"},
      {{{"x-ms-lease-action", "acquire"}, {"x-ms-lease-duration", "14"}}, "InvalidHeaderValue"},
      {{{"x-ms-lease-action", "acquire"}, {"x-ms-lease-duration", "61"}}, "InvalidHeaderValue"},
      {{{"x-ms-lease-action", "acquire"}, {"x-ms-lease-duration", "99999999999999999999"}}, "InvalidHeaderValue"},
      {{{"x-ms-lease-action", "acquire"}, {"x-ms-lease-duration", "15"}, {"x-ms-proposed-lease-id", "me"}},
       "InvalidHeaderValue"},
      {{{"x-ms-lease-action", "renew"}}, "MissingRequiredHeader"},
      {{{"x-ms-lease-action", "renew"}, {"x-ms-lease-id", "no guid"}}, "InvalidHeaderValue"},
      {{{"x-ms-lease-action", "renew"}, {"x-ms-lease-id", id}}, "ok"},
      {{{"x-ms-lease-action", "change"}, {"x-ms-lease-id", id}}, "MissingRequiredHeader"},
      {{{"x-ms-lease-action", "release"}}, "MissingRequiredHeader"},
      {{{"x-ms-lease-action", "break"}}, "ok"},
      {{{"x-ms-lease-action", "break"}, {"x-ms-lease-break-period", "60"}}, "ok"},
      {{{"x-ms-lease-action", "break"}, {"x-ms-lease-break-period", "61"}}, "InvalidHeaderValue"}};
  for (const auto& c : cases) {
    http::Headers headers;
    for (const auto& [name, value] : c.headers) headers.add(name, value);
    const auto request = parse_lease_request(headers);
    EXPECT_EQ(request ? "ok" : request.error().code, c.expected) << c.headers.size();
  }
}

}  // namespace
}  // namespace freehold::blob
