#include "expression/template.h"

#include <fmt/format.h>

#include "base/encoding.h"
#include "src/template_ids.h"
#include "src/template_planner.h"
#include "src/template_types.h"

namespace freehold::gate::expression {

struct Template::State {
  explicit State(TemplateInput given)
      : input(std::move(given)),
        environment(input.document, input.frame, input.outer == nullptr ? nullptr : &input.outer->state_->environment) {
  }

  Result<Json> output(const std::string& name, const Json& definition);
  Result<Json> output_value(const Json& definition);
  Result<Json> resource_body(std::size_t place);
  Result<Json> deployment_properties(const Json& properties);

  TemplateInput input;
  TemplateEnvironment environment;
  std::vector<PlannedResource> resources = {};
  std::vector<ResourceSource> sources = {};
};

Template::Template(std::unique_ptr<State> state) : state_(std::move(state)) {}
Template::~Template() = default;

const std::vector<PlannedResource>& Template::resources() const { return state_->resources; }
Json Template::shown_parameters() const { return state_->environment.shown_parameters(); }
std::vector<std::string> Template::secrets() const { return state_->environment.secrets(); }

Result<std::unique_ptr<Template>> Template::plan(TemplateInput input) {
  auto state = std::make_unique<State>(std::move(input));
  if (const Template* outer = state->input.outer) {
    state->environment.set_rounds(outer->state_->sources.at(state->input.outer_resource).rounds);
  }
  Planner planner(state->input.document, state->input.frame, state->environment);
  FH_CHECK_OK(planner.check_document());
  FH_CHECK_OK(state->environment.take_parameters(state->input.parameters));
  FH_CHECK_OK(planner.list_resources());
  state->environment.set_resources(planner.resources);
  FH_CHECK_OK(planner.order_resources());
  state->resources = std::move(planner.resources);
  state->sources = std::move(planner.sources);
  state->environment.set_resources(state->resources);
  return std::unique_ptr<Template>(new Template(std::move(state)));
}

namespace {

// Sets what reference() reads from, for one call.
class Reading {
 public:
  Reading(TemplateEnvironment& environment, LiveValues& live, Unknown unknown, const std::vector<CopyRound>* rounds)
      : environment_(environment), rounds_(environment.rounds()) {
    environment.set_live(&live, unknown);
    if (rounds != nullptr) environment.set_rounds(*rounds);
  }
  ~Reading() {
    environment_.set_live(nullptr, Unknown::kFails);
    environment_.set_rounds(std::move(rounds_));
  }
  Reading(const Reading&) = delete;
  Reading& operator=(const Reading&) = delete;

 private:
  TemplateEnvironment& environment_;
  std::vector<CopyRound> rounds_;
};

// Members of a resource in a template that its provider never sees.
bool is_templates_own(std::string_view member) {
  for (const auto* own : {"type", "name", "apiVersion", "condition", "copy", "dependsOn", "resources", "scope",
                          "comments", "existing", "metadata", "subscriptionId", "resourceGroup"}) {
    if (equals_ignoring_case(member, own)) return true;
  }
  return false;
}

}  // namespace

Result<Json> Template::body(std::size_t resource, LiveValues& live, Unknown unknown) {
  const Reading reading(state_->environment, live, unknown, &state_->sources.at(resource).rounds);
  return state_->resource_body(resource);
}

Result<Json> Template::State::resource_body(std::size_t place) {
  const PlannedResource& resource = resources[place];
  Json body = {{"type", resource.type}, {"apiVersion", resource.api_version}, {"name", resource.name}};
  for (const auto& [name, member] : sources[place].raw->items()) {
    if (is_templates_own(name)) continue;
    const bool nested = is_deployment_type(resource.type) && equals_ignoring_case(name, "properties");
    FH_TRY(Json value, nested && member.is_object() ? deployment_properties(member)
                                                    : environment.resolve_value(member, Place::kBody));
    append_member(body, name, std::move(value));
  }
  return body;
}

// The nested template is for the nested deployment to read.
Result<Json> Template::State::deployment_properties(const Json& properties) {
  Json out = Json::object();
  for (const auto& [name, member] : properties.items()) {
    if (equals_ignoring_case(name, "template")) {
      append_member(out, name, member);
      continue;
    }
    FH_TRY(Json value, environment.resolve_value(member, Place::kBody));
    append_member(out, name, std::move(value));
  }
  return out;
}

Result<Json> Template::outputs(LiveValues& live, Unknown unknown) {
  const Reading reading(state_->environment, live, unknown, nullptr);
  Json out = Json::object();
  const Json* declared = find_member(state_->input.document, "outputs");
  if (declared == nullptr) return out;
  for (const auto& [name, definition] : declared->items()) {
    FH_TRY(Json entry, state_->output(name, definition));
    if (!entry.is_null()) append_member(out, name, std::move(entry));
  }
  return out;
}

// Null: its condition doesn't hold.
Result<Json> Template::State::output(const std::string& name, const Json& definition) {
  const auto wrong = [&name](std::string_view why) {
    return fail(ErrorCode::kInvalidArgument, fmt::format("The template output '{}' is not valid: {}", name, why));
  };
  if (!definition.is_object()) return wrong("it must be an object.");
  if (const Json* condition = find_member(definition, "condition")) {
    FH_TRY(const Json holds, environment.resolve_value(*condition, Place::kBody));
    if (!holds.is_boolean()) return wrong("its condition is no boolean.");
    if (!holds.get<bool>()) return Json(nullptr);
  }
  auto value = output_value(definition);
  if (!value && value.error().code == ErrorCode::kInvalidArgument) return wrong(value.error().message);
  if (!value) return pass_on(value);
  FH_TRY(const Definition type, Definition::find(input.document, definition, environment.budget()));
  FH_CHECK_OK(check_type(input.document, definition, *value, {"output", name}, environment.budget()));
  FH_TRY(const bool secret, holds_secrets(input.document, definition, environment.budget()));
  Json entry = {{"type", shown_type(text_member(*type, "type"))}};
  if (!secret) entry["value"] = std::move(*value);
  return entry;
}

Result<Json> Template::State::output_value(const Json& definition) {
  const Json* copy = find_member(definition, "copy");
  const Json* value = find_member(definition, "value");
  if (copy == nullptr) {
    if (value == nullptr) return fail(ErrorCode::kInvalidArgument, "it has no value.");
    return environment.resolve_value(*value, Place::kBody);
  }
  const Json* count = find_member(*copy, "count");
  const Json* each = find_member(*copy, "input");
  if (count == nullptr || each == nullptr) return fail(ErrorCode::kInvalidArgument, "its copy has no count and input.");
  // An output's loop has no name; copyIndex() in it means itself.
  FH_TRY(const std::size_t rounds, environment.resolve_count(*count));
  Json out = Json::array();
  for (std::size_t i = 0; i < rounds; ++i) {
    environment.enter_round({.loop = {}, .index = i});
    auto one = environment.resolve_value(*each, Place::kBody);
    environment.leave_round();
    if (!one) return pass_on(one);
    out.push_back(std::move(*one));
    if (out.size() % 64 == 0) {
      FH_CHECK_OK(environment.budget().admit(out));
    }
  }
  FH_CHECK_OK(environment.budget().admit(out));
  return out;
}

}  // namespace freehold::gate::expression
