#include "src/metadata.h"

#include <nlohmann/json.hpp>

#include "authn/bearer.h"
#include "base/encoding.h"
#include "http/json_response.h"
#include "src/arm_call.h"
#include "src/arm_errors.h"

namespace freehold::resources {
namespace {

using Ordered = nlohmann::ordered_json;

constexpr std::string_view kPath = "/metadata/endpoints";
constexpr std::string_view kFirstArray = "2018-05-01";
constexpr std::string_view kFirstObject = "2022-09-01";

struct Urls {
  std::string management;
  std::string login;  // AD FS style: the one that works offline in every client
  std::string graph;
};

Urls urls_of(const Site& site, std::string_view port) {
  const std::string behind = "." + site.domain + std::string(port);
  return {"https://management" + behind, "https://login" + behind + "/adfs", "https://graph" + behind};
}

// As Azure Stack Hub and old Azure have it: `az cloud register --endpoint-resource-manager`, go-autorest.
Ordered first_shape(const Urls& urls) {
  return {{"galleryEndpoint", urls.management + "/"},
          {"graphEndpoint", urls.graph + "/"},
          {"portalEndpoint", urls.management + "/"},
          {"authentication", {{"loginEndpoint", urls.login}, {"audiences", Ordered::array({urls.management + "/"})}}}};
}

// Suffixes have a port where the caller came by one that isn't https's own: clients build URLs of them as they are.
Ordered later_shape(const Site& site, const Urls& urls, std::string_view port) {
  const std::string behind = site.domain + std::string(port);
  return {{"portal", urls.management + "/"},
          {"authentication",
           {{"loginEndpoint", urls.login},
            {"audiences", Ordered::array({urls.management + "/", "https://management.azure.com/"})},
            {"tenant", "adfs"},
            {"identityProvider", "ADFS"}}},
          {"graphAudience", urls.graph + "/"},
          {"graph", urls.graph + "/"},
          {"microsoftGraphResourceId", urls.graph + "/"},
          {"name", "Freehold"},
          {"suffixes",
           {{"keyVaultDns", "vault." + behind}, {"mhsmDns", "managedhsm." + behind}, {"storage", "core." + behind}}},
          {"resourceManager", urls.management + "/"}};
}

gate::Task<Reply> get_endpoints(const ArmParts& parts, gate::Permit<GetMetadataEndpoints> permit) {
  const auto& request = permit.request();
  const auto version = request.parameter("api-version");
  if (version.empty()) co_return std::unexpected(arm_errors::missing_api_version());
  auto body = metadata_endpoints(parts.site, gate::port_of_host(request), version);
  if (!body) co_return std::unexpected(arm_errors::invalid_api_version(version));
  co_return http::json_response(200, std::move(*body));
}

}  // namespace

bool is_metadata_path(std::string_view path) { return equals_ignoring_case(path, kPath); }

std::optional<std::string> metadata_endpoints(const Site& site, std::string_view port, std::string_view api_version) {
  const Urls urls = urls_of(site, port);
  if (api_version == "1.0" || api_version == "2015-01-01") return first_shape(urls).dump();
  const bool dated = api_version.size() >= 10 && api_version[4] == '-' && api_version[7] == '-';
  if (!dated || api_version < kFirstArray) return std::nullopt;
  const auto shape = later_shape(site, urls, port);
  return (api_version < kFirstObject ? Ordered::array({shape}) : shape).dump();
}

// Public: who can't sign in yet has to find out where.
void add_metadata_routes(gate::ServiceGate& gate, const ArmParts& parts) {
  gate.add_as<GetMetadataEndpoints>(
      "GetMetadataEndpoints",
      {.method = http::Method::kGet,
       .scope = gate::Scope::kSystem,
       .path = kPath,
       .credentials = gate::kAnonymous,
       .data = gate::DataClass::kSystemMetadata},
      [&parts](gate::Permit<GetMetadataEndpoints> permit) { return get_endpoints(parts, std::move(permit)); });
}

}  // namespace freehold::resources
