// Resources of templates: loops, conditions, children, order, references.
#include <gtest/gtest.h>

#include <algorithm>

#include "src/sample_template.h"

namespace freehold::gate::expression {
namespace {

using testing::kGroup;
using testing::plan_members;
using testing::refusal;
using testing::sample_document;
using testing::sample_frame;
using testing::SampleCloud;

bool says(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

// "name after name,name; name; ..." of those that are deployed, in the template's order.
std::string order_of(const Template& plan) {
  std::string out;
  for (const auto& resource : plan.resources()) {
    if (!resource.deploy) continue;
    out += (out.empty() ? "" : "; ") + resource.name;
    std::string after;
    for (const auto before : resource.after) after += (after.empty() ? " after " : ",") + plan.resources()[before].name;
    out += after;
  }
  return out;
}

std::string order_of(const std::string& members, const std::string& parameters = "{}") {
  const auto planned = plan_members(members, parameters);
  return planned ? order_of(**planned) : planned.error().message;
}

std::string resource(const std::string& name, const std::string& more = "") {
  return R"({"type": "N.S/t", "apiVersion": "2020-01-01", "name": ")" + name + "\"" +
         (more.empty() ? "" : ", " + more) + "}";
}

// Account, container, role assignment on the account, as many templates have them.
constexpr const char* kStorage = R"(
  "parameters": {"accountName": {"type": "string", "minLength": 3, "maxLength": 24}, "principalId": {"type": "string"},
    "sku": {"type": "string", "defaultValue": "Standard_LRS", "allowedValues": ["Standard_LRS", "Standard_ZRS"]},
    "containers": {"type": "array", "defaultValue": ["logs", "data"]}},
  "variables": {"role": "[subscriptionResourceId('Microsoft.Authorization/roleDefinitions', 'ba92f5b4-2d11-453d-a403-e96b0029c9fe')]"},
  "resources": [
    {"type": "Microsoft.Storage/storageAccounts", "apiVersion": "2022-09-01", "name": "[parameters('accountName')]",
     "location": "[resourceGroup().location]", "sku": {"name": "[parameters('sku')]"}, "kind": "StorageV2",
     "tags": {"[concat('made', 'By')]": "[deployment().name]"},
     "properties": {"minimumTlsVersion": "TLS1_2", "allowBlobPublicAccess": false},
     "resources": [{"type": "blobServices", "apiVersion": "2022-09-01", "name": "default",
       "dependsOn": ["[resourceId('Microsoft.Storage/storageAccounts', parameters('accountName'))]"], "properties": {}}]},
    {"type": "Microsoft.Storage/storageAccounts/blobServices/containers", "apiVersion": "2022-09-01",
     "name": "[format('{0}/default/{1}', parameters('accountName'), parameters('containers')[copyIndex()])]",
     "copy": {"name": "containerLoop", "count": "[length(parameters('containers'))]", "mode": "Serial"},
     "dependsOn": ["[concat('Microsoft.Storage/storageAccounts/', parameters('accountName'))]", "default"],
     "properties": {"metadata": {"n": "[string(copyIndex(1))]"}}},
    {"type": "Microsoft.Authorization/roleAssignments", "apiVersion": "2022-04-01",
     "scope": "[concat('Microsoft.Storage/storageAccounts/', parameters('accountName'))]",
     "name": "[guid(resourceGroup().id, parameters('principalId'))]", "dependsOn": ["containerLoop"],
     "properties": {"roleDefinitionId": "[variables('role')]", "principalId": "[parameters('principalId')]"}}],
  "outputs": {"endpoint": {"type": "string", "value": "[reference(parameters('accountName')).primaryEndpoints.blob]"},
    "key": {"type": "secureString", "value": "[listKeys(parameters('accountName'), '2022-09-01').keys[0].value]"}})";

TEST(TemplateResources, OfAnAccountWithContainersAndARole) {
  auto planned = plan_members(kStorage, R"({"accountName": {"value": "acct"}, "principalId": {"value": "p"}})");
  ASSERT_FALSE(planned) << "'default' is no name of a resource in this template";
  std::string members = kStorage;
  members.replace(members.find(R"(, "default"])"), 12, R"(, "acct/default"])");
  planned = plan_members(members, R"({"accountName": {"value": "acct"}, "principalId": {"value": "p"}})");
  ASSERT_TRUE(planned) << planned.error().message;
  Template& plan = **planned;
  const auto& resources = plan.resources();
  ASSERT_EQ(resources.size(), 5u);
  const std::string account = std::string(kGroup) + "/providers/Microsoft.Storage/storageAccounts/acct";
  EXPECT_EQ(resources[1].id, account + "/blobServices/default");
  EXPECT_EQ(resources[3].id, account + "/blobServices/default/containers/data");
  EXPECT_TRUE(resources[4].id.starts_with(account + "/providers/Microsoft.Authorization/roleAssignments/"));
  EXPECT_EQ(resources[1].after, std::vector<std::size_t>{0});
  EXPECT_EQ(resources[2].after, (std::vector<std::size_t>{0, 1}));
  EXPECT_EQ(resources[3].after, (std::vector<std::size_t>{0, 1, 2}));
  EXPECT_EQ(resources[4].after, (std::vector<std::size_t>{2, 3}));
  SampleCloud cloud;
  EXPECT_EQ(plan.body(0, cloud)->dump(),
            R"({"type":"Microsoft.Storage/storageAccounts","apiVersion":"2022-09-01","name":"acct","location":"west",)"
            R"("sku":{"name":"Standard_LRS"},"kind":"StorageV2","tags":{"madeBy":"d1"},)"
            R"("properties":{"minimumTlsVersion":"TLS1_2","allowBlobPublicAccess":false}})");
  EXPECT_EQ((*plan.body(3, cloud))["properties"].dump(), R"({"metadata":{"n":"2"}})");
  // The first time the engine only learns what is asked; then it has the answers.
  EXPECT_EQ(plan.outputs(cloud).error().code, ErrorCode::kUnavailable);
  EXPECT_EQ(cloud.asked.at(0), (LiveRequest{.id = account, .api_version = "2022-09-01"}));
  cloud.answers[account] = Json::parse(R"({"id": "x", "properties": {"primaryEndpoints": {"blob": "https://b/"}}})");
  cloud.answers[account + "/listkeys"] = Json::parse(R"({"keys": [{"value": "hunter2"}]})");
  EXPECT_EQ(plan.outputs(cloud)->dump(),
            R"({"endpoint":{"type":"String","value":"https://b/"},"key":{"type":"SecureString"}})");
}

// As Bicep compiles a file with a module, an existing resource and a loop.
constexpr const char* kBicep = R"("languageVersion": "2.0",
  "metadata": {"_generator": {"name": "bicep", "version": "0.30.3", "templateHash": "1"}},
  "parameters": {"names": {"type": "array", "items": {"type": "string"}, "defaultValue": ["a", "b"]}},
  "resources": {
    "vault": {"existing": true, "type": "Microsoft.KeyVault/vaults", "apiVersion": "2022-07-01", "resourceGroup": "shared",
              "name": "kv"},
    "stg": {"copy": {"name": "stg", "count": "[length(parameters('names'))]"}, "type": "Microsoft.Storage/storageAccounts",
            "apiVersion": "2022-09-01", "name": "[format('st{0}', parameters('names')[copyIndex()])]", "kind": "StorageV2",
            "location": "[resourceGroup().location]", "sku": {"name": "Standard_LRS"},
            "properties": {"encryption": {"keyvaultproperties": {"keyvaulturi": "[reference('vault').vaultUri]"}}}},
    "lock": {"type": "Microsoft.Authorization/locks", "apiVersion": "2020-05-01", "name": "keep",
             "scope": "[resourceId('Microsoft.Storage/storageAccounts', format('st{0}', parameters('names')[0]))]",
             "properties": {"level": "CanNotDelete"}, "dependsOn": ["stg[0]"]},
    "module": {"type": "Microsoft.Resources/deployments", "apiVersion": "2022-09-01", "name": "inner", "resourceGroup": "other",
      "properties": {"expressionEvaluationOptions": {"scope": "inner"}, "mode": "Incremental",
        "parameters": {"endpoint": {"value": "[reference(format('stg[{0}]', 1)).primaryEndpoints.blob]"},
                       "all": {"value": "[map(references('stg', 'full'), lambda('s', lambdaVariables('s').name))]"}},
        "template": {"$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#",
          "contentVersion": "1.0.0.0", "parameters": {"endpoint": {"type": "string"}, "all": {"type": "array"}}, "resources": [],
          "outputs": {"e": {"type": "string", "value": "[parameters('endpoint')]"}}}}}},
  "outputs": {"e": {"type": "string", "value": "[reference('module').outputs.e.value]"}})";

TEST(TemplateResources, OfBicep) {
  auto planned = plan_members(kBicep);
  ASSERT_TRUE(planned) << planned.error().message;
  Template& plan = **planned;
  EXPECT_EQ(order_of(plan), "sta after kv; stb after kv; keep after sta; inner after sta,stb");
  const std::string subscription = "/subscriptions/00000000-0000-0000-0000-000000000001";
  EXPECT_EQ(plan.resources()[0].id, subscription + "/resourceGroups/shared/providers/Microsoft.KeyVault/vaults/kv");
  EXPECT_EQ(plan.resources()[4].id,
            subscription + "/resourceGroups/other/providers/Microsoft.Resources/deployments/inner");
  SampleCloud cloud;
  for (const auto* name : {"sta", "stb"}) {
    cloud.answers[std::string(kGroup) + "/providers/Microsoft.Storage/storageAccounts/" + name] =
        Json{{"name", name}, {"properties", {{"primaryEndpoints", {{"blob", std::string("https://") + name}}}}}};
  }
  const auto body = plan.body(4, cloud);
  ASSERT_TRUE(body) << body.error().message;
  EXPECT_EQ((*body)["properties"]["parameters"].dump(),
            R"({"endpoint":{"value":"https://stb"},"all":{"value":["sta","stb"]}})");
  EXPECT_EQ((*body)["properties"]["template"]["outputs"]["e"]["value"], "[parameters('endpoint')]");
  // A preview shows what it can't know as it is written.
  EXPECT_EQ((*plan.body(1, cloud, Unknown::kStays))["properties"]["encryption"]["keyvaultproperties"]["keyvaulturi"],
            "[reference('vault').vaultUri]");
  EXPECT_EQ(plan.body(1, cloud).error().code, ErrorCode::kUnavailable);
}

TEST(TemplateResources, OfANestedTemplateInItsParentsScope) {
  const auto parent = plan_members(R"("parameters": {"who": {"type": "securestring"}}, "variables": {"v": "var"},
    "resources": [{"type": "Microsoft.Resources/deployments", "apiVersion": "2021-04-01", "name": "[concat('n', copyIndex())]",
      "copy": {"name": "groups", "count": 2}, "resourceGroup": "[concat('g', copyIndex())]",
      "properties": {"mode": "Incremental", "template": {}}}])",
                                   R"({"who": {"value": "me"}})");
  ASSERT_TRUE(parent) << parent.error().message;
  auto nested = sample_document(R"("parameters": {"who": {"type": "string"}}, "variables": {"v": "mine"},
    "resources": [{"type": "N.S/t", "apiVersion": "1", "name": "[concat(variables('v'), copyIndex())]",
                   "properties": {"who": "[parameters('who')]", "in": "[resourceGroup().name]"}}])");
  auto frame = sample_frame();
  frame.resource_group = "g1";
  const auto planned =
      Template::plan({.document = nested, .frame = frame, .outer = parent->get(), .outer_resource = 1});
  ASSERT_TRUE(planned) << planned.error().message;
  EXPECT_TRUE(says((*planned)->resources()[0].id, "/resourceGroups/g1/providers/N.S/t/var1"));
  SampleCloud cloud;
  EXPECT_EQ((*(*planned)->body(0, cloud))["properties"].dump(), R"({"who":"me","in":"rg"})");
  EXPECT_EQ((*planned)->shown_parameters().dump(), "{}");
}

TEST(TemplateResources, AreUnrolledAndLeftOut) {
  EXPECT_EQ(order_of(R"("resources": [)" +
                     resource("[concat('a', copyIndex())]",
                              R"("copy": {"name": "l", "count": 4, "mode": "serial", "batchSize": 2})") +
                     "," + resource("none[0]", R"("copy": {"name": "empty", "count": 0})") + "," +
                     resource("off", R"("condition": "[equals(1, 2)]")") + "," +
                     resource("z", R"("dependsOn": ["l", "off", "empty"])") + "]"),
            "a0; a1; a2 after a0,a1; a3 after a0,a1; z after a0,a1,a2,a3,off");
  EXPECT_EQ(order_of(R"("resources": [)" + resource("same", R"("condition": true)") + "," +
                     resource("same", R"("condition": false)") + "," + resource("x", R"("dependsOn": ["same"])") + "]"),
            "same; x after same");
}

TEST(TemplateResources, LoopOverProperties) {
  const auto planned =
      plan_members(R"("resources": [)" + resource("[concat('r', copyIndex())]", R"("copy": {"name": "r", "count": 2},
      "properties": {"copy": [{"name": "disks", "count": 2, "input": {"lun": "[copyIndex('disks')]", "of": "[copyIndex()]"}}],
                     "inner": {"copy": [{"name": "more", "count": "[copyIndex('r')]", "input": "[copyIndex('more', 7)]"}]}})") +
                   "]");
  ASSERT_TRUE(planned) << planned.error().message;
  SampleCloud cloud;
  EXPECT_EQ((*(*planned)->body(1, cloud))["properties"].dump(),
            R"({"inner":{"more":[7]},"disks":[{"lun":0,"of":1},{"lun":1,"of":1}]})");
}

TEST(TemplateResources, FollowWhatTheyRead) {
  EXPECT_EQ(order_of(R"("resources": [)" + resource("late", R"("properties": {"copy": [{"name": "p", "count": 2,
        "input": "[reference(concat('e', copyIndex('p'))).x]"}], "k": "[if(false(), listKeys(resourceId('N.S/t', 'e0'), '2020-01-01').k, reference(resourceId('N.S/t', 'e2')).y)]"})") +
                     "," + resource("e0") + "," + resource("e1") + "," + resource("e2") + "]"),
            "late after e0,e1,e2; e0; e1; e2");
}

