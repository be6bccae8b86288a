#include <array>

#include "authn/signing.h"
#include "sas.h"
#include "sas_terms.h"
#include "shared_key.h"

namespace freehold::gate {
namespace {

using namespace authn_errors;

AccountSasFields fields_of(const http::Request& request) {
  auto get = [&](std::string_view name) { return std::string(request.parameter(name)); };
  return {.version = get("sv"),
          .services = get("ss"),
          .resource_types = get("srt"),
          .permissions = get("sp"),
          .start = get("st"),
          .expiry = get("se"),
          .ip_range = get("sip"),
          .protocol = get("spr"),
          .encryption_scope = get("ses")};
}

SasTerms terms_of(const AccountSasFields& sas) {
  return {sas.version, sas.permissions, sas.start, sas.expiry, sas.ip_range, sas.protocol};
}

ApiResult<> check_shape(const http::Request& request, const AccountSasFields& sas) {
  FH_CHECK_OK(mandatory(request.parameter("sig"), "sig"));
  FH_CHECK_OK(mandatory(sas.version, "sv"));
  FH_CHECK_OK(mandatory(sas.services, "ss"));
  FH_CHECK_OK(mandatory(sas.resource_types, "srt"));
  FH_CHECK_OK(mandatory(sas.permissions, "sp"));
  FH_CHECK_OK(mandatory(sas.expiry, "se"));
  if (!letters_of(sas.services, "bqtf") || !letters_of(sas.resource_types, "sco")) return not_well_formed();
  return check_terms(terms_of(sas));
}

}  // namespace

ApiResult<Principal> by_account_sas(const SasCase& c) {
  const auto sas = fields_of(c.request);
  FH_CHECK_OK(check_shape(c.request, sas));
  FH_TRY(auto grant, read_terms(terms_of(sas)));
  grant.services = sas.services;
  grant.resource_types = sas.resource_types;
  std::array strings{account_sas_string_to_sign(sas, c.account.name)};
  const auto key = signing_key(c.account, strings, signature_of(c.request));
  if (!key) return authentication_failed("Signature did not match. String to sign used was " + strings[0]);
  FH_CHECK_OK(check_time(grant, c.now));
  FH_CHECK_OK(check_encryption_scope(c.request));
  return Principal{.credential = kAccountSas,
                   .tenant = c.account.tenant,
                   .pseudonym_source = "SAS by key" + std::to_string(*key) + " of " + to_string(c.account.id),
                   .sas = std::move(grant)};
}

}  // namespace freehold::gate
