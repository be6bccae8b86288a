// Microsoft.Storage by its provider: what a body asks for, what is shown, and what the data plane makes of it at once.
#include "resource/registry.h"
#include "src/account_key.h"
#include "src/json_input.h"
#include "src/test_region.h"

namespace freehold::blob::testing {
namespace {

using gate::resource::ChangeKind;
using gate::resource::Json;
using gate::resource::ResourceId;
using runtime::run_blocking;

// What the resource manager does between a request and a provider, and nothing more.
// A directory in which everybody who is made is there, and one identity that may be assigned.
struct Actors final : gate::resource::ManagedIdentities, gate::resource::UserIdentities {
  Task<Result<gate::resource::ManagedIdentity>> make(TenantId, std::string, std::string, WallTime) override {
    gate::resource::ManagedIdentity made;
    made.object.bytes.fill(static_cast<std::uint8_t>(++count));
    living.push_back(made.object);
    co_return made;
  }
  Task<Result<>> remove(TenantId, PrincipalId object) override {
    std::erase(living, object);
    co_return Result<>();
  }
  [[nodiscard]] Result<gate::resource::UserIdentity> assign(const gate::resource::Caller&,
                                                            std::string_view id) const override {
    if (id == "/uai/theirs") return fail(ErrorCode::kDenied, "no");
    if (!equals_ignoring_case(id, "/uai/ours")) return fail(ErrorCode::kInvalidArgument, "none");
    if (!gives) return fail(ErrorCode::kDenied, "no");
    gate::resource::UserIdentity found{"/uai/ours", {}};
    found.principal.object.bytes.fill(ours);
    return found;
  }
  std::uint8_t ours = 0xaa;  // of its principal
  bool gives = true;
  std::vector<PrincipalId> living;
  int count = 0;
};

// A vault's key that one principal may use.
struct OneKey final : keys::CustomerKeys {
  Task<Result<std::string>> look(keys::CustomerKey key, std::string) override {
    if (key.identity != may) co_return fail(ErrorCode::kDenied, "no");
    co_return "v1";
  }
  Task<Result<keys::WrappedByCustomer>> wrap(keys::CustomerKey key, Secret secret, Bytes) override {
    if (key.identity != may) co_return fail(ErrorCode::kDenied, "no");
    if (key.name == "weak") co_return fail(ErrorCode::kInvalidArgument, "weak");
    last = key;
    co_return keys::WrappedByCustomer{key.version.empty() ? "v1" : key.version, Bytes(secret.view())};
  }
  Task<Result<Secret>> unwrap(keys::CustomerKey key, keys::WrappedByCustomer wrapped, Bytes) override {
    if (key.identity != may) co_return fail(ErrorCode::kDenied, "no");
    co_return Secret(BytesView(wrapped.wrapped));
  }
  PrincipalId may;
  keys::CustomerKey last;  // that wrapped
};

struct StorageProviderTest : ::testing::Test, TestRegion {
  StorageProviderTest() {
    identities = &actors;
    user_identities = &actors;
    customer_keys = &one_key;
    restart();
    service->add_resource_types(registry);
    caller.tenant.bytes.fill(0x21);
    caller.origin = "https://management.freehold.test:8443";
    caller.now = clock.now();
  }

  static std::string path(const std::string& account, const std::string& below = "", const std::string& group = "g") {
    return "/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/" + group +
           "/providers/Microsoft.Storage/storageAccounts/" + account + below;
  }
  static std::string container(const std::string& account, const std::string& name) {
    return path(account, "/blobServices/default/containers/" + name);
  }
  const gate::resource::ResourceType& type_of(const ResourceId& id) { return *registry.find(id.type()); }