TEST(TemplateResources, AreRefusedByName) {
  struct Row {
    std::string members;
    std::string said;
  };
  const std::vector<Row> rows = {
      {resource("a", R"("dependsOn": ["b"])") + "," + resource("b", R"("dependsOn": ["[resourceId('N.S/t', 'c')]"])") +
           "," + resource("c", R"("properties": "[reference('a')]")"),
       std::string("Circular dependency detected on resource: '") + kGroup + "/providers/N.S/t/a' (" + kGroup +
           "/providers/N.S/t/a -> " + kGroup + "/providers/N.S/t/b -> " + kGroup + "/providers/N.S/t/c -> " + kGroup +
           "/providers/N.S/t/a)"},
      {resource("a", R"("dependsOn": ["a"])"), "Circular dependency detected on resource"},
      {resource("a", R"("dependsOn": ["gone"])"), "The resource 'gone' is not defined in the template."},
      {resource("a") + "," + resource("A"), "is defined multiple times in a template."},
      {resource("a/b"), "has incorrect segment lengths."},
      {R"({"type": "N.S/t", "name": "a"})", "The template resource 'a' must have the property 'apiVersion'."},
      {resource("[copyIndex()]"), "'copyIndex' is not expected at this location"},
      {resource("[reference('b')]"), "'reference' is not expected at this location"},
      {resource("a", R"("copy": {"name": "l", "count": 1000000})"), "'1000000' exceeds the limit '800'"},
      {resource("a", R"("copy": {"name": "l", "count": -1})"), "isn't negative"},
      {resource("a", R"("copy": {"count": 1})"), "must have a 'name'"},
      {resource("[concat('a', copyIndex())]", R"("copy": {"name": "l", "count": 800})") + "," + resource("b"),
       "The number of template resources limit exceeded."},
      {resource("a",
                R"("resources": [{"type": "u", "apiVersion": "1", "name": "b", "copy": {"name": "l", "count": 2}}])"),
       "nested child resource"},
      {resource("a", R"("condition": "yes")"), "it is no boolean"},
      {resource("a", R"("resourceGroup": "other")"), "but by a nested deployment"},
  };
  for (const auto& row : rows) {
    const auto said = refusal(R"("resources": [)" + row.members + "]");
    EXPECT_TRUE(says(said, row.said)) << said;
    EXPECT_TRUE(said.starts_with("Deployment template validation failed: '")) << said;
  }
}

