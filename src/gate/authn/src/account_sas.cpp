#include "account_sas.h"

#include <algorithm>
#include <array>

#include "authn/signing.h"
#include "authn_errors.h"
#include "base/encoding.h"
#include "ip_range.h"
#include "shared_key.h"

namespace freehold::gate {
namespace {

using namespace authn_errors;

// The parameters of every kind of SAS. Each may stand once: with two, one would be signed and the other believed.
constexpr std::string_view kParameters[] = {"sig", "sv", "ss",    "srt", "sp", "st",    "se",  "sip",
                                            "spr", "sr", "skoid", "ses", "si", "sktid", "skt", "ske"};
constexpr std::string_view kTelling[] = {"sig", "ss", "srt", "sp", "se", "sr", "skoid"};
constexpr std::string_view kOldestVersion = "2015-04-05";  // the first with account SAS
constexpr std::string_view kNewestVersion = "2026-10-06";
constexpr std::size_t kMostPermissions = 32;

ApiResult<> not_well_formed() { return authentication_failed("Signature fields not well formed."); }

ApiResult<> mandatory(std::string_view value, std::string_view name) {
  if (!value.empty()) return {};
  return authentication_failed(std::string(name) + " is mandatory. Cannot be empty");
}

// Every letter is one of `known`, and at least one is there.
bool letters_of(std::string_view text, std::string_view known) {
  return !text.empty() && text.find_first_not_of(known) == std::string_view::npos;
}

bool is_version(std::string_view text) {
  return text.size() == 10 && parse_iso8601(text) && text >= kOldestVersion && text <= kNewestVersion;
}

bool any_twice(const http::Request& request) {
  return std::ranges::any_of(kParameters, [&](std::string_view name) {
    return std::ranges::count(request.query, name, &http::QueryParameter::name) > 1;
  });
}

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

// Which kind it is: only the account SAS is known here. A service SAS names one resource (`sr`).
ApiResult<> check_kind(const http::Request& request, const AccountSasFields& sas) {
  if (any_twice(request)) return not_well_formed();
  if (request.has_parameter("skoid"))
    return authentication_failed("User delegation SAS is not accepted by this service.");
  if (request.has_parameter("sr") || request.has_parameter("si")) {
    return authentication_failed("Service SAS is not accepted by this service.");
  }
  if (sas.services.empty() && sas.resource_types.empty()) return mandatory({}, "sr");
  return {};
}

ApiResult<> check_shape(const http::Request& request, const AccountSasFields& sas) {
  FH_CHECK_OK(mandatory(request.parameter("sig"), "sig"));
  FH_CHECK_OK(mandatory(sas.version, "sv"));
  FH_CHECK_OK(mandatory(sas.services, "ss"));
  FH_CHECK_OK(mandatory(sas.resource_types, "srt"));
  FH_CHECK_OK(mandatory(sas.permissions, "sp"));
  FH_CHECK_OK(mandatory(sas.expiry, "se"));
  bool letters = letters_of(sas.services, "bqtf") && letters_of(sas.resource_types, "sco") &&
                 letters_of(sas.permissions, "abcdefghijklmnopqrstuvwxyz") &&
                 sas.permissions.size() <= kMostPermissions;
  bool protocol = sas.protocol.empty() || sas.protocol == "https" || sas.protocol == "https,http";
  bool range = sas.ip_range.empty() || parse_ip_range(sas.ip_range);
  if (!letters || !protocol || !range || !is_version(sas.version)) return not_well_formed();
  return {};
}

ApiResult<SasGrant> read_grant(const AccountSasFields& sas) {
  auto start = sas.start.empty() ? std::optional(WallTime{}) : parse_iso8601(sas.start);
  auto expiry = parse_iso8601(sas.expiry);
  if (!start || !expiry) return authentication_failed("Signature fields not well formed.");
  if (!sas.start.empty() && *expiry <= *start) {
    return authentication_failed("Signed expiry time [" + http_date(*expiry) + "] must be after signed start time [" +
                                 http_date(*start) + "]");
  }
  SasGrant grant{.services = sas.services,
                 .resource_types = sas.resource_types,
                 .permissions = sas.permissions,
                 .https_only = sas.protocol == "https",
                 .start = *start,
                 .expiry = *expiry};
  if (!sas.ip_range.empty()) grant.ip_range = sas.ip_range;
  return grant;
}

ApiResult<> check_time(const SasGrant& grant, WallTime now) {
  if (now >= grant.start && now < grant.expiry) return {};
  return authentication_failed("Signature not valid in the specified time frame: Start [" + http_date(grant.start) +
                               "] - Expiry [" + http_date(grant.expiry) + "] - Current [" + http_date(now) + "]");
}

// A '+' that a client left unescaped reads as a space where queries are decoded as forms.
std::string signature_of(const http::Request& request) {
  std::string text(request.parameter("sig"));
  std::ranges::replace(text, ' ', '+');
  return text;
}

}  // namespace

bool has_sas(const http::Request& request) {
  return std::ranges::any_of(kTelling, [&](std::string_view name) { return request.has_parameter(name); });
}

ApiResult<Principal> by_sas(const http::Request& request, const StorageAccount& account, WallTime now) {
  auto sas = fields_of(request);
  FH_CHECK_OK(check_kind(request, sas));
  FH_CHECK_OK(check_shape(request, sas));
  FH_TRY(auto grant, read_grant(sas));
  std::array strings{account_sas_string_to_sign(sas, account.name)};
  auto key = signing_key(account, strings, signature_of(request));
  if (!key) return authentication_failed("Signature did not match. String to sign used was " + strings[0]);
  FH_CHECK_OK(check_time(grant, now));
  if (request.has_parameter("ses"))
    return authentication_failed("Encryption scopes are not supported by this service.");
  return Principal{.credential = kAccountSas,
                   .tenant = account.tenant,
                   .pseudonym_source = "SAS by key" + std::to_string(*key) + " of " + to_string(account.id),
                   .sas = std::move(grant)};
}

}  // namespace freehold::gate
