// What may be asked of a diagnostic setting, what is shown of it, and what stands beside it.
#include "src/diagnostic_setting.h"

#include <gtest/gtest.h>

#include "src/delivery_cursor.h"

namespace freehold::insights {
namespace {

const std::string kSub = "/subscriptions/5b5b5b5b-5b5b-5b5b-5b5b-5b5b5b5b5b5b";
const std::string kStorage = kSub + "/resourceGroups/g/providers/Microsoft.Storage/storageAccounts/";
const std::string kVault = kSub + "/resourceGroups/g/providers/Microsoft.KeyVault/vaults/v";

gate::resource::ResourceId id_of(const std::string& resource, const std::string& name = "logs") {
  return *gate::resource::parse_resource_id(resource + "/providers/Microsoft.Insights/diagnosticSettings/" + name);
}
Json on(std::string_view category) { return {{"category", category}, {"enabled", true}}; }
Json group(std::string_view name, bool enabled) { return {{"categoryGroup", name}, {"enabled", enabled}}; }
Json list(std::initializer_list<Json> entries) {
  Json out = Json::array();
  for (const auto& each : entries) out.push_back(each);
  return out;
}
Json body(Json logs, std::string_view account = "archive") {
  return {{"properties", {{"storageAccountId", kStorage + std::string(account)}, {"logs", std::move(logs)}}}};
}
std::string refusal(const std::string& resource, const Json& body, const std::string& name = "logs") {
  const auto parsed = parse_setting(id_of(resource, name), body);
  return parsed ? "" : std::to_string(parsed.error().status) + " " + parsed.error().message;
}
const std::string kBlobs = kStorage + "acct/blobServices/default";

TEST(DiagnosticSettingRules, TakesWhatTheResourceHas) {
  const auto blobs = parse_setting(id_of(kBlobs), body(list({on("StorageRead"), on("storagewrite")})));
  ASSERT_TRUE(blobs) << blobs.error().message;
  EXPECT_EQ(blobs->enabled(), (std::set<std::string>{"StorageRead", "StorageWrite"}));
  EXPECT_EQ(blobs->account.name(), "archive");
  const auto all = parse_setting(id_of(kBlobs), body(list({group("allLogs", true)})));
  EXPECT_EQ(all->enabled().size(), 3u);
  const auto off = parse_setting(id_of(kBlobs), body(list({group("audit", false)})));
  EXPECT_TRUE(off->enabled().empty());
  const auto vault = parse_setting(id_of(kVault), body(list({group("Audit", true)})));
  EXPECT_EQ(vault->enabled(), (std::set<std::string>{"AuditEvent"}));
  const auto subscription = parse_setting(id_of(kSub), body(list({on("Administrative")})));
  EXPECT_EQ(subscription->source, LogSource::kActivity);
}

TEST(DiagnosticSettingRules, RefusesWhatIsNotThere) {
  EXPECT_EQ(refusal(kBlobs, body(list({on("AuditEvent")}))), "400 Category 'AuditEvent' is not supported.");
  EXPECT_EQ(refusal(kSub, body(list({on("Security")}))), "400 Category 'Security' is not supported.");
  EXPECT_EQ(refusal(kSub, body(list({group("audit", true)}))), "400 Category group 'audit' is not supported.");
  EXPECT_TRUE(
      refusal(kStorage + "acct", body(list({on("StorageRead")}))).contains("does not support diagnostic settings"));
  EXPECT_TRUE(refusal(kSub + "/resourceGroups/g", body(list({}))).contains("does not support diagnostic settings"));
  EXPECT_TRUE(refusal(kBlobs, body(list({on("StorageRead")}), "ACCT")).contains("can't be sent to the account itself"));
  EXPECT_EQ(refusal(kBlobs, {{"properties", {{"logs", Json::array()}}}}),
            "400 At least one data sink needs to be specified.");
  EXPECT_TRUE(refusal(kBlobs, Json::object()).starts_with("400"));
  auto elsewhere = body(list({on("StorageRead")}));
  elsewhere["properties"]["storageAccountId"] = kVault;
  EXPECT_EQ(refusal(kBlobs, elsewhere), "400 'storageAccountId' is no id of a storage account.");
  elsewhere["properties"]["storageAccountId"] = 7;
  EXPECT_TRUE(refusal(kBlobs, elsewhere).starts_with("400"));
}

TEST(DiagnosticSettingRules, PretendsNothing) {
  for (const auto* name :
       {"workspaceId", "eventHubAuthorizationRuleId", "eventHubName", "serviceBusRuleId", "marketplacePartnerId"}) {
    auto wanted = body(list({on("StorageRead")}));
    wanted["properties"][name] = "/somewhere";
    EXPECT_TRUE(refusal(kBlobs, wanted).starts_with("501 ")) << name;
    wanted["properties"][name] = nullptr;
    EXPECT_EQ(refusal(kBlobs, wanted), "") << name;
  }
  auto metrics = body(list({on("StorageRead")}));
  metrics["properties"]["metrics"] = list({on("Transaction")});
  EXPECT_TRUE(refusal(kBlobs, metrics).starts_with("501 This cloud doesn't deliver metrics"));
  metrics["properties"]["metrics"][0]["enabled"] = false;
  EXPECT_EQ(refusal(kBlobs, metrics), "");
  metrics["properties"]["metrics"][0]["category"] = "Weather";
  EXPECT_EQ(refusal(kBlobs, metrics), "400 Metric category 'Weather' is not supported.");
  auto kept = body(list({on("StorageRead")}));
  kept["properties"]["logs"][0]["retentionPolicy"] = {{"enabled", true}, {"days", 30}};
  EXPECT_TRUE(refusal(kBlobs, kept).contains("does not support retention"));
  kept["properties"]["logs"][0]["retentionPolicy"] = {{"enabled", false}, {"days", 0}};
  EXPECT_EQ(refusal(kBlobs, kept), "");
  kept["properties"]["colour"] = "red";
  EXPECT_EQ(refusal(kBlobs, kept), "400 Diagnostic settings have no property 'colour'.");
}

TEST(DiagnosticSettingRules, RefusesMalformedLogs) {
  EXPECT_TRUE(refusal(kBlobs, body(list({Json::object()}))).starts_with("400"));
  EXPECT_TRUE(refusal(kBlobs, body(list({{{"category", "StorageRead"}}}))).contains("enabled"));
  EXPECT_TRUE(refusal(kBlobs, body(list({{{"category", "StorageRead"}, {"enabled", "yes"}}}))).contains("enabled"));
  EXPECT_TRUE(
      refusal(kBlobs, body(list({{{"category", "StorageRead"}, {"categoryGroup", "audit"}, {"enabled", true}}})))
          .contains("either"));
  EXPECT_TRUE(refusal(kBlobs, body(list({on("StorageRead"), on("STORAGEREAD")}))).contains("twice"));
  EXPECT_TRUE(refusal(kBlobs, body("StorageRead")).contains("list"));
  Json many = Json::array();
  for (std::size_t i = 0; i <= kMostLogs; ++i) many.push_back(on("StorageRead"));
  EXPECT_TRUE(refusal(kBlobs, body(many)).contains("at most"));
}

TEST(DiagnosticSettingRules, NamesAreAzures) {
  for (const auto* good : {"a", "my setting", "set-1_(x)"}) EXPECT_TRUE(is_setting_name(good)) << good;
  for (const auto* bad : {"", "a ", "a*b", "a.b", "a+b", "a/b", "a?b", "a&b", "a\x01"}) {
    EXPECT_FALSE(is_setting_name(bad)) << bad;
  }
  EXPECT_TRUE(is_setting_name(std::string(260, 'n')));
  EXPECT_FALSE(is_setting_name(std::string(261, 'n')));
}

SettingPtr setting(const std::string& name, Json logs, std::string_view account) {
  auto out = parse_setting(id_of(kBlobs, name), body(std::move(logs), account));
  return std::make_shared<const DiagnosticSetting>(std::move(*out));
}

TEST(DiagnosticSettingRules, OneAccountGetsACategoryOnce) {
  const std::vector<SettingPtr> others = {setting("first", list({on("StorageRead")}), "archive")};
  const auto twice = check_beside(*setting("second", list({on("StorageRead")}), "ARCHIVE"), others);
  ASSERT_FALSE(twice);
  EXPECT_EQ(twice.error().status, 409);
  EXPECT_TRUE(twice.error().message.contains("'first' for category 'StorageRead'"));
  EXPECT_FALSE(check_beside(*setting("second", list({group("allLogs", true)}), "archive"), others));
  EXPECT_TRUE(check_beside(*setting("second", list({on("StorageWrite")}), "archive"), others));
  EXPECT_TRUE(check_beside(*setting("second", list({on("StorageRead")}), "other"), others));
  std::vector<SettingPtr> five;
  for (const auto* account : {"aaa", "bbb", "ccc", "ddd", "eee"})
    five.push_back(setting(account, list({on("StorageRead")}), account));
  EXPECT_EQ(check_beside(*setting("sixth", list({on("StorageRead")}), "fff"), five).error().status, 409);
}

TEST(DiagnosticSettingRows, GiveBackWhatWasWritten) {
  auto one = *setting("first", list({on("StorageRead"), group("audit", false)}), "archive");
  one.id.bytes.fill(0x11);
  one.metrics = {"Transaction"};
  const auto again = decode_setting(one.id, encode(one));
  ASSERT_TRUE(again) << again.error().message;
  EXPECT_EQ(*again, one);
  for (const auto* row : {"x", "{}", R"({"v":1})", R"({"v":1,"resource":"/","name":"n","account":"/","logs":[]})"}) {
    EXPECT_EQ(decode_setting(one.id, row).error().code, ErrorCode::kCorrupt) << row;
  }
  EXPECT_EQ(decode_setting(one.id, R"({"v":2})").error().code, ErrorCode::kUnsupported);
}

TEST(DiagnosticSettingRows, CursorsGiveBackWhatWasWritten) {
  DeliveryCursor cursor{.at = {7, 3}};
  EXPECT_EQ(decode_cursor(encode(cursor)).value_or(DeliveryCursor{}), cursor);
  cursor.plan = DeliveryPlan{
      .until = {9, 0}, .events = {Bytes("\x00\x01", 2)}, .appends = {{"StorageRead", "2026112217", 1, 4096, 77}}};
  EXPECT_EQ(decode_cursor(encode(cursor)).value_or(DeliveryCursor{}), cursor);
  for (const auto* row : {"x", R"({"v":1,"leaf":1.5,"line":0})", R"({"v":1,"leaf":1,"line":0,"plan":7})",
                          R"({"v":1,"leaf":1,"line":0,"plan":{"leaf":1,"line":1,"events":["!"],"appends":[]}})"}) {
    EXPECT_EQ(decode_cursor(row).error().code, ErrorCode::kCorrupt) << row;
  }
}

TEST(DiagnosticSettingShown, IsAzuresShape) {
  const auto json = setting_json(*setting("first", list({on("StorageRead")}), "archive"));
  EXPECT_EQ(json["id"], id_of(kBlobs, "first").text());
  EXPECT_EQ(json["type"], "Microsoft.Insights/diagnosticSettings");
  EXPECT_EQ(json["properties"]["storageAccountId"], kStorage + "archive");
  EXPECT_TRUE(json["properties"]["workspaceId"].is_null());
  EXPECT_EQ(json["properties"]["logs"][0]["category"], "StorageRead");
  EXPECT_EQ(json["properties"]["logs"][0]["retentionPolicy"], (Json{{"enabled", false}, {"days", 0}}));
  // What is shown may be sent again.
  EXPECT_TRUE(parse_setting(id_of(kBlobs, "first"), json));
  const auto resource = *gate::resource::parse_resource_id(kBlobs);
  EXPECT_EQ(categories_json(resource, LogSource::kBlob).size(), 3u);
  EXPECT_EQ(category_json(resource, LogSource::kBlob, "storageread")["name"], "StorageRead");
  EXPECT_TRUE(category_json(resource, LogSource::kBlob, "Transaction").is_null());
}

}  // namespace
}  // namespace freehold::insights
