// Remediation: an order to mend what an assignment found wrong, as it is kept and shown.
//
// Source: "Remediations" of the REST reference of Azure Policy, 2021-10-01 and 2024-10-01.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/ids.h"
#include "base/result.h"
#include "src/entry.h"

namespace freehold::policies {

inline constexpr std::size_t kResourcesToRemedy = 500;  // unless it says otherwise; Azure's
inline constexpr std::size_t kMostResourcesToRemedy = 50'000;
inline constexpr std::size_t kParallelRemedies = 10;  // unless it says otherwise; Azure's
inline constexpr std::size_t kMostParallelRemedies = 30;
inline constexpr std::size_t kMostRemediationIds = 100;  // in a filter; Azure's
inline constexpr std::size_t kMostRemediationLocations = 100;

enum class RemediationState : std::uint8_t {
  kAccepted,
  kEvaluating,  // which resources there are to mend
  kInProgress,
  kCancelling,  // what is under way ends first
  kSucceeded,
  kFailed,
  kCanceled
};
[[nodiscard]] std::string_view state_name(RemediationState state);
[[nodiscard]] bool is_ended(RemediationState state);

struct Remediation {
  ResourceId id;
  std::string assignment_id;
  std::string reference_id;                    // empty: the assignment assigns one definition
  bool reevaluates = false;                    // looks anew before it begins
  std::vector<std::string> locations = {};     // lower case, without spaces; empty: all
  std::vector<std::string> resource_ids = {};  // lower case; empty: all
  std::size_t resource_count = kResourcesToRemedy;
  std::size_t parallel = kParallelRemedies;
  std::optional<double> threshold = {};  // failed of all, 0 to 1; beyond it the rest is left
  RemediationState state = RemediationState::kAccepted;
  std::string message = {};
  std::string correlation;
  std::string origin = {};  // of the request: "https://management.D:8443"
  WallTime created = {};
  WallTime updated = {};
  PrincipalId by = {};
  std::size_t total = 0;
  std::size_t succeeded = 0;
  std::size_t failed = 0;

  [[nodiscard]] std::string key() const { return key_of(id); }
};
using RemediationPtr = std::shared_ptr<const Remediation>;

enum class RemedyState : std::uint8_t { kAccepted, kRunning, kSucceeded, kFailed, kCanceled };
[[nodiscard]] std::string_view state_name(RemedyState state);

// What becomes of one resource.
struct Remedy {
  std::size_t number = 0;  // in its remediation, from 0
  std::string resource;
  std::string location = {};
  std::string deployment = {};  // its id; empty: none was made
  RemedyState state = RemedyState::kAccepted;
  Json error = nullptr;  // {"code", "message"}
  WallTime created = {};
  WallTime updated = {};
};

// As the API has them.
[[nodiscard]] Json remediation_json(const Remediation& remediation);
[[nodiscard]] Json remedy_json(const Remedy& remedy);

// Rows (docs/formats/remediation-rows.md). kCorrupt, kUnsupported.
[[nodiscard]] Bytes encode(const Remediation& remediation);
[[nodiscard]] Result<Remediation> decode_remediation(BytesView row);
[[nodiscard]] Bytes encode(const Remedy& remedy);
[[nodiscard]] Result<Remedy> decode_remedy(BytesView row);

}  // namespace freehold::policies
