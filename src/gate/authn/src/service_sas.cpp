#include <algorithm>
#include <array>

#include "resource_sas.h"
#include "shared_key.h"

namespace freehold::gate {
namespace {

using namespace authn_errors;

constexpr std::size_t kIdentifierBytes = 64 * 4;  // 64 characters

const StoredPolicy* find_policy(const ContainerAccess* container, std::string_view id) {
  if (container == nullptr) return nullptr;
  const auto found = std::ranges::find(container->policies, id, &StoredPolicy::id);
  return found == container->policies.end() ? nullptr : &*found;
}

// Each of permissions, start and expiry comes from the SAS or from the policy, never from both.
ApiResult<> add_policy(const StoredPolicy& policy, const ResourceSasFields& sas, SasGrant& grant) {
  if ((!policy.permissions.empty() && !sas.permissions.empty()) || (policy.start && !sas.start.empty()) ||
      (policy.expiry && !sas.expiry.empty())) {
    return authentication_failed(
        "Access policy fields can be associated with signature or SAS identifier but not both.");
  }
  if (!policy.permissions.empty()) grant.permissions = policy.permissions;
  if (policy.start) grant.start = *policy.start;
  if (policy.expiry) grant.expiry = *policy.expiry;
  return {};
}

ApiResult<> complete_grant(const SasCase& c, const ResourceSasFields& sas, SasGrant& grant) {
  if (!sas.identifier.empty()) {
    const auto* policy = find_policy(c.container, sas.identifier);
    if (policy == nullptr) {
      return authentication_failed("SAS identifier cannot be found for specified signed identifier");
    }
    FH_CHECK_OK(add_policy(*policy, sas, grant));
  }
  if (grant.expiry == WallTime{}) {
    return authentication_failed("Signed expiry must be specified in signature or SAS identifier");
  }
  if (grant.permissions.empty()) {
    return authentication_failed("Signed permissions must be specified in signature or SAS identifier");
  }
  return check_order(grant);
}

}  // namespace

// The signature comes first: who can't sign learns nothing of a container's policies.
ApiResult<Principal> by_service_sas(const SasCase& c) {
  const auto sas = resource_fields_of(c.request);
  FH_CHECK_OK(check_resource_shape(c.request, sas));
  if (sas.identifier.size() > kIdentifierBytes) return not_well_formed();
  FH_TRY(auto grant, read_terms(terms_of(sas)));
  const auto resource = signed_resource(sas.resource, depth_of(sas), c.request, c.target);
  if (!resource) return authentication_failed("The signed resource is not the one that the request is for.");
  std::array strings{service_sas_string_to_sign(sas, *resource)};
  const auto key = signing_key(c.account, strings, signature_of(c.request));
  if (!key) return authentication_failed("Signature did not match. String to sign used was " + strings[0]);
  FH_CHECK_OK(complete_grant(c, sas, grant));
  FH_CHECK_OK(check_time(grant, c.now));
  FH_CHECK_OK(check_encryption_scope(c.request));
  bind_grant(grant, sas, *resource);
  return Principal{.credential = kServiceSas,
                   .tenant = c.account.tenant,
                   .pseudonym_source = "service SAS by key" + std::to_string(*key) + " of " + to_string(c.account.id),
                   .sas = std::move(grant)};
}

}  // namespace freehold::gate
