#include "authn/audience.h"

#include <algorithm>

#include "base/encoding.h"

namespace freehold::gate {
namespace {

struct Name {
  std::string_view text;
  TokenResource resource;
};

constexpr Name kAzureHosts[] = {{"storage.azure.com", TokenResource::kStorage},
                                {"management.azure.com", TokenResource::kManagement},
                                {"management.core.windows.net", TokenResource::kManagement},
                                {"graph.microsoft.com", TokenResource::kGraph},
                                {"graph.windows.net", TokenResource::kGraph},
                                {"vault.azure.net", TokenResource::kVault},
                                {"managedhsm.azure.net", TokenResource::kManagedHsm}};
constexpr Name kApplications[] = {{"e406a681-f3d4-42a8-90b6-c2b029497af1", TokenResource::kStorage},
                                  {"797f4846-ba00-4fd7-ba43-dac1f8f63013", TokenResource::kManagement},
                                  {"00000003-0000-0000-c000-000000000000", TokenResource::kGraph},
                                  {"00000002-0000-0000-c000-000000000000", TokenResource::kGraph},
                                  {"cfa8b339-82a2-471a-a3c9-0fc0be7a4093", TokenResource::kVault}};
// What stands before this cloud's domain.
constexpr Name kOwnHosts[] = {{"management.", TokenResource::kManagement},
                              {"graph.", TokenResource::kGraph},
                              {"vault.", TokenResource::kVault},
                              {"managedhsm.", TokenResource::kManagedHsm}};

bool may_stand_in_host(char c) {
  c = ascii_lower(c);
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.';
}

}  // namespace

std::optional<std::string> audience_host(std::string_view audience) {
  constexpr std::string_view kHttps = "https://";
  if (!equals_ignoring_case(audience.substr(0, kHttps.size()), kHttps)) return std::nullopt;
  audience.remove_prefix(kHttps.size());
  if (audience.ends_with('/')) audience.remove_suffix(1);
  const auto colon = audience.find(':');
  if (colon != audience.npos) {
    const auto port = parse_u64(audience.substr(colon + 1));
    if (!port || *port == 0 || *port > 65'535) return std::nullopt;
    audience = audience.substr(0, colon);
  }
  if (audience.empty() || !std::ranges::all_of(audience, may_stand_in_host)) return std::nullopt;
  return to_lower(audience);
}

std::optional<TokenResource> resource_of_audience(std::string_view audience, std::string_view domain) {
  for (const Name& name : kApplications) {
    if (equals_ignoring_case(audience, name.text)) return name.resource;
  }
  const auto host = audience_host(audience);
  if (!host) return std::nullopt;
  for (const Name& name : kAzureHosts) {
    if (*host == name.text) return name.resource;
  }
  for (const Name& name : kOwnHosts) {
    if (host->starts_with(name.text) && std::string_view(*host).substr(name.text.size()) == domain) {
      return name.resource;
    }
  }
  return std::nullopt;
}

}  // namespace freehold::gate
