#include <algorithm>

#include "authn/delegation_key.h"
#include "base/encoding.h"
#include "crypto/digest.h"
#include "resource_sas.h"

namespace freehold::gate {
namespace {

using namespace authn_errors;

constexpr std::string_view kOldestVersion = "2018-11-09";  // the first with user delegation SAS
constexpr std::string_view kRequestSince = "2026-04-06";   // srh and srq
constexpr std::size_t kCorrelationBytes = 64;              // a GUID, in whatever form
constexpr std::size_t kMostBound = 64;                     // headers or parameters

DelegationSasFields delegation_fields_of(const http::Request& request) {
  auto get = [&](std::string_view name) { return std::string(request.parameter(name)); };
  return {.key_object = get("skoid"),
          .key_tenant = get("sktid"),
          .key_start = get("skt"),
          .key_expiry = get("ske"),
          .key_service = get("sks"),
          .key_version = get("skv"),
          .key_delegated_user = get("skdutid"),
          .authorized_object = get("saoid"),
          .unauthorized_object = get("suoid"),
          .correlation = get("scid"),
          .delegated_user = get("sduoid"),
          .header_names = get("srh"),
          .parameter_names = get("srq")};
}

ApiResult<> check_there(const ResourceSasFields& sas, const DelegationSasFields& d) {
  FH_CHECK_OK(mandatory(sas.permissions, "sp"));
  FH_CHECK_OK(mandatory(sas.expiry, "se"));
  FH_CHECK_OK(mandatory(d.key_object, "skoid"));
  FH_CHECK_OK(mandatory(d.key_tenant, "sktid"));
  FH_CHECK_OK(mandatory(d.key_start, "skt"));
  FH_CHECK_OK(mandatory(d.key_expiry, "ske"));
  FH_CHECK_OK(mandatory(d.key_service, "sks"));
  return mandatory(d.key_version, "skv");
}

bool is_guid_if_there(std::string_view text) { return text.empty() || parse_guid<PrincipalId>(text); }

// What would be signed by the rules of a newer version, or can't be kept: a SAS bound to a user needs that user's token
// besides, and one for an agent without rights of its own needs POSIX permissions, which flat name spaces don't have.
ApiResult<> refuse_bound(const ResourceSasFields& sas, const DelegationSasFields& d) {
  if (!sas.identifier.empty()) {
    return authentication_failed("Stored access policies are not supported for a user delegation SAS.");
  }
  if (!d.delegated_user.empty() || !d.key_delegated_user.empty()) {
    return authentication_failed("A user delegation SAS for one user is not supported by this service.");
  }
  if (!d.unauthorized_object.empty()) {
    return authentication_failed("suoid is only supported where the hierarchical namespace is enabled.");
  }
  const bool binds_request = !d.header_names.empty() || !d.parameter_names.empty();
  const bool fits = is_guid_if_there(d.authorized_object) && d.correlation.size() <= kCorrelationBytes &&
                    (!binds_request || sas.version >= kRequestSince);
  if (!fits) return not_well_formed();
  return {};
}

// The key that the SAS says it was signed with.
ApiResult<DelegationKeyFields> read_key(const DelegationSasFields& d) {
  const auto object = parse_guid<PrincipalId>(d.key_object);
  const auto tenant = parse_guid<TenantId>(d.key_tenant);
  const auto start = parse_iso8601(d.key_start);
  const auto expiry = parse_iso8601(d.key_expiry);
  if (!object || !tenant || !start || !expiry || d.key_service != "b" ||
      !is_sas_version(d.key_version, kOldestVersion)) {
    return not_well_formed();
  }
  if (*expiry <= *start || *expiry - *start > kLongestDelegationKey) return not_well_formed();
  return DelegationKeyFields{.object = *object,
                             .tenant = *tenant,
                             .start = *start,
                             .expiry = *expiry,
                             .service = d.key_service,
                             .version = d.key_version};
}

// Calls `each` for every name of a list; nullopt if one is empty or there are too many.
template <class Each>
bool for_each_name(std::string_view names, Each each) {
  for (std::size_t count = 0; !names.empty(); ++count) {
    const auto name = names.substr(0, names.find(','));
    if (name.empty() || name.size() + 1 == names.size() || count == kMostBound) return false;
    if (!each(name)) return false;
    names.remove_prefix(std::min(names.size(), name.size() + 1));
  }
  return true;
}

// The values that the request has where the SAS binds it. False: a list is broken, or a name stands in the request
// twice, so that it would be open which of them counts.
bool read_bound(const http::Request& request, DelegationSasFields& d) {
  const bool headers = for_each_name(d.header_names, [&](std::string_view name) {
    const auto lower = to_lower(name);
    const auto& fields = request.headers.fields();
    if (std::ranges::count_if(fields, [&](const auto& field) { return field.first == lower; }) != 1) return false;
    d.headers.append(name).append(":").append(request.headers.get(lower)).append("\n");
    return true;
  });
  return headers && for_each_name(d.parameter_names, [&](std::string_view name) {
           const auto lower = to_lower(name);
           if (std::ranges::count(request.query, lower, &http::QueryParameter::name) != 1) return false;
           d.parameters.append("\n").append(name).append(":").append(request.parameter(lower));
           return true;
         });
}

bool signed_by(const Secret& key, std::string_view text, std::string_view signature) {
  const auto given = from_base64(signature).value_or("");
  const auto computed = crypto::hmac_sha256(key.view(), text);
  const unsigned equal = constant_time_equal(crypto::view(computed), given);
  const unsigned usable = !key.empty();
  return (equal & usable) != 0;
}

ApiResult<> check_key_time(const DelegationKeyFields& key, WallTime now) {
  if (now >= key.start && now < key.expiry) return {};
  return authentication_failed("Key start [" + http_date(key.start) + "] - Key expiry [" + http_date(key.expiry) +
                               "] - Current [" + http_date(now) + "]: the user delegation key is not valid now.");
}

Principal principal_of(const SasCase& c, const DelegationKeyFields& key, const DelegationSasFields& d, SasGrant grant) {
  auto caller = "user delegation SAS of " + to_string(key.object);
  if (!d.authorized_object.empty()) caller += " for " + to_lower(d.authorized_object);
  return {.credential = kUserDelegationSas,
          .tenant = c.account.tenant,
          .pseudonym_source = std::move(caller),
          .sas = std::move(grant),
          .delegator = Delegator{key.object, key.tenant}};
}

}  // namespace

ApiResult<Principal> by_delegation_sas(const SasCase& c) {
  const auto sas = resource_fields_of(c.request);
  auto d = delegation_fields_of(c.request);
  FH_CHECK_OK(check_resource_shape(c.request, sas));
  if (!is_sas_version(sas.version, kOldestVersion)) return not_well_formed();
  FH_CHECK_OK(check_there(sas, d));
  FH_CHECK_OK(refuse_bound(sas, d));
  FH_TRY(auto grant, read_terms(terms_of(sas)));
  FH_TRY(const auto key, read_key(d));
  if (key.tenant != c.account.tenant) return authentication_failed("The key's tenant is not that of the account.");
  const auto resource = signed_resource(sas.resource, depth_of(sas), c.request, c.target);
  if (!resource) return authentication_failed("The signed resource is not the one that the request is for.");
  if (!read_bound(c.request, d))
    return authentication_failed("The request lacks a header or parameter that is signed.");
  const auto text = delegation_sas_string_to_sign(sas, d, *resource);
  if (!signed_by(delegation_key(c.account, key), text, signature_of(c.request))) {
    return authentication_failed("Signature did not match. String to sign used was " + text);
  }
  FH_CHECK_OK(check_time(grant, c.now));
  FH_CHECK_OK(check_key_time(key, c.now));
  FH_CHECK_OK(check_encryption_scope(c.request));
  bind_grant(grant, sas, *resource);
  return principal_of(c, key, d, std::move(grant));
}

}  // namespace freehold::gate
