// Deployments at a resource manager with a sample provider: helpers of their tests.
#pragma once

#include <map>
#include <thread>

#include "src/test_arm.h"

namespace freehold::resources {

inline constexpr auto kSchema = "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#";

// A template around these resources and what else stands in it.
inline Json template_of(const Json& resources, const Json& more = Json::object()) {
  Json out = {{"$schema", kSchema}, {"contentVersion", "1.0.0.0"}, {"resources", resources}};
  out.update(more);
  return out;
}

inline Json box_resource(const std::string& name, const Json& more = Json::object()) {
  Json out = {{"type", "Sample.Boxes/boxes"}, {"apiVersion", "2022-09-01"}, {"name", name}, {"location", "local"}};
  out.update(more);
  return out;
}

class DeploymentsTest : public ArmTest {
 protected:
  DeploymentsTest() { start(); }
  [[nodiscard]] static Json body_of(const Json& document, const Json& parameters = Json::object()) {
    return {{"properties", {{"mode", "Incremental"}, {"template", document}, {"parameters", parameters}}}};
  }
  [[nodiscard]] std::string path(const std::string& name, const std::string& in = "default") const {
    return group(in) + "/providers/Microsoft.Resources/deployments/" + name;
  }
  // Polls as clients do, until the condition holds.
  template <class Condition>
  static bool eventually(const Condition& holds) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (!holds()) {
      if (std::chrono::steady_clock::now() > deadline) return false;
    }
    return true;
  }
  // What the PUT answered, and the deployment as it ended.
  Answer put_deployment(const std::string& where, const Json& body) { return end_of(where, put(where, body)); }
  Answer end_of(const std::string& where, Answer begun) {
    if (begun.status != 200 && begun.status != 201) return begun;
    EXPECT_EQ(state(begun), "Accepted");
    const auto ended = [&] {
      begun.body = get(where).body;
      return state(begun) != "Accepted" && state(begun) != "Running";
    };
    EXPECT_TRUE(eventually(ended));
    return begun;
  }
  Answer deploy(const std::string& name, const Json& document, const Json& parameters = Json::object()) {
    return put_deployment(path(name), body_of(document, parameters));
  }
  // How the operations of a deployment stand, by the name of what they are about.
  std::map<std::string, std::string> operations(const std::string& name) {
    std::map<std::string, std::string> out;
    const auto all = get(path(name) + "/operations");
    for (const auto& one : all.body["value"]) {
      const auto& properties = one["properties"];
      out[properties["targetResource"]["resourceName"]] = properties["provisioningState"];
    }
    return out;
  }
  bool is_written(const std::string& name) { return get(box("default", name)).status == 200; }
  [[nodiscard]] static std::string state(const Answer& answer) {
    return answer.body.is_object() && answer.body.contains("properties")
               ? answer.body["properties"].value("provisioningState", "")
               : answer.said();
  }
};

}  // namespace freehold::resources
