// Microsoft's published built-ins, unchanged: each registers, is assigned, and is evaluated against resources of ours.
#include <cstdlib>

#include "src/sample_policies.h"

namespace freehold::gate::policy {
namespace {

using testing::Cloud;
using testing::json;
using testing::storage_account;

std::optional<Json> read(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  const std::string text((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
  auto value = expression::read_jsonc(text);
  EXPECT_TRUE(value.has_value()) << path << ": " << value.error().message;
  return value ? std::optional(*value) : std::nullopt;
}

const std::filesystem::path kFolder = std::filesystem::path(FREEHOLD_VECTORS) / "policy";

bool absent() { return !std::filesystem::is_directory(kFolder); }
#define SKIP_WITHOUT_VECTORS()                                                     \
  if (absent()) {                                                                  \
    if (std::getenv("CI") != nullptr) FAIL() << "no vectors at " FREEHOLD_VECTORS; \
    GTEST_SKIP() << "no vectors at " FREEHOLD_VECTORS;                             \
  }

std::vector<std::filesystem::path> files(std::string_view folder) {
  std::vector<std::filesystem::path> out;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(kFolder / folder)) {
    if (entry.path().extension() == ".json") out.push_back(entry.path());
  }
  std::sort(out.begin(), out.end());
  return out;
}

// A value for every parameter without a default.
Json values_for(const Json& properties) {
  Json out = Json::object();
  const Json* parameters = expression::find_member(properties, "parameters");
  if (parameters == nullptr) return out;
  for (const auto& [name, declared] : parameters->items()) {
    if (declared.contains("defaultValue")) continue;
    const auto type = to_lower(expression::text_member(declared, "type"));
    const Json* allowed = expression::find_member(declared, "allowedValues");
    Json value = type == "array"     ? Json::array({"x"})
                 : type == "integer" ? Json(30)
                 : type == "boolean" ? Json(true)
                                     : Json("x");
    if (allowed != nullptr && !allowed->empty())
      value = type == "array" ? Json::array({allowed->front()}) : allowed->front();
    out[name] = {{"value", value}};
  }
  return out;
}

struct Sample {
  std::string type;
  Json resource;
  std::string data_plane_mode;
};

std::vector<Sample> samples() {
  const Json vault = json(
      R"({"location": "westeurope", "properties": {"enableSoftDelete": true, "networkAcls": {"defaultAction": "Deny",
    "ipRules": [{"value": "10.0.0.0/8"}]}, "privateEndpointConnections": [{"properties": {"privateLinkServiceConnectionState": {"status": "Approved"}}}]}})");
  const Json key = json(
      R"({"properties": {"keyType": "RSA", "keySize": 3072, "attributes": {"createdOn": "2025-06-01T00:00:00Z", "expiresOn": "2026-06-01T00:00:00Z"}}})");
  return {
      {"Microsoft.Storage/storageAccounts",
       storage_account(R"({"keyCreationTime": {"key1": "2025-01-01T00:00:00Z", "key2": "2025-01-01T00:00:00Z"}})"), ""},
      {"Microsoft.Storage/storageAccounts",
       storage_account(
           R"({"supportsHttpsTrafficOnly": true, "minimumTlsVersion": "TLS1_2", "networkAcls": {"ipRules": [], "virtualNetworkRules": [{"id": "v"}]}})",
           R"({"environment": "x"})"),
       ""},
      {"Microsoft.KeyVault/vaults", vault, ""},
      {"Microsoft.KeyVault/managedHSMs", vault, ""},
      {"Microsoft.KeyVault.Data/vaults/keys", key, "Microsoft.KeyVault.Data"},
      {"Microsoft.Resources/subscriptions/resourceGroups", json(R"({"location": "westeurope", "tags": {}})"), ""}};
}

