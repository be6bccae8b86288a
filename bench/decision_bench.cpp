// Measures one decision of Azure RBAC, in nanoseconds of processor time: `decision_bench ASSIGNMENTS` prints a line of
// JSON with what each kind of request takes.
#include <cstdio>
#include <cstdlib>
#include <ctime>

#include "authz/decide.h"
#include "authz/testing/flat_tree.h"

namespace freehold::gate::authz {
namespace {

constexpr std::size_t kPrincipals = 1'000;
constexpr std::size_t kResourceGroups = 200;
constexpr std::size_t kGroupsOfCaller = 20;
constexpr std::size_t kDecisions = 200'000;

template <class Id>
Id nth(std::size_t n) {
  Id id;
  for (std::size_t i = 0; i < 8; ++i) id.bytes[i] = static_cast<std::uint8_t>(n >> (8 * i));
  id.bytes[15] = 1;
  return id;
}

const auto kTenant = nth<TenantId>(1);
const auto kSubscription = nth<SubscriptionId>(2);

ScopeChain container(std::size_t n) {
  const std::string group = "group" + std::to_string(n % kResourceGroups);
  return with_container(storage_account_chain(kTenant, kSubscription, group, "account" + std::to_string(n), FlatTree()),
                        "container");
}

// Every built-in role, at scopes of every height, for principals in turn.
std::vector<RoleAssignment> make_assignments(std::size_t count) {
  const auto& roles = built_in_roles();
  std::vector<RoleAssignment> out;
  for (std::size_t i = 0; i < count; ++i) {
    const auto chain = container(i);
    out.push_back({.id = nth<RoleAssignmentId>(i),
                   .tenant = kTenant,
                   .scope = chain.scopes[chain.scopes.size() - 1 - i % 3],
                   .principal = nth<PrincipalId>(i * 7 % kPrincipals),
                   .role = roles[i % roles.size()].id});
  }
  return out;
}

double processor_seconds() {
  timespec now{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) / 1e9;
}

// Callers in turn, each with groups, each at another container. A decision needs its scopes too, which aren't counted.
double nanoseconds(const Snapshot& snapshot, std::string_view action, ActionKind kind) {
  std::vector<ScopeChain> places;
  for (std::size_t i = 0; i < 256; ++i) places.push_back(container(i * 31));
  std::vector<PrincipalId> groups;
  for (std::size_t i = 0; i < kGroupsOfCaller; ++i) groups.push_back(nth<PrincipalId>(i * 37 % kPrincipals));
  std::size_t allowed = 0;
  const double before = processor_seconds();
  for (std::size_t i = 0; i < kDecisions; ++i) {
    const Subject subject{kTenant, nth<PrincipalId>(i % kPrincipals), groups};
    allowed += snapshot.decide(subject, action, kind, places[i % places.size()]).allowed() ? 1 : 0;
  }
  const double took = processor_seconds() - before;
  if (allowed == 0 || allowed == kDecisions) std::abort();  // both answers are measured
  return took / kDecisions * 1e9;
}

}  // namespace
}  // namespace freehold::gate::authz

int main(int argc, char** argv) {
  using namespace freehold::gate::authz;
  const std::size_t count = argc > 1 ? std::strtoul(argv[1], nullptr, 10) : 10'000;
  const Snapshot snapshot(1, built_in_roles(), make_assignments(count), {});
  const std::string blobs = "Microsoft.Storage/storageAccounts/blobServices/containers/blobs/";
  std::printf("{\"data\": %.1f, \"control\": %.1f}\n", nanoseconds(snapshot, blobs + "read", ActionKind::kData),
              nanoseconds(snapshot, "Microsoft.Storage/storageAccounts/read", ActionKind::kControl));
}
