#include "endpoints.h"

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

namespace freehold::app {

namespace {

using Json = nlohmann::ordered_json;

std::string system_authorities() {
  std::ifstream in("/etc/ssl/certs/ca-certificates.crt", std::ios::binary);
  std::ostringstream text;
  if (in) text << in.rdbuf();
  return text.str();
}

Json endpoints_json(const Settings& settings, const RegionIdentity& identity, const Endpoints& endpoints) {
  const std::string port = ":" + std::to_string(endpoints.https_port);
  const std::string& domain = settings.domain;
  Json json;
  json["region"] = settings.region;
  json["domain"] = domain;
  json["httpsPort"] = endpoints.https_port;
  json["httpPort"] = endpoints.http_port ? Json(*endpoints.http_port) : Json(nullptr);
  json["metricsPort"] = endpoints.metrics_port;
  json["caFile"] = settings.data + "/ca.pem";
  json["management"] = "https://management." + domain + port;
  json["login"] = "https://login." + domain + port + "/adfs";
  json["loginEntra"] = "https://login." + domain + port;
  json["graph"] = "https://graph." + domain + port;
  json["blobSuffix"] = "blob.core." + domain;
  json["vaultSuffix"] = "vault." + domain;
  json["hsmSuffix"] = "managedhsm." + domain;
  json["tenantId"] = to_string(identity.tenant);
  json["subscriptionId"] = to_string(identity.subscription);
  json["resourceGroup"] = kResourceGroup;
  json["admin"] = {{"clientId", to_string(identity.admin)},
                   {"clientSecret", std::string(identity.admin_secret.view())}};
  json["storageAccounts"] = Json::array();
  for (const AccountEndpoint& account : endpoints.accounts) {
    json["storageAccounts"].push_back({{"name", account.name}, {"key", account.key}, {"blob", account.blob}});
  }
  return json;
}

std::string quoted(const std::string& text) {
  std::string out = "'";
  for (const char c : text) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return out + "'";
}

}  // namespace

Result<> write_endpoints(disk::Disk& disk, const Settings& settings, const RegionIdentity& identity,
                         const Endpoints& endpoints) {
  FH_CHECK_OK(disk.write_file_durably(settings.data + "/ca.pem", identity.authority.certificate_pem));
  FH_CHECK_OK(disk.write_file_durably(settings.data + "/ca-bundle.pem",
                                      system_authorities() + identity.authority.certificate_pem));
  return disk.write_file_durably(settings.data + "/endpoints.json",
                                 endpoints_json(settings, identity, endpoints).dump(2) + "\n");
}

Result<std::string> shell_exports(disk::Disk& disk, const std::string& data) {
  const std::string directory = std::filesystem::absolute(data).lexically_normal().string();
  auto text = disk.read_file(directory + "/endpoints.json");
  if (!text) {
    return fail(ErrorCode::kNotFound,
                directory + "/endpoints.json can't be read; start the region first: freehold up --data " + directory);
  }
  const Json json = Json::parse(*text, nullptr, false);
  if (json.is_discarded() || !json.contains("storageAccounts") || json["storageAccounts"].empty()) {
    return fail(ErrorCode::kCorrupt,
                directory + "/endpoints.json is malformed; start the region again to write it anew");
  }
  const auto& account = json["storageAccounts"][0];
  const std::string name = account["name"];
  const std::string key = account["key"];
  const std::string blob = account["blob"];
  const std::string suffix =
      "core." + json["domain"].get<std::string>() + ":" + std::to_string(json["httpsPort"].get<int>());
  std::string out;
  const auto put = [&out](const std::string& variable, const std::string& value) {
    out += "export " + variable + "=" + quoted(value) + "\n";
  };
  put("AZURE_STORAGE_ACCOUNT", name);
  put("AZURE_STORAGE_KEY", key);
  put("AZURE_STORAGE_CONNECTION_STRING", "DefaultEndpointsProtocol=https;AccountName=" + name + ";AccountKey=" + key +
                                             ";BlobEndpoint=" + blob + ";EndpointSuffix=" + suffix);
  put("AZURE_TENANT_ID", json["tenantId"]);
  put("AZURE_SUBSCRIPTION_ID", json["subscriptionId"]);
  put("AZURE_CLIENT_ID", json["admin"]["clientId"]);
  put("AZURE_CLIENT_SECRET", json["admin"]["clientSecret"]);
  put("RCLONE_AZUREBLOB_ACCOUNT", name);
  put("RCLONE_AZUREBLOB_KEY", key);
  put("RCLONE_AZUREBLOB_ENDPOINT", "blob." + suffix);
  put("RCLONE_CA_CERT", directory + "/ca.pem");
  put("NODE_EXTRA_CA_CERTS", directory + "/ca.pem");
  put("REQUESTS_CA_BUNDLE", directory + "/ca-bundle.pem");
  put("SSL_CERT_FILE", directory + "/ca-bundle.pem");
  put("FREEHOLD_CA_FILE", directory + "/ca.pem");
  put("FREEHOLD_BLOB_ENDPOINT", blob);
  put("FREEHOLD_LOGIN", json["loginEntra"]);
  return out;
}

}  // namespace freehold::app
