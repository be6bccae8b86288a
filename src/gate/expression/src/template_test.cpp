// Parameters, variables, functions, outputs and limits of templates.
#include <gtest/gtest.h>

#include "src/sample_template.h"

namespace freehold::gate::expression {
namespace {

using testing::plan_members;
using testing::refusal;
using testing::SampleCloud;

// The value of the output "o" of a template.
std::string output(const std::string& members, const std::string& parameters = "{}") {
  const auto planned = plan_members(members + R"(, "resources": [])", parameters);
  if (!planned) return planned.error().message;
  SampleCloud cloud;
  const auto outputs = (*planned)->outputs(cloud);
  if (!outputs) return outputs.error().message;
  return (*outputs)["o"].dump();
}

bool says(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

TEST(TemplateParameters, AreGivenOrDefault) {
  const std::string members = R"("parameters": {
      "a": {"type": "string"}, "b": {"type": "string", "defaultValue": "[concat(parameters('a'), '-b')]"},
      "n": {"type": "Int", "defaultValue": 3, "minValue": 1, "maxValue": 5},
      "list": {"type": "array", "defaultValue": ["[parameters('b')]"]}},
    "outputs": {"o": {"type": "array", "value": "[concat(parameters('list'), createArray(parameters('n')))]"}})";
  EXPECT_EQ(output(members, R"({"a": {"value": "x"}})"), R"({"type":"Array","value":["x-b",3]})");
  // What is given isn't evaluated.
  EXPECT_EQ(output(members, R"({"A": {"value": "x"}, "b": {"value": "[y]"}, "n": {"value": 5}})"),
            R"({"type":"Array","value":["[y]",5]})");
}

TEST(TemplateParameters, AreRefusedByName) {
  const std::string members = R"("resources": [], "parameters": {
      "a": {"type": "string", "allowedValues": ["x", "y"]},
      "n": {"type": "int", "defaultValue": 3, "minValue": 1, "maxValue": 5},
      "s": {"type": "secureString", "defaultValue": "abc", "minLength": 3, "allowedValues": ["abc", "def"]}})";
  struct Row {
    std::string given;
    std::string said;
  };
  const std::vector<Row> rows = {
      {R"({})", "The value for the template parameter 'a' is not provided."},
      {R"({"a": {"value": "x"}, "q": {"value": 1}, "r": {"value": 1}})",
       "The template parameters 'q, r' in the parameters file are not valid; they are not present in the original "
       "template and can therefore not be provided at deployment time. The only supported parameters for this template "
       "are 'a, n, s'."},
      {R"({"a": {"value": "z"}})",
       "The provided value 'z' for the template parameter 'a' is not valid. The parameter value is not part of the "
       "allowed value(s): 'x,y'."},
      {R"({"a": {"value": 1}})", "Expected a value of type 'String, Uri', but received a value of type 'Integer'."},
      {R"({"a": {"value": "x"}, "n": {"value": 6}})", "Value should be less than or equal to '5'."},
      {R"({"a": {"value": "x"}, "n": {"value": 1.5}})", "received a value of type 'Float'."},
      {R"({"a": {"value": "x"}, "n": 5})", "must be given as an object"},
      {R"({"a": {"reference": {"keyVault": {"id": "/x"}, "secretName": "s"}}})", "secret of a key vault"},
  };
  for (const auto& row : rows) EXPECT_TRUE(says(refusal(members, row.given), row.said)) << refusal(members, row.given);
  const auto secret = refusal(members, R"({"a": {"value": "x"}, "s": {"value": "hunter2"}})");
  EXPECT_TRUE(says(secret, "The provided value for the template parameter 's'")) << secret;
  EXPECT_FALSE(says(secret, "hunter2"));
  EXPECT_TRUE(says(refusal(R"("resources": [], "parameters": {
      "a": {"type": "string", "defaultValue": "[parameters('b')]"}, "b": {"type": "string", "defaultValue": "[parameters('a')]"}})"),
                   "Circular dependency detected on the template parameter"));
}