  Json get(const std::string& text) {
    const auto id = *gate::resource::parse_resource_id(text);
    auto found = run_blocking(type_of(id).behind->get(id, {"2022-09-01", caller}));
    return found ? *found : Json(found.error().code);
  }
  std::vector<Json> list(const std::string& type, const std::string& group = "", const std::string& parent = "",
                         const std::string& behind = "", std::size_t most = 1'000) {
    gate::resource::ListScope scope{.tenant = caller.tenant, .subscription = subscription(), .group = group};
    if (!parent.empty()) scope.parent = gate::resource::parse_resource_id(parent);
    const auto& row = *registry.find("Microsoft.Storage/" + type);
    gate::resource::Reading reading{.api_version = "2022-09-01", .caller = caller, .behind = behind, .most = most};
    auto found = run_blocking(row.behind->list(row, scope, std::move(reading)));
    return found ? *found : std::vector<Json>{};
  }
  static SubscriptionId subscription() { return *gate::resource::parse_resource_id(path("any"))->subscription; }

  // The resource as it is after the write, or {"error": code}.
  Json write(const std::string& text, Json body, ChangeKind kind = ChangeKind::kPut, std::string if_match = {}) {
    const auto id = *gate::resource::parse_resource_id(text);
    gate::resource::ProposedChange change{.kind = kind, .id = id, .type = &type_of(id), .api_version = "2022-09-01"};
    change.if_match = std::move(if_match);
    change.caller = caller;
    const auto before = get(text);
    change.after = kind == ChangeKind::kPatch ? gate::resource::overlay(before, body) : std::move(body);
    change.before = before;
    auto approved = registry.checks().approve(std::move(change));
    auto done = kind == ChangeKind::kDelete ? run_blocking(type_of(id).behind->remove(std::move(*approved)))
                                            : run_blocking(type_of(id).behind->put(std::move(*approved)));
    if (!done) return {{"error", done.error().code}};
    if (kind == ChangeKind::kDelete) return {{"status", done->status}};
    last_status = done->status;
    return done->resource;
  }
  Json act(const std::string& action, const std::string& text, Json body = nullptr, std::string rest = {}) {
    const auto id = *gate::resource::parse_resource_id(text);
    const auto& row = *registry.find("Microsoft.Storage/storageAccounts");
    auto done = run_blocking(row.behind->act({.action = action,
                                              .id = id,
                                              .path = std::move(rest),
                                              .body = std::move(body),
                                              .resource = nullptr,
                                              .api_version = "2022-09-01",
                                              .caller = caller}));
    return done ? done->body : Json{{"error", done.error().code}};
  }
  static Json account_body(Json properties = Json::object()) {
    return {{"location", "local"},
            {"kind", "StorageV2"},
            {"sku", {{"name", "Standard_LRS"}}},
            {"tags", {{"team", "blue"}}},
            {"properties", std::move(properties)}};
  }
  // A request to the new account by the key as the control plane lists it.
  Answer ask(const std::string& account, Method method, const std::string& below, std::size_t which = 0) {
    const auto keys = act("listKeys", path(account));
    if (!keys.contains("keys")) return {};
    const auto secret = from_base64(keys["keys"][which]["value"].get<std::string>());
    BytesBody none("");
    auto request = gate::testing::make_request(
        method, "https://" + account + ".blob.core.freehold.test" + below,
        {{"x-ms-version", "2021-12-02"}, {"x-ms-date", http_date(clock.now())}, {"content-length", "0"}});
    request.headers.add("authorization", gate::shared_key_authorization(request, account, *secret));
    request.body = &none;
    return run_blocking(exchange(*pipeline, request));
  }
  Answer ask_by_query(const std::string& account, const std::string& below) {
    BytesBody none("");
    auto request = gate::testing::make_request(Method::kGet, "https://" + account + ".blob.core.freehold.test" + below,
                                               {{"x-ms-version", "2021-12-02"}});
    request.body = &none;
    return run_blocking(exchange(*pipeline, request));
  }

  static Json under_key(std::string name = "k1", std::string by = "") {
    Json out = {{"keySource", "Microsoft.Keyvault"},
                {"keyvaultproperties", {{"keyvaulturi", "https://vau1.vault.freehold.test:8443/"}, {"keyname", name}}}};
    if (!by.empty()) out["identity"] = {{"userAssignedIdentity", by}};
    return {{"encryption", std::move(out)}};
  }

