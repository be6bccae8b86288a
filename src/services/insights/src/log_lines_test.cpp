// What resource logs say of audit records and of the activity log's events.
#include <gtest/gtest.h>

#include "base/encoding.h"
#include "src/log_window.h"

namespace freehold::insights {
namespace {

// Rows as the services have them.
class SampleGate final : public gate::ServiceGate {
 public:
  struct Any {};
  void put(std::string_view name, http::Method method, std::string_view action) {
    add_as<Any>(name, {.method = method, .credentials = gate::kBearer, .data_action = action},
                [](gate::Permit<Any>) -> runtime::Task<gate::Reply> { co_return http::Response{}; });
  }
  [[nodiscard]] bool claims(const http::Request&, gate::Target&) const override { return false; }
  [[nodiscard]] gate::ApiResult<int> check_version(const http::Request&) const override { return 1; }
  [[nodiscard]] http::Response render(const gate::ApiError&, const http::Request&) const override { return {}; }
  [[nodiscard]] gate::ApiError no_such_route(const http::Request&, gate::Scope) const override { return {}; }
  void finish(http::Response&, const http::Request&, const gate::Admission&) const override {}
};

struct WrapAccountKey {
  static constexpr std::string_view kName = "WrapAccountKey";
};
struct RotateKeys {
  static constexpr std::string_view kName = "RotateKeys";
};

class LogLines : public ::testing::Test {
 protected:
  LogLines() {
    const std::string blobs = "Microsoft.Storage/storageAccounts/blobServices/containers/blobs/";
    read_ = blobs + "read";
    write_ = blobs + "write";
    delete_ = blobs + "delete";
    blob_.put("GetBlob", http::Method::kGet, read_);
    blob_.put("PutBlob", http::Method::kPut, write_);
    blob_.put("DeleteBlob", http::Method::kDelete, delete_);
    vault_.put("GetSecret", http::Method::kGet, "Microsoft.KeyVault/vaults/secrets/getSecret/action");
    vault_.add_job<WrapAccountKey>(gate::DataClass::kCustomerContent, gate::AuditClass::kRead);
    vault_.add_job<RotateKeys>(gate::DataClass::kCustomerContent, gate::AuditClass::kRead);
    operations_.add(LogSource::kBlob, blob_);
    operations_.add(LogSource::kVault, vault_);
    frame_.tenant.bytes.fill(0x7e);
  }
  static Bytes record(std::string_view operation, std::string_view resource, int status = 200,
                      std::string_view credential = "SharedKey") {
    // As the audit log writes it: members in order, no white space.
    return Json{{"address", "addressaddressaddres22"},
                {"bytesIn", 7},
                {"bytesOut", 4096},
                {"caller", "callercallercallerca22"},
                {"credential", credential},
                {"decision", status == 403 ? "denied" : "allowed"},
                {"operation", operation},
                {"reason", status == 403 ? "AuthorizationFailure" : ""},
                {"request", "0b6f2a52-8a9e-4c61-9d0e-6a4d4c1a7f10"},
                {"resource", resource},
                {"salt", "QUFBQUFBQUFBQUFBQUFBQQ"},
                {"status", status},
                {"tenant", "7e7e7e7e-7e7e-7e7e-7e7e-7e7e7e7e7e7e"},
                {"time", "2026-11-22T17:59:59.123456Z"},
                {"v", 1}}
        .dump();
  }
  Json shaped(BytesView text, LogSource source = LogSource::kBlob) {
    const auto line = line_of(text, source, operations_, frame_);
    if (!line) return nullptr;
    EXPECT_EQ(line->hour, "2026112217");
    EXPECT_EQ(std::ranges::count(line->text, '\n'), 1);
    EXPECT_TRUE(line->text.ends_with('\n'));
    auto json = Json::parse(line->text);
    EXPECT_EQ(json["category"], line->category);
    return json;
  }