TEST(TemplateParameters, FollowTypeDefinitions) {
  const std::string members = R"("languageVersion": "2.0", "resources": {},
    "definitions": {"port": {"type": "int", "minValue": 1, "maxValue": 65535},
      "site": {"type": "object", "properties": {"name": {"type": "string"}, "ports": {"type": "array", "items": {"$ref": "#/definitions/port"}},
               "note": {"type": "string", "nullable": true}}, "additionalProperties": false},
      "loop": {"$ref": "#/definitions/loop"}},
    "parameters": {"site": {"$ref": "#/definitions/site"}, "other": {"$ref": "#/definitions/port", "nullable": true}})";
  EXPECT_EQ(refusal(members, R"({"site": {"value": {"name": "a", "ports": [80, 443]}}})"), "");
  EXPECT_TRUE(says(refusal(members, R"({"site": {"value": {"name": "a", "ports": [80, 0]}}})"),
                   "'site' at 'ports[1]' is not valid. Value should be greater than or equal to '1'."));
  EXPECT_TRUE(says(refusal(members, R"({"site": {"value": {"ports": []}}})"), "The property 'name' is missing."));
  EXPECT_TRUE(says(refusal(members, R"({"site": {"value": {"name": "a", "ports": [], "x": 1}}})"),
                   "The property 'x' is not known."));
  EXPECT_TRUE(says(refusal(R"("resources": [], "definitions": {"a": {"$ref": "#/definitions/a"}},
                               "parameters": {"p": {"$ref": "#/definitions/a"}})",
                           R"({"p": {"value": 1}})"),
                   "in a circle"));
}

TEST(TemplateParameters, KeepSecretsToThemselves) {
  const auto planned =
      plan_members(R"("resources": [], "parameters": {"plain": {"type": "string"}, "pw": {"type": "securestring"},
      "box": {"type": "secureObject"}, "inner": {"type": "object", "properties": {"key": {"type": "secureString"}}}},
    "outputs": {"o": {"type": "secureString", "value": "[parameters('pw')]"}})",
                   R"({"plain": {"value": "p"}, "pw": {"value": "hunter2"}, "box": {"value": {"k": "hunter2"}},
                                        "inner": {"value": {"key": "hunter2"}}})");
  ASSERT_TRUE(planned) << planned.error().message;
  EXPECT_EQ((*planned)->shown_parameters().dump(),
            R"({"plain":{"type":"String","value":"p"},"pw":{"type":"SecureString"},"box":{"type":"SecureObject"},)"
            R"("inner":{"type":"Object"}})");
  SampleCloud cloud;
  EXPECT_EQ((*planned)->outputs(cloud)->dump(), R"({"o":{"type":"SecureString"}})");
}

TEST(TemplateVariables, AreEvaluatedWhenAskedFor) {
  EXPECT_EQ(
      output(
          R"("variables": {"a": "[concat(variables('b'), '!')]", "b": "[resourceGroup().name]", "bad": "[nonsense()]",
        "copy": [{"name": "squares", "count": 3, "input": "[mul(copyIndex('squares'), copyIndex('squares'))]"}],
        "object": {"copy": [{"name": "disks", "count": 2, "input": {"name": "[concat('d', copyIndex('disks', 1))]"}}]}},
      "outputs": {"o": {"type": "array", "value": "[createArray(variables('a'), variables('squares'), variables('object'))]"}})"),
      R"({"type":"Array","value":["rg!",[0,1,4],{"disks":[{"name":"d1"},{"name":"d2"}]}]})");
  EXPECT_TRUE(says(output(R"("variables": {"a": "[variables('b')]", "b": "[variables('a')]"},
      "outputs": {"o": {"type": "string", "value": "[variables('a')]"}})"),
                   "Circular dependency detected on the template variable"));
  EXPECT_TRUE(says(output(R"("outputs": {"o": {"type": "string", "value": "[variables('gone')]"}})"),
                   "The template variable 'gone' is not found."));
}

