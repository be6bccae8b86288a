// What is done about one resource that isn't as a policy wants it: a template deployed, or the resource altered, in the
// name of the assignment's identity.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>

#include "src/compliance_scan.h"
#include "src/manager_client.h"

namespace freehold::policies {

// Which resource, by which policy.
struct RemedyTask {
  TenantId tenant;
  std::string resource;
  std::string assignment_id;
  std::string reference_id;
  std::string correlation;     // names its deployment, the same at each attempt
  bool enforced_only = false;  // nothing is done for an assignment that isn't enforced
};

// How a policy sees the resource now.
struct Diagnosis {
  enum class Kind : std::uint8_t {
    kGone,     // there is no such resource
    kHealthy,  // nothing to do: compliant, exempt, or the policy isn't in force there any more
    kUnknown,  // it couldn't be evaluated
    kSick
  };
  Kind kind = Kind::kHealthy;
  std::string why = {};  // kUnknown
  ResourceId id = {};    // kSick, from here on
  std::optional<PrincipalId> identity = {};
  Json deployment = nullptr;  // null: it is altered instead
  bool at_subscription = false;
  std::string group = {};  // where it is deployed
  Json before = nullptr;
  Json after = nullptr;
  const gate::resource::ResourceType* type = nullptr;  // null: a group or subscription
};
[[nodiscard]] Task<Diagnosis> diagnose(ScanParts parts, RemedyTask task);

struct RemedyEnd {
  enum class Kind : std::uint8_t {
    kDone,
    kFailed,
    kLater,   // the house was full, or couldn't be asked
    kStopped  // the process ends
  };
  Kind kind = Kind::kDone;
  std::string deployment = {};  // its id
  Json error = nullptr;         // kFailed
};
// {"code", "message"}: what RemedyEnd has.
[[nodiscard]] Json error_of(std::string_view code, std::string message);
// False: the process ends.
using Sleep = std::function<Task<bool>(std::chrono::milliseconds)>;
// Does what a sick resource needs. Waits for a deployment as long as it lasts, two hours at most.
[[nodiscard]] Task<RemedyEnd> cure(Diagnosis sick, RemedyTask task, AskManager ask, Sleep sleep);

// The RFC 7396 patch that makes `after` of `before`; arrays whole, tags too.
[[nodiscard]] Json patch_between(const Json& before, const Json& after);
// "PolicyDeployment_" and a number.
[[nodiscard]] std::string deployment_name(const RemedyTask& task);

}  // namespace freehold::policies