  std::string read_, write_, delete_;
  SampleGate blob_;
  SampleGate vault_;
  LoggedOperations operations_;
  LineFrame frame_{.resource = "/SUBSCRIPTIONS/S/RESOURCEGROUPS/G/PROVIDERS/MICROSOFT.STORAGE/STORAGEACCOUNTS/A",
                   .tenant = {},
                   .location = "west",
                   .blob_suffix = ".blob.core.cloud.test",
                   .vault_suffix = ".vault.cloud.test"};
};

TEST_F(LogLines, ABlobsReadIsInAzuresForm) {
  const auto json = shaped(record("GetBlob", "/acct/box/a b%25\"ö.txt?snapshot=x"));
  EXPECT_EQ(json["category"], "StorageRead");
  EXPECT_EQ(json["operationName"], "GetBlob");
  EXPECT_EQ(json["time"], "2026-11-22T17:59:59.1234560Z");
  EXPECT_EQ(json["resourceId"], frame_.resource);
  EXPECT_EQ(json["correlationId"], "0b6f2a52-8a9e-4c61-9d0e-6a4d4c1a7f10");
  EXPECT_EQ(json["location"], "west");
  EXPECT_EQ(json["schemaVersion"], "1.0");
  EXPECT_EQ(json["statusCode"], 200);
  EXPECT_EQ(json["statusText"], "Success");
  EXPECT_EQ(json["identity"], (Json{{"type", "AccountKey"}, {"pseudonym", "callercallercallerca22"}}));
  EXPECT_EQ(json["uri"], "https://acct.blob.core.cloud.test/box/a%20b%25%22%C3%B6.txt?snapshot=x");
  EXPECT_EQ(json["properties"]["accountName"], "acct");
  EXPECT_EQ(json["properties"]["requestBodySize"], 7);
  EXPECT_EQ(json["properties"]["responseBodySize"], 4096);
  EXPECT_EQ(json["properties"]["callerAddressPseudonym"], "addressaddressaddres22");
  EXPECT_FALSE(json.contains("callerIpAddress"));
}

TEST_F(LogLines, CategoriesAndCallersFollowTheOperation) {
  EXPECT_EQ(shaped(record("PutBlob", "/acct/box/a", 201))["category"], "StorageWrite");
  EXPECT_EQ(shaped(record("DeleteBlob", "/acct/box/a", 202))["category"], "StorageDelete");
  const auto refused = shaped(record("PutBlob", "/acct/box/a", 403, "Bearer"));
  EXPECT_EQ(refused["statusText"], "AuthorizationFailure");
  EXPECT_EQ(refused["identity"]["type"], "OAuth");
  EXPECT_EQ(shaped(record("GetBlob", "/acct/box/a", 200, "UserDelegationSas"))["identity"]["type"], "DelegationSas");
  EXPECT_EQ(shaped(record("GetBlob", "/acct/box/a", 200, "Anonymous"))["identity"]["type"], "Anonymous");
}

TEST_F(LogLines, WhatNobodyAskedForIsNotLogged) {
  EXPECT_TRUE(shaped(record("PutBlob", "/acct/box/a", 201, "SystemJob")).is_null());
  EXPECT_TRUE(shaped(record("PutBlob", "/acct/box/a", 0)).is_null());
  EXPECT_TRUE(shaped(record("Unrouted", "/acct")).is_null());
  EXPECT_TRUE(shaped(record("GetSecret", "/vau/secrets/s")).is_null());
  EXPECT_TRUE(shaped(record("GetBlob", "/acct/box/a"), LogSource::kVault).is_null());
  EXPECT_TRUE(shaped("no record").is_null());
  EXPECT_TRUE(shaped("[]").is_null());
}

TEST_F(LogLines, WhatAServiceDoesWithAVaultsKeyIsLoggedForTheVaultsOwner) {
  const auto json = shaped(record("WrapAccountKey", "/vau/keys/k/v1", 200, "SystemJob"), LogSource::kVault);
  EXPECT_EQ(json["operationName"], "KeyWrap");
  EXPECT_EQ(json["category"], "AuditEvent");
  EXPECT_EQ(json["identity"]["pseudonym"], "callercallercallerca22");
  EXPECT_TRUE(shaped(record("RotateKeys", "/vau", 200, "SystemJob"), LogSource::kVault).is_null());
  EXPECT_TRUE(shaped(record("GetSecret", "/vau/secrets/s", 200, "SystemJob"), LogSource::kVault).is_null());
}

TEST_F(LogLines, AVaultsReadIsInAzuresForm) {
  const auto json = shaped(record("GetSecret", "/vau/secrets/s/v1", 403, "Bearer"), LogSource::kVault);
  EXPECT_EQ(json["category"], "AuditEvent");
  EXPECT_EQ(json["operationName"], "SecretGet");
  EXPECT_EQ(json["resultType"], "Failed");
  EXPECT_EQ(json["resultSignature"], "Forbidden");
  EXPECT_EQ(json["resultDescription"], "AuthorizationFailure");
  EXPECT_EQ(json["properties"]["requestUri"], "https://vau.vault.cloud.test/secrets/s/v1");
  EXPECT_EQ(json["properties"]["httpStatusCode"], 403);
  EXPECT_EQ(json["identity"], (Json{{"pseudonym", "callercallercallerca22"}}));
}

TEST_F(LogLines, AnEventTellsWhoByIdAlone) {
  ActivityEvent event{.time = *parse_iso8601("2026-11-22T17:00:00Z"),
                      .request = {},
                      .ended = true,
                      .operation = "Microsoft.Storage/storageAccounts/write",
                      .resource = "/subscriptions/s/resourceGroups/g/providers/Microsoft.Storage/storageAccounts/a",
                      .method = "PUT",
                      .correlation = "c",
                      .status = 409,
                      .code = "Taken"};
  event.caller.bytes.fill(0x0a);
  const auto line = line_of(event, frame_);
  EXPECT_EQ(line.category, "Administrative");
  EXPECT_EQ(line.hour, "2026112217");
  const auto json = Json::parse(line.text);
  EXPECT_EQ(json["resourceId"], "/SUBSCRIPTIONS/S/RESOURCEGROUPS/G/PROVIDERS/MICROSOFT.STORAGE/STORAGEACCOUNTS/A");
  EXPECT_EQ(json["operationName"], "MICROSOFT.STORAGE/STORAGEACCOUNTS/WRITE");
  EXPECT_EQ(json["resultType"], "Failure");
  EXPECT_EQ(json["resultSignature"], "Failed.Conflict");
  EXPECT_EQ(json["level"], "Error");
  EXPECT_EQ(json["correlationId"], "c");
  EXPECT_EQ(json["identity"]["claims"]["http://schemas.microsoft.com/identity/claims/objectidentifier"],
            to_string(event.caller));
  EXPECT_FALSE(line.text.contains("claims/upn"));
  event.ended = false;
  EXPECT_EQ(Json::parse(line_of(event, frame_).text)["resultType"], "Start");
}

TEST(LogNames, VaultsOperationsAreAzures) {
  const std::pair<std::string_view, std::string_view> kNames[] = {{"GetSecret", "SecretGet"},
                                                                  {"GetSecrets", "SecretList"},
                                                                  {"GetSecretVersions", "SecretListVersions"},
                                                                  {"GetDeletedKeys", "KeyListDeleted"},
                                                                  {"GetDeletedKey", "KeyGetDeleted"},
                                                                  {"PurgeDeletedCertificate", "CertificatePurge"},
                                                                  {"RecoverDeletedSecret", "SecretRecover"},
                                                                  {"SetSecret", "SecretSet"},
                                                                  {"CreateKey", "KeyCreate"},
                                                                  {"Sign", "KeySign"},
                                                                  {"UnwrapKey", "KeyUnwrap"},
                                                                  {"UpdateKeyRotationPolicy", "KeyRotationPolicySet"},
                                                                  {"MergeCertificate", "CertificatePendingMerge"},
                                                                  {"SomethingElse", "SomethingElse"}};
  for (const auto& [ours, azures] : kNames) EXPECT_EQ(vault_operation(ours), azures);
}

TEST(LogNames, OperationsOnBlobsAreAzures) {
  SampleGate gate;
  gate.put("CreateAppendBlob", http::Method::kPut, "x/blobs/write");
  gate.put("GetPageRanges", http::Method::kGet, "x/blobs/read");
  gate.put("GetUserDelegationKey", http::Method::kPost, "x/blobServices/generateUserDelegationKey/action");
  gate.put("DeleteContainer", http::Method::kDelete, "x/containers/delete");
  gate.put("BlobBatch", http::Method::kPost, "x/blobs/write");
  LoggedOperations operations;
  operations.add(LogSource::kBlob, gate);
  const auto said = [&](std::string_view ours) {
    const auto* found = operations.find(ours);
    return found == nullptr ? std::string() : found->name + " " + std::string(found->category);
  };
  EXPECT_EQ(said("CreateAppendBlob"), "PutBlob StorageWrite");
  EXPECT_EQ(said("GetPageRanges"), "GetPageRegions StorageRead");
  EXPECT_EQ(said("GetUserDelegationKey"), "GetUserDelegationKey StorageRead");
  EXPECT_EQ(said("DeleteContainer"), "DeleteContainer StorageDelete");
  EXPECT_EQ(said("BlobBatch"), "BlobBatch StorageWrite");
  EXPECT_EQ(said("GetMoon"), "");
}

TEST(LogNames, BlobsAreNamedByResourceAndHour) {
  EXPECT_EQ(blob_name("/subscriptions/s/resourceGroups/g", "2026112217", 0),
            "resourceId=/SUBSCRIPTIONS/S/RESOURCEGROUPS/G/y=2026/m=11/d=22/h=17/m=00/PT1H.json");
  EXPECT_TRUE(blob_name("/subscriptions/s", "2026010203", 2).ends_with("/y=2026/m=01/d=02/h=03/m=00/PT1H_2.json"));
  EXPECT_EQ(container_of(LogSource::kBlob, "StorageRead"), "insights-logs-storageread");
  EXPECT_EQ(container_of(LogSource::kActivity, "Administrative"), "insights-activity-logs");
}

TEST(LogNames, TheOwnerIsTheFirstSegment) {
  EXPECT_EQ(owner_of(R"({"reason":"","resource":"/acct/box/a"})"), "acct");
  EXPECT_EQ(owner_of(R"({"resource":"/acct"})"), "acct");
  EXPECT_EQ(owner_of(R"({"reason":"\"resource\":\"/evil/\"","resource":"/acct/x"})"), "acct");
  EXPECT_EQ(owner_of(R"({"resource":"lone"})"), "");
  EXPECT_EQ(owner_of("{}"), "");
}

}  // namespace
}  // namespace freehold::insights