TEST(TemplateFunctions, OfTheUserSeeTheirOwnParameters) {
  const std::string members = R"("functions": [{"namespace": "contoso", "members": {
      "name": {"parameters": [{"name": "prefix", "type": "string"}],
               "output": {"type": "string", "value": "[concat(toLower(parameters('prefix')), uniqueString('x'))]"}},
      "twice": {"parameters": [{"name": "n", "type": "int"}], "output": {"type": "int", "value": "[mul(2, parameters('n'))]"}},
      "loop": {"parameters": [], "output": {"type": "int", "value": "[contoso.loop()]"}}}}],)";
  EXPECT_EQ(output(members + R"("outputs": {"o": {"type": "int", "value": "[contoso.twice(contoso.twice(3))]"}})"),
            R"({"type":"Int","value":12})");
  EXPECT_TRUE(says(output(members + R"("outputs": {"o": {"type": "int", "value": "[contoso.twice('x')]"}})"),
                   "received a value of type 'String'"));
  EXPECT_TRUE(says(output(members + R"("outputs": {"o": {"type": "int", "value": "[contoso.loop()]"}})"), "too deep"));
  EXPECT_TRUE(says(output(members + R"("outputs": {"o": {"type": "int", "value": "[contoso.gone()]"}})"),
                   "'contoso.gone' is not valid"));
}

TEST(TemplateFunctions, StandWhereTheyMay) {
  EXPECT_EQ(output(R"("parameters": {"at": {"type": "string", "defaultValue": "[utcNow('yyyy-MM-dd')]"},
      "id": {"type": "string", "defaultValue": "[newGuid()]"}},
      "outputs": {"o": {"type": "string", "value": "[concat(parameters('at'), ' ', parameters('id'))]"}})"),
            R"({"type":"String","value":"2023-11-14 11111111-2222-3333-4444-555555555555"})");
  for (const auto* expression : {"[utcNow()]", "[newGuid()]", "[copyIndex()]"}) {
    EXPECT_TRUE(says(output(std::string(R"("outputs": {"o": {"type": "string", "value": ")") + expression + R"("}})"),
                     "is not expected at this location"))
        << expression;
  }
  EXPECT_TRUE(says(
      output(
          R"("variables": {"v": "[reference('x')]"}, "outputs": {"o": {"type": "string", "value": "[variables('v')]"}})"),
      "'reference' is not expected at this location"));
}

TEST(TemplateFunctions, MakeIds) {
  struct Row {
    std::string expression;
    std::string id;
  };
  const std::string subscription = "/subscriptions/00000000-0000-0000-0000-000000000001";
  const std::vector<Row> rows = {
      {"resourceId('Microsoft.Storage/storageAccounts', 'a')",
       subscription + "/resourceGroups/rg/providers/Microsoft.Storage/storageAccounts/a"},
      {"resourceId('other', 'Microsoft.Storage/storageAccounts/blobServices', 'a', 'default')",
       subscription + "/resourceGroups/other/providers/Microsoft.Storage/storageAccounts/a/blobServices/default"},
      {"resourceId('00000000-0000-0000-0000-000000000009', 'g', 'N.S/t', 'x')",
       "/subscriptions/00000000-0000-0000-0000-000000000009/resourceGroups/g/providers/N.S/t/x"},
      {"subscriptionResourceId('Microsoft.Authorization/roleDefinitions', 'r')",
       subscription + "/providers/Microsoft.Authorization/roleDefinitions/r"},
      {"subscriptionResourceId('Microsoft.Resources/resourceGroups', 'g')", subscription + "/resourceGroups/g"},
      {"tenantResourceId('Microsoft.Management/managementGroups', 'm')",
       "/providers/Microsoft.Management/managementGroups/m"},
      {"managementGroupResourceId('m', 'N.S/t', 'x')",
       "/providers/Microsoft.Management/managementGroups/m/providers/N.S/t/x"},
      {"extensionResourceId(resourceGroup().id, 'Microsoft.Authorization/locks', 'l')",
       subscription + "/resourceGroups/rg/providers/Microsoft.Authorization/locks/l"},
  };
  for (const auto& row : rows) {
    EXPECT_EQ(output(R"("outputs": {"o": {"type": "string", "value": "[)" + row.expression + R"(]"}})"),
              R"({"type":"String","value":")" + row.id + R"("})");
  }
  EXPECT_TRUE(says(output(R"("outputs": {"o": {"type": "string", "value": "[resourceId('N.S/t/u', 'x')]"}})"),
                   "the type 'N.S/t/u' requires '2' resource name argument(s)"));
}

