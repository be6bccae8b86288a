// A small cloud for tests: definitions by id, one scope chain, resources of ours.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <map>

#include "base/encoding.h"
#include "expression/jsonc.h"
#include "policy/compiled_set.h"
#include "policy/testing/sample_aliases.h"

namespace freehold::gate::policy::testing {

inline constexpr std::string_view kGroup = "/subscriptions/6f0a/resourceGroups/rg1";

inline Json json(std::string_view text) {
  auto value = expression::read_jsonc(text);
  EXPECT_TRUE(value.has_value()) << text;
  return value ? *value : Json(nullptr);
}

inline Json storage_account(std::string_view properties = "{}", std::string_view tags = "{}") {
  return Json{{"location", "westeurope"},
              {"kind", "StorageV2"},
              {"sku", {{"name", "Standard_LRS"}}},
              {"tags", json(tags)},
              {"properties", json(properties)}};
}

struct Cloud {
  std::map<std::string, std::shared_ptr<const Definition>> definitions;  // by id in lower case
  std::map<std::string, std::shared_ptr<const Initiative>> initiatives;
  std::vector<Assignment> assignments;
  std::vector<Exemption> exemptions;
  Json resource;

  static std::string definition_id(std::string_view name) {
    return "/subscriptions/6f0a/providers/Microsoft.Authorization/policyDefinitions/" + std::string(name);
  }

  // What is wrong with the definition, or empty.
  std::string define(std::string_view name, const Json& properties) {
    auto made = Definition::compile(definition_id(name), properties, sample_aliases());
    if (!made) return made.error().code + ": " + made.error().message;
    definitions[to_lower(definition_id(name))] = *made;
    return {};
  }

  void assign(std::string_view name, const Json& properties, std::string_view scope = kGroup) {
    auto made = Assignment::parse(
        std::string(scope) + "/providers/Microsoft.Authorization/policyAssignments/" + std::string(name), properties);
    ASSERT_TRUE(made.has_value()) << made.error().message;
    assignments.push_back(*made);
  }

  // One definition with that rule, assigned to the group.
  void rule(std::string_view rule, std::string_view mode = "All", std::string_view parameters = "{}") {
    const auto name = "p" + std::to_string(definitions.size());
    ASSERT_EQ(define(name, {{"mode", mode}, {"parameters", json(parameters)}, {"policyRule", json(rule)}}), "");
    assign(name, {{"policyDefinitionId", definition_id(name)}});
  }

  [[nodiscard]] Checked<std::shared_ptr<const CompiledSet>> build() const {
    return CompiledSet::build(assignments, exemptions,
                              {[this](std::string_view id) {
                                 const auto found = definitions.find(to_lower(id));
                                 return found == definitions.end() ? nullptr : found->second;
                               },
                               [this](std::string_view id) {
                                 const auto found = initiatives.find(to_lower(id));
                                 return found == initiatives.end() ? nullptr : found->second;
                               }});
  }

  [[nodiscard]] Target target(std::string_view type = "Microsoft.Storage/storageAccounts",
                              std::string_view name = "acct") const {
    Target out;
    out.id = std::string(kGroup) + "/providers/" + std::string(type) + "/" + std::string(name);
    out.type = type;
    out.name = name;
    out.resource = &resource;
    out.api_version = "2022-09-01";
    out.ancestors = {"/providers/Microsoft.Management/managementGroups/root"};
    out.resource_group = {
        {"id", kGroup}, {"name", "rg1"}, {"location", "westeurope"}, {"tags", {{"costCenter", "42"}}}};
    out.subscription = {{"id", "/subscriptions/6f0a"}, {"subscriptionId", "6f0a"}, {"tags", {{"costCenter", "7"}}}};
    out.now = *expression::parse_date_time("2026-01-15T12:00:00Z");
    return out;
  }

  // The decision about `resource` as it stands.
  [[nodiscard]] Decision decide(std::string_view type = "Microsoft.Storage/storageAccounts") const {
    const auto set = build();
    EXPECT_TRUE(set.has_value()) << set.error().message;
    kept = *set;
    return kept->decide(target(type));
  }
  mutable std::shared_ptr<const CompiledSet> kept;  // findings point into it
};

}  // namespace freehold::gate::policy::testing
