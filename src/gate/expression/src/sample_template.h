// Templates in tests: a frame, a cloud that answers from a table, and short ways to plan.
#pragma once

#include <map>
#include <string>

#include "expression/jsonc.h"
#include "expression/template.h"

namespace freehold::gate::expression::testing {

class SampleCloud final : public LiveValues {
 public:
  Result<Json> read(const LiveRequest& request) override {
    asked.push_back(request);
    const auto found = answers.find(request.id + (request.function.empty() ? "" : "/" + request.function));
    if (found == answers.end()) return fail(ErrorCode::kUnavailable, "not yet");
    return found->second;
  }
  std::map<std::string, Json> answers = {};
  std::vector<LiveRequest> asked = {};
};

inline constexpr const char* kGroup = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg";

inline TemplateFrame sample_frame(TemplateScope scope = TemplateScope::kResourceGroup) {
  TemplateFrame frame{.scope = scope, .subscription = "00000000-0000-0000-0000-000000000001"};
  if (scope == TemplateScope::kResourceGroup) {
    frame.resource_group = "rg";
    frame.resource_group_value = {{"id", kGroup}, {"name", "rg"}, {"location", "west"}};
  }
  frame.subscription_value = {{"id", "/subscriptions/00000000-0000-0000-0000-000000000001"},
                              {"subscriptionId", "00000000-0000-0000-0000-000000000001"}};
  frame.deployment_value = {{"name", "d1"}};
  frame.now = ticks_of_unix(1'700'000'000);
  frame.new_guid = [] { return "11111111-2222-3333-4444-555555555555"; };
  return frame;
}

// The usual head around the members of a template.
inline Json sample_document(const std::string& members) {
  auto read =
      read_jsonc(R"({"$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#",
    "contentVersion": "1.0.0.0", )" +
                 members + "}");
  return read ? std::move(*read) : Json(read.error().message);
}

inline Result<std::unique_ptr<Template>> plan_members(const std::string& members, const std::string& parameters = "{}",
                                                      TemplateFrame frame = sample_frame()) {
  return Template::plan(
      {.document = sample_document(members), .parameters = Json::parse(parameters), .frame = std::move(frame)});
}

// What went wrong; empty: nothing.
inline std::string refusal(const std::string& members, const std::string& parameters = "{}") {
  const auto planned = plan_members(members, parameters);
  return planned ? std::string() : planned.error().message;
}

}  // namespace freehold::gate::expression::testing