  Actors actors;
  OneKey one_key;
  gate::resource::Registry registry;
  gate::resource::Caller caller;
  int last_status = 0;
};

TEST_F(StorageProviderTest, AnAccountIsMadeShownAndUsed) {
  const auto made = write(path("fresh1"), account_body());
  EXPECT_EQ(last_status, 200);
  EXPECT_EQ(made, get(path("FRESH1", "", "G")));
  EXPECT_EQ(made["id"], Json(path("fresh1")));
  EXPECT_EQ(made["sku"]["tier"], "Standard");
  EXPECT_EQ(made["tags"]["team"], "blue");
  const auto& properties = made["properties"];
  EXPECT_EQ(properties["provisioningState"], "Succeeded");
  EXPECT_EQ(properties["primaryEndpoints"]["blob"], "https://fresh1.blob.core.freehold.test:8443/");
  EXPECT_EQ(properties["networkAcls"]["defaultAction"], "Allow");
  EXPECT_EQ(properties["allowBlobPublicAccess"], false);
  EXPECT_EQ(properties["privateEndpointConnections"], Json::array());
  EXPECT_EQ(ask("fresh1", Method::kPut, "/box?restype=container").status, 201);
  EXPECT_EQ(ask("fresh1", Method::kGet, "/box?restype=container", 1).status, 200);
  EXPECT_EQ(list("storageAccounts").size(), 1u);
  EXPECT_EQ(list("storageAccounts", "other").size(), 0u);
  EXPECT_EQ(get(path("fresh1", "", "other")), nullptr);
  caller.tenant.bytes.fill(0x22);
  EXPECT_EQ(get(path("fresh1")), nullptr);
  EXPECT_EQ(write(path("fresh1"), account_body())["error"], "StorageAccountAlreadyTaken");
}

TEST_F(StorageProviderTest, WhatAPutLeavesOutStaysAndTagsAreReplaced) {
  write(path("fresh1"), account_body({{"minimumTlsVersion", "TLS1_3"}, {"allowBlobPublicAccess", true}}));
  auto body = account_body({{"accessTier", "Cool"}});
  body["tags"] = {{"other", "tag"}};
  const auto now = write(path("fresh1"), body);
  EXPECT_EQ(now["properties"]["minimumTlsVersion"], "TLS1_3");
  EXPECT_EQ(now["properties"]["allowBlobPublicAccess"], true);
  EXPECT_EQ(now["properties"]["accessTier"], "Cool");
  EXPECT_EQ(now["tags"], (Json{{"other", "tag"}}));
  const auto patched = write(path("fresh1"), {{"properties", {{"allowBlobPublicAccess", false}}}}, ChangeKind::kPatch);
  EXPECT_EQ(patched["properties"]["allowBlobPublicAccess"], false);
  EXPECT_EQ(patched["tags"], (Json{{"other", "tag"}}));
  EXPECT_EQ(write(path("fresh1"), account_body(), ChangeKind::kPut, "\"1\"")["error"], "PreconditionFailed");
}

TEST_F(StorageProviderTest, RulesHoldForTheNextRequest) {
  write(path("fresh1"), account_body());
  EXPECT_EQ(ask("fresh1", Method::kPut, "/box?restype=container").status, 201);
  const auto rules = [&](Json acls) {
    return write(path("fresh1"), {{"properties", {{"networkAcls", std::move(acls)}}}}, ChangeKind::kPatch);
  };
  const auto denied = rules({{"defaultAction", "Deny"}, {"ipRules", {{{"value", "198.51.100.0/24"}}}}});
  EXPECT_EQ(denied["properties"]["networkAcls"]["ipRules"][0]["value"], "198.51.100.0/24");
  EXPECT_EQ(ask("fresh1", Method::kGet, "/box?restype=container").code(), "AuthorizationFailure");
  rules({{"ipRules", {{{"value", "127.0.0.1"}, {"action", "Allow"}}}}});
  EXPECT_EQ(ask("fresh1", Method::kGet, "/box?restype=container").status, 200);
  write(path("fresh1"), {{"properties", {{"publicNetworkAccess", "Disabled"}}}}, ChangeKind::kPatch);
  EXPECT_EQ(ask("fresh1", Method::kGet, "/box?restype=container").code(), "AuthorizationFailure");
  write(path("fresh1"), {{"properties", {{"publicNetworkAccess", "Enabled"}, {"allowSharedKeyAccess", false}}}},
        ChangeKind::kPatch);
  EXPECT_EQ(ask("fresh1", Method::kGet, "/box?restype=container").code(), "KeyBasedAuthenticationNotPermitted");
}

TEST_F(StorageProviderTest, WhatThisCloudCannotKeepIsRefusedByName) {
  const auto refused = [&](Json properties) {
    return write(path("fresh1"), account_body(std::move(properties)))["error"];
  };
  EXPECT_EQ(refused({{"isHnsEnabled", true}}), "FeatureNotSupportedForAccount");
  EXPECT_EQ(refused({{"isSftpEnabled", true}}), "FeatureNotSupportedForAccount");
  EXPECT_EQ(refused({{"encryption", {{"keySource", "Microsoft.Keyvault"}}}}), "InvalidRequestContent");
  const Json elsewhere = {{"keyvaulturi", "https://v1.vault.azure.net"}, {"keyname", "k"}};
  EXPECT_EQ(refused({{"encryption", {{"keySource", "Microsoft.Keyvault"}, {"keyvaultproperties", elsewhere}}}}),
            "InvalidValuesForRequestParameters");
  EXPECT_EQ(refused({{"networkAcls", {{"virtualNetworkRules", {{{"id", "/x"}}}}}}}), "FeatureNotSupportedForAccount");
  EXPECT_EQ(refused({{"networkAcls", {{"ipRules", {{{"value", "10.0.0.1/8"}}}}}}}),
            "InvalidValuesForRequestParameters");
  EXPECT_EQ(refused({{"supportsHttpsTrafficOnly", "yes"}}), "InvalidRequestContent");
  EXPECT_EQ(refused({{"minimumTlsVersion", "SSL3"}}), "InvalidValuesForRequestParameters");
  EXPECT_EQ(refused({{"noSuchThing", 1}}), "InvalidRequestContent");
  EXPECT_EQ(refused(Json::array()), "InvalidRequestContent");
  auto body = account_body();
  body["sku"]["name"] = "Standard_RAGRS";
  EXPECT_EQ(write(path("fresh1"), body)["error"], "SkuNotAvailable");
  body = account_body();
  body["identity"] = {{"type", "SomebodyElses"}};
  EXPECT_EQ(write(path("fresh1"), body)["error"], "InvalidValuesForRequestParameters");
  EXPECT_EQ(write(path("No-Name"), account_body())["error"], "AccountNameInvalid");
  EXPECT_EQ(write(path("fresh1"), {{"location", "local"}})["error"], "InvalidRequestContent");
  EXPECT_EQ(get(path("fresh1")), nullptr);
}

TEST_F(StorageProviderTest, AnAccountHasAnIdentityOfItsOwnAndGoesWithIt) {
  auto body = account_body();
  body["identity"] = {{"type", "SystemAssigned"}};
  const auto made = write(path("fresh1"), body);
  EXPECT_EQ(made["identity"]["type"], "SystemAssigned");
  ASSERT_EQ(actors.living.size(), 1u);
  EXPECT_EQ(made["identity"]["principalId"], to_string(actors.living[0]));
  EXPECT_EQ(write(path("fresh1"), {{"tags", {{"a", "b"}}}}, ChangeKind::kPatch)["identity"], made["identity"]);
  EXPECT_FALSE(write(path("fresh1"), {{"identity", {{"type", "None"}}}}, ChangeKind::kPatch).contains("identity"));
  EXPECT_TRUE(actors.living.empty());
  write(path("fresh1"), {{"identity", {{"type", "SystemAssigned"}}}}, ChangeKind::kPatch);
  EXPECT_EQ(actors.living.size(), 1u);
  write(path("fresh1"), nullptr, ChangeKind::kDelete);
  EXPECT_EQ(actors.living.size(), 1u);  // what is left of the account may need it
  for (int round = 0; round < 20 && service->accounts().is_taken("fresh1"); ++round) {
    static_cast<void>(run_blocking(service->collect_garbage(*pipeline)));
    take_audit_rows();
  }
  EXPECT_TRUE(actors.living.empty());
}

TEST_F(StorageProviderTest, AnAccountIsPutUnderItsOwnersKeyByItsOwnIdentity) {
  write(path("fresh1"), account_body());
  const auto put_under = [&](Json properties) {
    return write(path("fresh1"), {{"properties", std::move(properties)}}, ChangeKind::kPatch);
  };
  EXPECT_EQ(put_under(under_key())["error"], "KeyVaultPolicyError");
  write(path("fresh1"), {{"identity", {{"type", "SystemAssigned"}}}}, ChangeKind::kPatch);
  EXPECT_EQ(put_under(under_key())["error"], "KeyVaultAuthenticationFailure");
  one_key.may = actors.living.at(0);
  EXPECT_EQ(put_under(under_key("weak"))["error"], "KeyVaultPolicyError");
  const auto shown = put_under(under_key("K1"))["properties"]["encryption"];
  EXPECT_EQ(shown["keySource"], "Microsoft.Keyvault");
  EXPECT_EQ(shown["keyvaultproperties"]["keyname"], "k1");
  EXPECT_EQ(shown["keyvaultproperties"]["currentVersionedKeyIdentifier"],
            "https://vau1.vault.freehold.test:8443/keys/k1/v1");
  EXPECT_EQ(one_key.last.home, keys::KeyHome::kVault);
  auto in_pool = under_key("k1");
  in_pool["encryption"]["keyvaultproperties"]["keyvaulturi"] = "https://VAU1.managedhsm.freehold.test";
  const auto pools = put_under(in_pool)["properties"]["encryption"]["keyvaultproperties"];
  EXPECT_EQ(pools["keyvaulturi"], "https://vau1.managedhsm.freehold.test:8443");
  EXPECT_EQ(one_key.last.home, keys::KeyHome::kManagedHsm) << "a vault of the same name is another one";
  EXPECT_EQ(one_key.last.vault, "vau1");
  // Nothing about the key is asked again by what leaves it as it is.
  one_key.may = {};
  EXPECT_EQ(write(path("fresh1"), {{"tags", {{"a", "b"}}}}, ChangeKind::kPatch)["tags"]["a"], "b");
  EXPECT_EQ(write(path("fresh1"), {{"identity", {{"type", "None"}}}}, ChangeKind::kPatch)["error"],
            "KeyVaultPolicyError");
  EXPECT_EQ(put_under({{"encryption", {{"keySource", "Microsoft.Storage"}}}})["error"],
            "KeyVaultAuthenticationFailure");
  clock.advance(std::chrono::seconds(1));
  EXPECT_EQ(put_under({{"encryption", {{"keySource", "Microsoft.Storage"}}}})["error"],
            "KeyVaultAuthenticationFailure");
  one_key.may = actors.living.at(0);
  EXPECT_EQ(put_under({{"encryption", {{"keySource", "Microsoft.Storage"}}}})["properties"]["encryption"]["keySource"],
            "Microsoft.Storage");
}

TEST_F(StorageProviderTest, WhetherContentIsSealedTwiceIsSaidOnce) {
  const auto said = [](bool twice) { return Json{{"encryption", {{"requireInfrastructureEncryption", twice}}}}; };
  write(path("fresh1"), account_body(said(true)));
  write(path("fresh2"), account_body());
  const auto patch = [&](const std::string& account, const Json& properties) {
    return write(path(account), {{"properties", properties}}, ChangeKind::kPatch);
  };
  EXPECT_EQ(patch("fresh1", said(false))["error"], "AccountPropertyCannotBeUpdated");
  EXPECT_EQ(patch("fresh2", said(true))["error"], "AccountPropertyCannotBeUpdated");
  for (const auto& other : {said(true), Json::object()}) {
    EXPECT_EQ(patch("fresh1", other)["properties"]["encryption"]["requireInfrastructureEncryption"], true);
  }
}

TEST_F(StorageProviderTest, AUserAssignedIdentityHasTheKeyFromTheBeginning) {
  auto body = account_body(under_key("k1", "/UAI/ours"));
  EXPECT_EQ(write(path("fresh1"), body)["error"], "KeyVaultPolicyError");
  body["identity"] = {{"type", "UserAssigned"}, {"userAssignedIdentities", {{"/uai/theirs", Json::object()}}}};
  EXPECT_EQ(write(path("fresh1"), body)["error"], "LinkedAuthorizationFailed");
  body["identity"] = {{"type", "UserAssigned"}, {"userAssignedIdentities", {{"/uai/none", Json::object()}}}};
  EXPECT_EQ(write(path("fresh1"), body)["error"], "InvalidRequestContent");
  body["identity"] = {{"type", "UserAssigned"}, {"userAssignedIdentities", {{"/uai/OURS", Json::object()}}}};
  EXPECT_EQ(write(path("fresh1"), body)["error"], "KeyVaultAuthenticationFailure");
  EXPECT_EQ(get(path("fresh1")), nullptr);
  one_key.may.bytes.fill(0xaa);
  const auto made = write(path("fresh1"), body);
  EXPECT_EQ(made["properties"]["encryption"]["identity"]["userAssignedIdentity"], "/uai/ours");
  EXPECT_EQ(made["identity"]["type"], "UserAssigned");
  EXPECT_TRUE(made["identity"]["userAssignedIdentities"].contains("/uai/ours"));
  EXPECT_EQ(ask("fresh1", Method::kPut, "/box?restype=container").status, 201);
  const auto patched =
      write(path("fresh1"), {{"identity", {{"type", "SystemAssigned,UserAssigned"}}}}, ChangeKind::kPatch);
  EXPECT_EQ(patched["identity"]["type"], "SystemAssigned,UserAssigned") << patched;
}

// Deleted and made again: another principal under the same id.
TEST_F(StorageProviderTest, AnIdentityThatWasMadeAnewLeadsOutOfTheDark) {
  auto body = account_body(under_key("k1", "/uai/ours"));
  body["identity"] = {{"type", "UserAssigned"}, {"userAssignedIdentities", {{"/uai/ours", Json::object()}}}};
  one_key.may.bytes.fill(0xaa);
  write(path("fresh1"), body);
  ASSERT_EQ(ask("fresh1", Method::kPut, "/box?restype=container").status, 201);
  const auto account = service->accounts().find("fresh1")->id;
  const auto is_dark = [&] {
    clock.advance(std::chrono::seconds(1));
    return !run_blocking(service->accounts().account_key(account));
  };
  EXPECT_FALSE(is_dark());
  one_key.may.bytes.fill(0xbb);
  EXPECT_TRUE(is_dark());
  const auto patch = [&] { return write(path("fresh1"), {{"tags", {{"a", "b"}}}}, ChangeKind::kPatch); };
  EXPECT_EQ(patch()["tags"]["a"], "b");
  EXPECT_TRUE(is_dark());
  actors.ours = 0xbb;
  actors.gives = false;  // who may not assign it changes nothing about it
  EXPECT_EQ(patch()["tags"]["a"], "b");
  EXPECT_TRUE(is_dark());
  actors.gives = true;
  EXPECT_EQ(patch()["tags"]["a"], "b");
  EXPECT_FALSE(is_dark());
}

TEST_F(StorageProviderTest, ARegeneratedKeyAndItsSasAreWorthNothing) {
  write(path("fresh1"), account_body());
  ask("fresh1", Method::kPut, "/box?restype=container");
  const auto sas = act("ListAccountSas", path("fresh1"),
                       {{"signedServices", "b"},
                        {"signedResourceTypes", "sco"},
                        {"signedPermission", "rl"},
                        {"signedExpiry", rfc3339(clock.now() + std::chrono::hours(1))},
                        {"keyToSign", "key1"}});
  const auto query = "&" + sas["accountSasToken"].get<std::string>();
  EXPECT_EQ(ask_by_query("fresh1", "/box?restype=container" + query).status, 200);
  const auto service_sas = act("ListServiceSas", path("fresh1"),
                               {{"canonicalizedResource", "/blob/fresh1/box"},
                                {"signedResource", "c"},
                                {"signedPermission", "rl"},
                                {"signedExpiry", rfc3339(clock.now() + std::chrono::hours(1))}});
  const auto service_query = "&" + service_sas["serviceSasToken"].get<std::string>();
  EXPECT_EQ(ask_by_query("fresh1", "/box?restype=container&comp=list" + service_query).status, 200);
  EXPECT_EQ(act("ListServiceSas", path("fresh1"),
                {{"canonicalizedResource", "/blob/fresh1/box"},
                 {"signedResource", "c"},
                 {"signedPermission", "r\nl"},
                 {"signedExpiry", rfc3339(clock.now() + std::chrono::hours(1))}})["error"],
            "InvalidValuesForRequestParameters");
  const auto old = act("listKeys", path("fresh1"));
  const auto fresh = act("regenerateKey", path("fresh1"), {{"keyName", "key1"}});
  EXPECT_NE(old["keys"][0]["value"], fresh["keys"][0]["value"]);
  EXPECT_EQ(old["keys"][1]["value"], fresh["keys"][1]["value"]);
  EXPECT_EQ(ask_by_query("fresh1", "/box?restype=container" + query).code(), "AuthenticationFailed");
  EXPECT_EQ(ask_by_query("fresh1", "/box?restype=container&comp=list" + service_query).code(), "AuthenticationFailed");
  EXPECT_EQ(ask("fresh1", Method::kGet, "/box?restype=container").status, 200);
  EXPECT_EQ(act("regenerateKey", path("fresh1"), {{"keyName", "key3"}})["error"], "InvalidValuesForRequestParameters");
  EXPECT_EQ(act("ListServiceSas", path("fresh1"), {{"canonicalizedResource", "/blob/acct1/box"}})["error"],
            "InvalidValuesForRequestParameters");
}

TEST_F(StorageProviderTest, ADeletedAccountIsGoneAndItsNameComesBack) {
  write(path("fresh1"), account_body());
  ask("fresh1", Method::kPut, "/box?restype=container");
  EXPECT_EQ(write(path("fresh1"), nullptr, ChangeKind::kDelete)["status"], 200);
  EXPECT_EQ(write(path("fresh1"), nullptr, ChangeKind::kDelete)["status"], 204);
  EXPECT_EQ(get(path("fresh1")), nullptr);
  EXPECT_EQ(write(path("fresh1"), account_body())["error"], "StorageAccountOperationInProgress");
  for (int round = 0; round < 20 && service->accounts().is_taken("fresh1"); ++round) {
    static_cast<void>(run_blocking(service->collect_garbage(*pipeline)));
    take_audit_rows();
  }
  write(path("fresh1"), account_body());
  EXPECT_EQ(last_status, 200);
  EXPECT_EQ(ask("fresh1", Method::kGet, "/box?restype=container").code(), "ContainerNotFound");
}

TEST_F(StorageProviderTest, NamesAreCheckedBeforeTheyAreTaken) {
  const std::string subscription = "/subscriptions/11111111-2222-3333-4444-555555555555";
  const auto check = [&](const std::string& name) {
    return act("checkNameAvailability", subscription, {{"name", name}, {"type", "Microsoft.Storage/storageAccounts"}});
  };
  EXPECT_EQ(check("fresh1")["nameAvailable"], true);
  EXPECT_EQ(check("acct1")["reason"], "AlreadyExists");
  EXPECT_EQ(check("A")["reason"], "AccountNameInvalid");
  write(path("fresh1"), account_body());
  EXPECT_EQ(act("usages", subscription)["value"][0]["currentValue"], 1);
  EXPECT_EQ(act("locations/{location}/usages", subscription, nullptr,
                "/providers/Microsoft.Storage/locations/nowhere/usages")["error"],
            "InvalidValuesForRequestParameters");
  EXPECT_EQ(act("skus", subscription)["value"][0]["name"], "Standard_LRS");
}

TEST_F(StorageProviderTest, TheBlobServiceIsTheDataPlanes) {
  write(path("fresh1"), account_body());
  const auto service_path = path("fresh1", "/blobServices/default");
  const Json rule = {{"allowedOrigins", {"https://app.test"}},
                     {"allowedMethods", {"GET"}},
                     {"allowedHeaders", {"*"}},
                     {"exposedHeaders", {"*"}},
                     {"maxAgeInSeconds", 60}};
  const auto set = write(
      service_path,
      {{"properties", {{"cors", {{"corsRules", Json::array({rule})}}}, {"defaultServiceVersion", "2021-08-06"}}}});
  EXPECT_EQ(set["properties"]["cors"]["corsRules"][0], rule);
  EXPECT_EQ(set["properties"]["defaultServiceVersion"], "2021-08-06");
  const auto shown = ask("fresh1", Method::kGet, "/?restype=service&comp=properties");
  EXPECT_EQ(elements(shown.body, "AllowedOrigins"), std::vector<std::string>{"https://app.test"});
  EXPECT_EQ(write(service_path, {{"properties", {{"isVersioningEnabled", true}}}})["error"],
            "FeatureNotSupportedForAccount");
  EXPECT_EQ(write(service_path,
                  {{"properties", {{"cors", {{"corsRules", Json::array({Json{{"maxAgeInSeconds", 1}}})}}}}}})["error"],
            "InvalidValuesForRequestParameters");
  EXPECT_EQ(list("storageAccounts/blobServices", "g", path("fresh1")).size(), 1u);
  EXPECT_EQ(get(path("fresh1", "/blobServices/other")), nullptr);
}

TEST_F(StorageProviderTest, ContainersAreTheSameByBothPlanes) {
  write(path("fresh1"), account_body());
  const auto made = write(container("fresh1", "box"), {{"properties", {{"metadata", {{"who", "me"}}}}}});
  EXPECT_EQ(last_status, 201);
  EXPECT_EQ(made["properties"]["publicAccess"], "None");
  EXPECT_EQ(made["properties"]["leaseState"], "Available");
  const auto seen = ask("fresh1", Method::kGet, "/box?restype=container");
  EXPECT_EQ(seen.header("x-ms-meta-who"), "me");
  EXPECT_EQ(Json(seen.header("etag")), made["etag"]);
  EXPECT_EQ(write(container("fresh1", "box"), {{"properties", {{"publicAccess", "Blob"}}}})["error"],
            "PublicAccessNotPermitted");
  const auto patched = write(container("fresh1", "box"), {{"properties", {{"metadata", {{"who", "you"}}}}}},
                             ChangeKind::kPatch, made["etag"].get<std::string>());
  EXPECT_EQ(patched["properties"]["metadata"]["who"], "you");
  EXPECT_EQ(write(container("fresh1", "box"), {}, ChangeKind::kPatch, made["etag"].get<std::string>())["error"],
            "PreconditionFailed");
  const std::string containers = "storageAccounts/blobServices/containers";
  const std::string parent = path("fresh1", "/blobServices/default");
  EXPECT_EQ(list(containers, "g", parent).size(), 1u);
  for (const auto* name : {"cup", "tin"}) write(container("fresh1", name), Json::object());
  const auto page = list(containers, "g", parent, "", 2);
  ASSERT_EQ(page.size(), 2u);
  EXPECT_EQ(page.back()["name"], "cup");
  const auto rest = list(containers, "g", parent, to_lower(page.back()["id"].get<std::string>()), 2);
  ASSERT_EQ(rest.size(), 1u);
  EXPECT_EQ(rest.front()["name"], "tin");
  EXPECT_EQ(write(container("fresh1", "No_No"), Json::object())["error"], "InvalidResourceName");
  EXPECT_EQ(write(container("fresh1", "box"), nullptr, ChangeKind::kDelete)["status"], 200);
  EXPECT_EQ(ask("fresh1", Method::kGet, "/box?restype=container").code(), "ContainerNotFound");
  EXPECT_EQ(write(container("fresh1", "box"), nullptr, ChangeKind::kDelete)["status"], 204);
}

}  // namespace
}  // namespace freehold::blob::testing