TEST(TemplateResources, OfASubscription) {
  const auto planned = plan_members(R"("resources": [
    {"type": "Microsoft.Resources/resourceGroups", "apiVersion": "2021-04-01", "name": "new", "location": "west"},
    {"type": "Microsoft.Resources/deployments", "apiVersion": "2021-04-01", "name": "in", "resourceGroup": "new",
     "dependsOn": ["[subscriptionResourceId('Microsoft.Resources/resourceGroups', 'new')]"], "properties": {}}])",
                                    "{}", sample_frame(TemplateScope::kSubscription));
  ASSERT_TRUE(planned) << planned.error().message;
  EXPECT_EQ(order_of(**planned), "new; in after new");
  EXPECT_TRUE(says((*planned)->resources()[0].id, "/resourceGroups/new"));
}

TEST(DeploymentOrder, LetsOutWhatIsReady) {
  const auto planned = plan_members(R"("resources": [)" + resource("a") + "," + resource("b", R"("dependsOn": ["a"])") +
                                    "," + resource("off", R"("condition": false, "dependsOn": ["b"])") + "," +
                                    resource("c", R"("dependsOn": ["off"])") + "," + resource("d") + "," +
                                    resource("e", R"("dependsOn": ["d"])") + "]");
  ASSERT_TRUE(planned) << planned.error().message;
  DeploymentOrder order((*planned)->resources());
  EXPECT_EQ(order.take_ready(), (std::vector<std::size_t>{0, 4}));
  EXPECT_TRUE(order.take_ready().empty());
  order.succeeded(0);
  EXPECT_EQ(order.take_ready(), std::vector<std::size_t>{1});
  order.failed(4);
  EXPECT_FALSE(order.finished());
  order.succeeded(1);
  EXPECT_EQ(order.take_ready(), std::vector<std::size_t>{3});
  order.succeeded(3);
  EXPECT_TRUE(order.take_ready().empty());
  EXPECT_TRUE(order.finished());
}

}  // namespace
}  // namespace freehold::gate::expression