TEST(Vectors, AllBuiltInsRegisterAndEvaluate) {
  SKIP_WITHOUT_VECTORS();
  const auto all = files("definitions");
  EXPECT_GT(all.size(), 200U);
  std::size_t evaluated = 0;
  for (const auto& path : all) {
    const auto definition = read(path);
    ASSERT_TRUE(definition.has_value());
    const Json& properties = (*definition)["properties"];
    Cloud cloud;
    ASSERT_EQ(cloud.define("p", properties), "") << path;
    cloud.assign("a", {{"policyDefinitionId", Cloud::definition_id("p")}, {"parameters", values_for(properties)}});
    const auto set = cloud.build();
    ASSERT_TRUE(set.has_value()) << path << ": " << set.error().message;
    for (const Sample& sample : samples()) {
      cloud.resource = sample.resource;
      Target target = cloud.target(sample.type);
      target.data_plane_mode = sample.data_plane_mode;
      for (const auto& decision :
           {(*set)->decide(target), (*set)->scan(target, nullptr), (*set)->decide_action(target, "delete")}) {
        for (const Finding& finding : decision.findings) {
          ++evaluated;
          EXPECT_NE(finding.compliance, Compliance::kError) << path << " on " << sample.type << ": " << finding.error;
        }
      }
    }
  }
  EXPECT_GT(evaluated, 300U);
}

TEST(Vectors, InitiativesParse) {
  SKIP_WITHOUT_VECTORS();
  for (const auto& path : files("sets")) {
    const auto set = read(path);
    ASSERT_TRUE(set.has_value());
    const auto initiative =
        Initiative::parse("/providers/Microsoft.Authorization/policySetDefinitions/s", (*set)["properties"]);
    ASSERT_TRUE(initiative.has_value()) << path << ": " << initiative.error().message;
    EXPECT_FALSE((*initiative)->references.empty());
  }
}

// One built-in by its file name against one resource.
Decision run(std::string_view file, const Json& parameters, const Json& resource, Cloud& cloud,
             std::string_view type = "Microsoft.Storage/storageAccounts") {
  for (const auto& path : files("definitions")) {
    if (path.filename() != file) continue;
    const auto definition = read(path);
    EXPECT_EQ(cloud.define("p", (*definition)["properties"]), "");
  }
  cloud.assignments.clear();
  cloud.assign("a", {{"policyDefinitionId", Cloud::definition_id("p")}, {"parameters", parameters}});
  cloud.resource = resource;
  return cloud.decide(type);
}

TEST(Vectors, WellKnownBuiltInsDecideAsTheySay) {
  SKIP_WITHOUT_VECTORS();
  Cloud cloud;
  // Secure transfer: switched on by modify.
  auto decision = run("StorageAccountSecureTransfer_Modify.json", Json::object(),
                      storage_account(R"({"supportsHttpsTrafficOnly": false})"), cloud);
  EXPECT_EQ(decision.resource["properties"]["supportsHttpsTrafficOnly"], true);
  // Public access.
  const Json open = storage_account(R"({"allowBlobPublicAccess": true})");
  EXPECT_TRUE(
      run("ASC_Storage_DisallowPublicBlobAccess_Audit.json", json(R"({"effect": {"value": "deny"}})"), open, cloud)
          .denied());
  EXPECT_FALSE(run("ASC_Storage_DisallowPublicBlobAccess_Audit.json", json(R"({"effect": {"value": "deny"}})"),
                   storage_account(R"({"allowBlobPublicAccess": false})"), cloud)
                   .denied());
  EXPECT_EQ(run("StorageAccountDisablePublicBlobAccess_Modify.json", Json::object(), open, cloud)
                .resource["properties"]["allowBlobPublicAccess"],
            false);
  // Allowed locations.
  const auto allowed = [](std::string_view where) {
    return Json{{"listOfAllowedLocations", {{"value", Json::array({where})}}}};
  };
  EXPECT_TRUE(run("AllowedLocations_Deny.json", allowed("northeurope"), storage_account(), cloud).denied());
  EXPECT_FALSE(run("AllowedLocations_Deny.json", allowed("West Europe"), storage_account(), cloud).denied());
  // A tag that is required.
  const Json tag = json(R"({"tagName": {"value": "costCenter"}})");
  EXPECT_TRUE(run("RequireTag_Deny.json", tag, storage_account(), cloud).denied());
  EXPECT_FALSE(run("RequireTag_Deny.json", tag, storage_account("{}", R"({"COSTCENTER": "1"})"), cloud).denied());
  // A tag that is inherited from the group.
  decision = run("InheritTag_AddOrReplace_Modify.json", tag, storage_account("{}", R"({"costCenter": "1"})"), cloud);
  EXPECT_EQ(decision.resource["tags"].dump(), R"({"costCenter":"42"})");
  decision = run("InheritTag_Add_Modify.json", tag, storage_account("{}", R"({"costCenter": "1"})"), cloud);
  EXPECT_EQ(decision.resource["tags"].dump(), R"({"costCenter":"1"})");
}

}  // namespace
}  // namespace freehold::gate::policy
