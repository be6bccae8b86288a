#include "sas_terms.h"

#include <algorithm>

#include "authn/ip_range.h"

namespace freehold::gate {
namespace {

using namespace authn_errors;

constexpr std::string_view kOldestVersion = "2015-04-05";  // the first with account SAS, addresses and protocols
constexpr std::string_view kNewestVersion = "2026-10-06";
constexpr std::size_t kMostPermissions = 32;

std::optional<WallTime> time_or_epoch(std::string_view text) {
  return text.empty() ? std::optional(WallTime{}) : parse_iso8601(text);
}

}  // namespace

Refusal not_well_formed() { return authentication_failed("Signature fields not well formed."); }

ApiResult<> mandatory(std::string_view value, std::string_view name) {
  if (!value.empty()) return {};
  return authentication_failed(std::string(name) + " is mandatory. Cannot be empty");
}

bool letters_of(std::string_view text, std::string_view known) {
  return !text.empty() && text.find_first_not_of(known) == std::string_view::npos;
}

bool is_sas_permissions(std::string_view text) {
  return letters_of(text, "abcdefghijklmnopqrstuvwxyz") && text.size() <= kMostPermissions;
}

bool is_sas_version(std::string_view text, std::string_view oldest) {
  return text.size() == 10 && parse_iso8601(text) && text >= oldest && text <= kNewestVersion;
}

ApiResult<> check_terms(const SasTerms& t) {
  const bool permissions = t.permissions.empty() || is_sas_permissions(t.permissions);
  const bool protocol = t.protocol.empty() || t.protocol == "https" || t.protocol == "https,http";
  const bool range = t.ip_range.empty() || parse_ip_range(t.ip_range);
  if (!permissions || !protocol || !range || !is_sas_version(t.version, kOldestVersion)) return not_well_formed();
  return {};
}

ApiResult<SasGrant> read_terms(const SasTerms& t) {
  const auto start = time_or_epoch(t.start);
  const auto expiry = time_or_epoch(t.expiry);
  if (!start || !expiry) return not_well_formed();
  SasGrant grant{.permissions = std::string(t.permissions),
                 .https_only = t.protocol == "https",
                 .start = *start,
                 .expiry = *expiry};
  if (!t.ip_range.empty()) grant.ip_range = t.ip_range;
  if (!t.expiry.empty()) {
    FH_CHECK_OK(check_order(grant));
  }
  return grant;
}

ApiResult<> check_order(const SasGrant& grant) {
  if (grant.start == WallTime{} || grant.expiry > grant.start) return {};
  return authentication_failed("Signed expiry time [" + http_date(grant.expiry) +
                               "] must be after signed start time [" + http_date(grant.start) + "]");
}

ApiResult<> check_time(const SasGrant& grant, WallTime now) {
  if (now >= grant.start && now < grant.expiry) return {};
  return authentication_failed("Signature not valid in the specified time frame: Start [" + http_date(grant.start) +
                               "] - Expiry [" + http_date(grant.expiry) + "] - Current [" + http_date(now) + "]");
}

ApiResult<> check_encryption_scope(const http::Request& request) {
  if (!request.has_parameter("ses") || request.parameter("sv") >= "2020-12-06") return {};
  return authentication_failed("The signed version doesn't sign an encryption scope.");
}

// A '+' that a client left unescaped reads as a space where queries are decoded as forms.
std::string signature_of(const http::Request& request) {
  std::string text(request.parameter("sig"));
  std::ranges::replace(text, ' ', '+');
  return text;
}

}  // namespace freehold::gate
