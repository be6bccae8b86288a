// Diagnostic settings as resources: who may make them, of what, and what a list has.
#include "src/diagnostic_settings.h"

#include "authn/testing/test_tokens.h"
#include "authz/assignment_store.h"
#include "src/test_delivery.h"

namespace freehold::insights {
namespace {

class Tree final : public gate::authz::ManagementTree {
 public:
  [[nodiscard]] std::optional<TenantId> tenant_of(SubscriptionId) const override { return std::nullopt; }
  [[nodiscard]] std::vector<std::string> groups_above(TenantId, SubscriptionId) const override { return {}; }
  [[nodiscard]] std::vector<std::string> groups_above(TenantId, std::string_view) const override { return {}; }
};

class DiagnosticSettingsTest : public DeliveryTest {
 protected:
  DiagnosticSettingsTest() {
    owner_.bytes.fill(0x0a);
    reader_id_.bytes.fill(0x0b);
    for (const auto who : {owner_, reader_id_}) identities_.put({.tenant = tenant_, .object = who});
    EXPECT_TRUE(run_blocking(assignments_.load(tenant_)));
    const auto group = std::string(kSub) + "/resourcegroups/g";
    for (const auto& [who, role] :
         {std::pair{owner_, gate::authz::roles::kOwner}, std::pair{reader_id_, gate::authz::roles::kReader}}) {
      EXPECT_TRUE(run_blocking(assignments_.assign({random_id<gate::authz::RoleAssignmentId>(memory_.random), tenant_,
                                                    group, who, gate::authz::role_id(role)})));
    }
    provider_.all["far"] = {{"location", "elsewhere"}};
    settings_provider_.add_to(registry_);
  }
  gate::resource::Caller caller(PrincipalId who, std::string origin = "https://m.test") const {
    return {.tenant = tenant_, .object = who, .now = memory_.clock.now(), .origin = std::move(origin)};
  }
  static std::string id_of(std::string_view resource, std::string_view name = "logs") {
    return std::string(kSub) + std::string(resource) + "/providers/Microsoft.Insights/diagnosticSettings/" +
           std::string(name);
  }
  std::string put(PrincipalId who, std::string_view resource, std::string_view account, std::string_view name = "logs",
                  std::string if_none_match = {}) {
    auto id = *gate::resource::parse_resource_id(id_of(resource, name));
    const auto* type = registry_.find("Microsoft.Insights/diagnosticSettings");
    auto before = run_blocking(type->behind->get(id, {.api_version = {}, .caller = caller(who)}));
    auto approved = registry_.checks().approve(
        {.kind = gate::resource::ChangeKind::kPut,
         .id = id,
         .type = type,
         .before = *before,
         .after = {{"properties",
                    {{"storageAccountId", std::string(kSub) +
                                              "/resourceGroups/g/providers/Microsoft.Storage/"
                                              "storageAccounts/" +
                                              std::string(account)},
                     {"logs", all_logs()}}}},
         .if_none_match = std::move(if_none_match),
         .caller = caller(who)});
    const auto written = run_blocking(type->behind->put(std::move(*approved)));
    return written ? std::to_string(written->status)
                   : std::to_string(written.error().status) + " " + written.error().code;
  }
  std::vector<std::string> listed(std::string_view type, std::string_view at, std::string origin = "https://m.test") {
    const auto* row = registry_.find("Microsoft.Insights/" + std::string(type));
    const auto found =
        run_blocking(row->behind->list(*row,
                                       {.tenant = tenant_,
                                        .subscription = {},
                                        .at = gate::resource::parse_resource_id(std::string(kSub) + std::string(at))},
                                       {.api_version = {}, .caller = caller(owner_, std::move(origin))}));
    std::vector<std::string> out;
    if (!found) return {found.error().code};
    for (const auto& each : *found) out.push_back(each["name"]);
    return out;
  }

  PrincipalId owner_;
  PrincipalId reader_id_;
  Tree tree_;
  gate::testing::TestIdentities identities_;
  gate::authz::AssignmentStore assignments_{memory_.sealed()};
  DiagnosticSettings settings_provider_{{.store = *settings_,
                                         .random = memory_.random,
                                         .log = *reader_,
                                         .assignments = assignments_,
                                         .tree = tree_,
                                         .identities = identities_}};
};

TEST_F(DiagnosticSettingsTest, TheAccountIsThereAndTheCallersToUse) {
  EXPECT_EQ(put(reader_id_, kBlobs, "archive"), "403 LinkedAuthorizationFailed");
  EXPECT_EQ(put(reader_id_, kBlobs, "nowhere"), "403 LinkedAuthorizationFailed");  // doesn't learn what is there
  EXPECT_EQ(put(owner_, kBlobs, "nowhere"), "404 ResourceNotFound");
  EXPECT_EQ(put(owner_, kBlobs, "far"), "400 BadRequest");
  EXPECT_EQ(put(owner_, kVault, "far"), "400 BadRequest");
  EXPECT_EQ(put(owner_, "", "far"), "200");  // a subscription has no region
  EXPECT_EQ(put(owner_, kBlobs, "archive"), "200");
  PrincipalId gone;
  gone.bytes.fill(0x0c);
  EXPECT_EQ(put(gone, kBlobs, "other"), "403 LinkedAuthorizationFailed");
}

TEST_F(DiagnosticSettingsTest, ConditionsHold) {
  EXPECT_EQ(put(owner_, kBlobs, "archive", "logs", "*"), "200");
  EXPECT_EQ(put(owner_, kBlobs, "archive", "logs", "*"), "412 PreconditionFailed");
  EXPECT_EQ(put(owner_, kBlobs, "archive"), "200");
}

TEST_F(DiagnosticSettingsTest, AListIsOfOneResource) {
  put(owner_, kBlobs, "archive");
  put(owner_, kVault, "archive", "audit");
  put(owner_, "", "archive", "acts");
  using Names = std::vector<std::string>;
  EXPECT_EQ(listed("diagnosticSettings", kBlobs), Names{"logs"});
  EXPECT_EQ(listed("diagnosticSettings", ""), Names{"acts"});
  EXPECT_EQ(listed("diagnosticSettings", "/resourceGroups/g"), Names{});
  const std::string account = "/resourceGroups/g/providers/Microsoft.Storage/storageAccounts/acct";
  EXPECT_EQ(listed("diagnosticSettings", account), Names{});
  // Who takes away what goes with a scope is told of what stands below it.
  EXPECT_EQ(listed("diagnosticSettings", account, ""), Names{"logs"});
  EXPECT_EQ(listed("diagnosticSettings", "/resourceGroups/g", "").size(), 2u);
  EXPECT_EQ(listed("diagnosticSettings", "", "").size(), 3u);
  EXPECT_EQ(listed("diagnosticSettingsCategories", kVault), Names{"AuditEvent"});
  EXPECT_EQ(listed("diagnosticSettingsCategories", account), Names{"ResourceTypeNotSupported"});
}

TEST_F(DiagnosticSettingsTest, AnotherTenantSeesNothing) {
  put(owner_, kBlobs, "archive");
  auto stranger = caller(owner_);
  stranger.tenant.bytes.fill(0x66);
  const auto* type = registry_.find("Microsoft.Insights/diagnosticSettings");
  const auto id = *gate::resource::parse_resource_id(id_of(kBlobs));
  EXPECT_TRUE(run_blocking(type->behind->get(id, {.api_version = {}, .caller = stranger}))->is_null());
  EXPECT_FALSE(run_blocking(type->behind->get(id, {.api_version = {}, .caller = caller(owner_)}))->is_null());
}

}  // namespace
}  // namespace freehold::insights