TEST(TemplateOutputs, HaveLoopsAndConditions) {
  EXPECT_EQ(output(R"("outputs": {"no": {"type": "string", "condition": false, "value": "[nonsense()]"},
      "o": {"type": "array", "copy": {"count": 3, "input": "[copyIndex(5)]"}}})"),
            R"({"type":"Array","value":[5,6,7]})");
  EXPECT_TRUE(says(output(R"("outputs": {"o": {"type": "int", "value": "x"}})"), "Expected a value of type 'Integer'"));
}

TEST(TemplateLimits, AreKept) {
  const auto many = [](const std::string& member, int count, const std::string& value) {
    std::string out = "\"" + member + "\": {";
    for (int i = 0; i < count; ++i) out += (i > 0 ? ",\"x" : "\"x") + std::to_string(i) + "\": " + value;
    return out + "}, \"resources\": []";
  };
  EXPECT_EQ(refusal(many("variables", 256, "1")), "");
  EXPECT_TRUE(says(refusal(many("variables", 257, "1")), "Limit: '256' and actual: '257'"));
  EXPECT_TRUE(says(refusal(many("parameters", 257, R"({"type": "int", "defaultValue": 1})")), "Limit: '256'"));
  EXPECT_TRUE(says(refusal(many("outputs", 65, R"({"type": "int", "value": 1})")), "Limit: '64' and actual: '65'"));
  EXPECT_TRUE(says(refusal(R"("resources": [], "surprise": 1)"), "Could not find member 'surprise'"));
}

TEST(TemplateLimits, EndWhatGrows) {
  // Each variable twice the one before: 2^40 values.
  std::string variables = R"("resources": [], "variables": {"v0": [1, 2])";
  for (int i = 1; i < 40; ++i) {
    const auto before = "variables('v" + std::to_string(i - 1) + "')";
    variables += ", \"v" + std::to_string(i) + "\": \"[concat(" + before + ", " + before + ")]\"";
  }
  const auto planned =
      plan_members(variables + R"(}, "outputs": {"o": {"type": "array", "value": "[variables('v38')]"}})");
  ASSERT_TRUE(planned) << planned.error().message;
  SampleCloud cloud;
  const auto grown = (*planned)->outputs(cloud);
  ASSERT_FALSE(grown);
  EXPECT_EQ(grown.error().code, ErrorCode::kExhausted);
  // Loops in loops in loops: 800^3 values.
  std::string inner = R"("x")";
  for (int i = 0; i < 3; ++i) {
    inner = R"({"copy": [{"name": "l)" + std::to_string(i) + R"(", "count": 800, "input": )" + inner + "}]}";
  }
  const auto loops = plan_members(R"("resources": [], "variables": {"v": )" + inner +
                                  R"(}, "outputs": {"o": {"type": "object", "value": "[variables('v')]"}})");
  ASSERT_TRUE(loops) << loops.error().message;
  const auto unrolled = (*loops)->outputs(cloud);
  ASSERT_FALSE(unrolled);
  EXPECT_EQ(unrolled.error().code, ErrorCode::kExhausted);
}

// As deep as it may be, and deeper: users' functions in variables in arguments of calls.
TEST(TemplateLimits, BearDepth) {
  for (const int deep : {30, 200}) {
    std::string variables = R"("resources": [], "variables": {"v0": 1)";
    for (int i = 1; i < deep; ++i) {
      std::string expression = "variables('v" + std::to_string(i - 1) + "')";
      for (int j = 0; j < 110; ++j) expression = "int(" + expression + ")";
      variables += ", \"v" + std::to_string(i) + "\": \"[" + expression + "]\"";
    }
    const auto last = std::to_string(deep - 1);
    const auto planned =
        plan_members(variables + R"(}, "outputs": {"o": {"type": "int", "value": "[variables('v)" + last + R"(')]"}})");
    ASSERT_TRUE(planned) << planned.error().message;
    SampleCloud cloud;
    const auto outputs = (*planned)->outputs(cloud);
    EXPECT_EQ(outputs.has_value(), deep == 30) << (outputs ? outputs->dump() : outputs.error().message);
  }
}

}  // namespace
}  // namespace freehold::gate::expression
