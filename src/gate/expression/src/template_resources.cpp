// Source: "Resource declaration in ARM templates", "Resource iteration", "Child resources", "Extension resources".
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/encoding.h"
#include "src/template_ids.h"
#include "src/template_planner.h"

namespace freehold::gate::expression {
namespace {

constexpr std::array<std::string_view, 11> kMembers{"$schema",   "contentVersion", "languageVersion", "apiProfile",
                                                    "metadata",  "parameters",     "variables",       "functions",
                                                    "resources", "outputs",        "definitions"};

Result<void> check_count(const Json& document, std::string_view member, std::size_t most) {
  const Json* found = find_member(document, member);
  if (found == nullptr) return {};
  if (!found->is_object()) return invalid_template(fmt::format("The template's '{}' must be an object.", member));
  if (found->size() <= most) return {};
  return invalid_template(
      fmt::format("The number of template {} limit exceeded. Limit: '{}' and actual: '{}'. Please see "
                  "https://aka.ms/arm-template/#{} for usage details.",
                  member, most, found->size(), member));
}

}  // namespace

bool is_deployment_type(std::string_view type) { return equals_ignoring_case(type, "Microsoft.Resources/deployments"); }

bool has_inner_scope(const Json& properties) {
  const Json* options = find_member(properties, "expressionEvaluationOptions");
  return options != nullptr && equals_ignoring_case(text_member(*options, "scope"), "inner");
}

Result<void> Planner::check_document() const {
  if (!document_.is_object()) return invalid_template("The template must be a JSON object.");
  for (const auto& [name, member] : document_.items()) {
    const auto is_known = [&name](std::string_view known) { return equals_ignoring_case(name, known); };
    if (std::none_of(kMembers.begin(), kMembers.end(), is_known)) {
      return invalid_template(
          fmt::format("Could not find member '{}' on object of type 'Template'.", name.substr(0, 128)));
    }
  }
  for (const auto* needed : {"$schema", "contentVersion"}) {
    if (text_member(document_, needed).empty()) {
      return invalid_template(fmt::format("Required property '{}' not found in JSON.", needed));
    }
  }
  const auto schema = text_member(document_, "$schema");
  if (to_lower(schema).find("deploymenttemplate.json") == std::string::npos) {
    return invalid_template(fmt::format("The template schema '{}' is not supported.", schema.substr(0, 256)));
  }
  FH_CHECK_OK(check_count(document_, "parameters", kTemplateParameters));
  FH_CHECK_OK(check_count(document_, "variables", kTemplateVariables));
  return check_count(document_, "outputs", kTemplateOutputs);
}

Result<void> Planner::list_resources() {
  const Json* declared = find_member(document_, "resources");
  if (declared == nullptr) return invalid_template("Required property 'resources' not found in JSON.");
  if (declared->is_array()) {
    for (const Json& raw : *declared) {
      FH_CHECK_OK(add(raw, {}, {}));
    }
    return {};
  }
  if (!declared->is_object()) return invalid_template("The template's 'resources' must be an array or an object.");
  const auto language = text_member(document_, "languageVersion");
  if (!language.starts_with("2.") && !language.starts_with("1.9") && !language.starts_with("1.10")) {
    return invalid_template("Resources with symbolic names need the languageVersion '2.0'.");
  }
  for (const auto& [symbol, raw] : declared->items()) {
    FH_CHECK_OK(add(raw, symbol, {}));
  }
  return {};
}

// "copy": {"name", "count", "mode", "batchSize"}
Result<Planner::Loop> Planner::read_loop(const Json& raw, const std::string& symbol) {
  const Json* copy = find_member(raw, "copy");
  if (copy == nullptr) return Loop{};
  const Json* count = find_member(*copy, "count");
  if (!copy->is_object() || count == nullptr) {
    return invalid_template("The 'copy' of a template resource must be an object with 'name' and 'count'.");
  }
  Loop loop{.name = symbol, .is_loop = true};
  if (const Json* name = find_member(*copy, "name")) {
    FH_TRY(loop.name, environment_.resolve_text(*name, "name of a copy loop"));
  }
  if (loop.name.empty()) return invalid_template("The 'copy' of a template resource must have a 'name'.");
  const auto rounds = environment_.resolve_count(*count);
  if (!rounds)
    return rounds.error().code == ErrorCode::kInvalidArgument ? invalid_template(rounds.error().message)
                                                              : std::unexpected(rounds.error());
  loop.count = *rounds;
  const auto mode = text_member(*copy, "mode");
  const Json* size = find_member(*copy, "batchSize");
  if (!mode.empty() && !equals_ignoring_case(mode, "serial") && !equals_ignoring_case(mode, "parallel")) {
    return invalid_template(
        fmt::format("The copy mode '{}' is not valid: it is 'Serial' or 'Parallel'.", mode.substr(0, 64)));
  }
  if (!equals_ignoring_case(mode, "serial")) return loop;
  loop.batch = 1;
  if (size == nullptr) return loop;
  FH_TRY(loop.batch, environment_.resolve_count(*size));
  if (loop.batch == 0) return invalid_template("The 'batchSize' of a copy must be at least 1.");
  return loop;
}

Result<void> Planner::add(const Json& raw, const std::string& symbol, const Parent& parent) {
  if (!raw.is_object()) return invalid_template("A template resource must be an object.");
  FH_TRY(const Loop loop, read_loop(raw, symbol));
  if (!loop.is_loop) return add_one(raw, symbol, parent, loop, 0);
  if (!parent.type.empty()) {
    return invalid_template(
        fmt::format("The copy loop '{}' is in a nested child resource, which can't be copied. Please "
                    "see https://aka.ms/arm-copy for usage details.",
                    loop.name));
  }
  if (!loops_.insert(to_lower(loop.name)).second) {
    return invalid_template(fmt::format("The template copy name '{}' is used more than once.", loop.name));
  }
  std::vector<std::size_t> rounds;
  for (std::size_t i = 0; i < loop.count; ++i) {
    environment_.enter_round({.loop = loop.name, .index = i});
    rounds.push_back(resources.size());
    const auto added = add_one(raw, symbol, parent, loop, i);
    environment_.leave_round();
    if (!added) return added;
  }
  for (std::size_t i = loop.batch; loop.batch > 0 && i < rounds.size(); ++i) {
    const auto batch = i / loop.batch - 1;
    for (auto before = batch * loop.batch; before < (batch + 1) * loop.batch; ++before) {
      resources[rounds[i]].after.push_back(rounds[before]);
    }
  }
  return {};
}

Result<void> Planner::add_one(const Json& raw, const std::string& symbol, const Parent& parent, const Loop& loop,
                              std::size_t index) {
  FH_TRY(PlannedResource resource, head(raw, parent));
  resource.symbol = symbol;
  resource.loop = loop.is_loop ? loop.name : std::string();
  resource.index = index;
  const Json* existing = find_member(raw, "existing");
  resource.existing = existing != nullptr && *existing == true;
  FH_TRY(const bool holds, condition(raw, resource.name));
  resource.deploy = holds && !resource.existing;
  FH_TRY(const std::string scope, scope_of(raw, resource));
  resource.id = resource_id_text(scope, resource.type, resource.name);
  FH_CHECK_OK(note_id(resource));
  const Parent here{.type = resource.type, .name = resource.name};
  resources.push_back(std::move(resource));
  sources.push_back({.raw = &raw, .rounds = environment_.rounds()});
  return add_children(raw, here);
}

Result<void> Planner::add_children(const Json& raw, const Parent& parent) {
  const Json* children = find_member(raw, "resources");
  if (children == nullptr || children->empty()) return {};
  constexpr std::size_t kNested = 8;
  if (!children->is_array() || split_path(parent.type).size() > kNested) {
    return invalid_template(
        fmt::format("The child resources of '{}' must be an array, nested at most {} deep.", parent.name, kNested));
  }
  for (const Json& child : *children) {
    FH_CHECK_OK(add(child, {}, parent));
  }
  return {};
}

// Type, name and api-version; a child's type and name follow its parent's unless they are whole.
Result<PlannedResource> Planner::head(const Json& raw, const Parent& parent) {
  PlannedResource resource;
  constexpr std::size_t kLongest = 2048;
  for (const auto& [member, into] : {std::pair{"type", &resource.type}, std::pair{"name", &resource.name},
                                     std::pair{"apiVersion", &resource.api_version}}) {
    const Json* value = find_member(raw, member);
    if (value == nullptr) {
      return invalid_template(
          fmt::format("The template resource '{}' must have the property '{}'. Please see "
                      "https://aka.ms/arm-template/#resources for usage details.",
                      resource.name.empty() ? text_member(raw, "name") : resource.name, member));
    }
    auto text = environment_.resolve_text(*value, fmt::format("'{}' of a resource", member));
    if (text && text->size() > kLongest) text = fail(ErrorCode::kInvalidArgument, "a name is too long");
    if (!text) {
      return invalid_template(
          fmt::format("Unable to process template language expressions for the '{}' of resource "
                      "'{}': {}",
                      member, text_member(raw, "name").substr(0, 256), text.error().message));
    }
    *into = std::move(*text);
  }
  if (!parent.type.empty()) {
    if (resource.type.find('/') == std::string::npos) resource.type = parent.type + "/" + resource.type;
    if (!segments_match(resource.type, resource.name)) resource.name = parent.name + "/" + resource.name;
  }
  if (!segments_match(resource.type, resource.name)) {
    return invalid_template(fmt::format(
        "The template resource '{}' for type '{}' has incorrect segment lengths. A nested resource type must have "
        "identical number of segments as its resource name. A root resource type must have segment length one greater "
        "than its resource name. Please see https://aka.ms/arm-template/#resources for usage details.",
        resource.name.substr(0, 256), resource.type.substr(0, 256)));
  }
  return resource;
}

Result<bool> Planner::condition(const Json& raw, const std::string& name) {
  const Json* given = find_member(raw, "condition");
  if (given == nullptr) return true;
  const auto value = environment_.resolve_value(*given, Place::kHead);
  if (value && value->is_boolean()) return value->get<bool>();
  return invalid_template(fmt::format("The condition of the template resource '{}' is not valid: {}", name,
                                      value ? "it is no boolean" : value.error().message));
}

// The scope that the resource's id begins with: its own "scope", or where a nested deployment takes place.
Result<std::string> Planner::scope_of(const Json& raw, const PlannedResource& resource) {
  const auto own = scope_id(frame_);
  if (const Json* scope = find_member(raw, "scope")) {
    FH_TRY(const std::string text, environment_.resolve_text(*scope, "scope of a resource"));
    return scope_of_text(text, own);
  }
  const Json* subscription = find_member(raw, "subscriptionId");
  const Json* group = find_member(raw, "resourceGroup");
  if (subscription == nullptr && group == nullptr) return own;
  if (!is_deployment_type(resource.type) && !resource.existing) {
    return invalid_template(
        fmt::format("The template resource '{}' can't be deployed into another resource group but by a "
                    "nested deployment.",
                    resource.name));
  }
  std::string in_subscription = frame_.subscription;
  std::string in_group;
  if (subscription != nullptr) {
    FH_TRY(in_subscription, environment_.resolve_text(*subscription, "subscriptionId of a resource"));
  }
  if (group != nullptr) {
    FH_TRY(in_group, environment_.resolve_text(*group, "resourceGroup of a resource"));
  }
  if (!is_guid(in_subscription) || in_group.find('/') != std::string::npos) {
    return invalid_template(
        fmt::format("The template resource '{}' has no valid subscriptionId and resourceGroup.", resource.name));
  }
  return group_scope(in_subscription, in_group);
}

Result<void> Planner::note_id(const PlannedResource& resource) {
  if (!resource.existing && ++counted_ > kTemplateResources) {
    return invalid_template(
        fmt::format("The number of template resources limit exceeded. Limit: '{}' and actual: more. "
                    "Please see https://aka.ms/arm-template/#resources for usage details.",
                    kTemplateResources));
  }
  constexpr std::size_t kMostExisting = 2 * kTemplateResources;
  if (resources.size() >= kMostExisting) return invalid_template("The template refers to too many existing resources.");
  if (!resource.deploy || ids_.insert(to_lower(resource.id)).second) return {};
  return invalid_template(
      fmt::format("The resource '{}' is defined multiple times in a template. Please see "
                  "https://aka.ms/arm-template/#resources for usage details.",
                  resource.id));
}

}  // namespace freehold::gate::expression
