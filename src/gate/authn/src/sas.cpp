#include "sas.h"

#include <algorithm>

#include "sas_terms.h"

namespace freehold::gate {
namespace {

// The parameters of every kind of SAS. Each may stand once: with two, one would be signed and the other believed.
constexpr std::string_view kParameters[] = {
    "sig", "sv",  "ss",      "srt",   "sp",    "st",   "se",     "sip",   "spr",   "sr",       "ses",
    "si",  "sdd", "rscc",    "rscd",  "rsce",  "rscl", "rsct",   "skoid", "sktid", "skt",      "ske",
    "sks", "skv", "skdutid", "saoid", "suoid", "scid", "sduoid", "srh",   "srq",   "snapshot", "versionid"};
constexpr std::string_view kTelling[] = {"sig", "ss", "srt", "sp", "se", "sr", "skoid", "si"};

bool any_twice(const http::Request& request) {
  return std::ranges::any_of(kParameters, [&](std::string_view name) {
    return std::ranges::count(request.query, name, &http::QueryParameter::name) > 1;
  });
}

}  // namespace

bool has_sas(const http::Request& request) {
  return std::ranges::any_of(kTelling, [&](std::string_view name) { return request.has_parameter(name); });
}

ApiResult<Principal> by_sas(const SasCase& c) {
  const auto& request = c.request;
  if (any_twice(request)) return not_well_formed();
  const bool names_resource = request.has_parameter("sr") || request.has_parameter("si");
  const bool names_services = request.has_parameter("ss") || request.has_parameter("srt");
  const bool delegated = request.has_parameter("skoid");
  if (names_services && (names_resource || delegated)) return not_well_formed();
  if (delegated) return by_delegation_sas(c);
  if (names_services) return by_account_sas(c);
  return by_service_sas(c);
}

}  // namespace freehold::gate
