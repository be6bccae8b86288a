// The functions of a deployment: where it takes place, ids, and what exists.
// Source: "Resource functions", "Scope functions", "Deployment functions for ARM templates".
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/encoding.h"
#include "src/template_environment.h"
#include "src/template_ids.h"

namespace freehold::gate::expression {
namespace {

std::unexpected<Error> invalid(std::string message) { return fail(ErrorCode::kInvalidArgument, std::move(message)); }

std::unexpected<Error> not_here(std::string_view name) {
  return invalid(
      fmt::format("The template function '{}' is not expected at this location. Please see "
                  "https://aka.ms/arm-functions for usage details.",
                  name));
}

std::unexpected<Error> no_such_target(std::string_view target) {
  return invalid(
      fmt::format("The template reference '{}' is not valid: could not find template resource or resource "
                  "copy with this name. Please see https://aka.ms/arm-function-reference for usage details.",
                  target.substr(0, 512)));
}

Result<std::vector<std::string_view>> texts(std::string_view function, Arguments arguments) {
  std::vector<std::string_view> out;
  for (const Json* argument : arguments) {
    if (!argument->is_string() || argument->get_ref<const std::string&>().empty()) {
      return invalid(
          fmt::format("Unable to evaluate template language function '{}': all its arguments must be strings "
                      "that aren't empty.",
                      function));
    }
    out.push_back(argument->get_ref<const std::string&>());
  }
  return out;
}

// The id below a scope, of a type and as many names.
Result<Json> id_below(std::string_view function, std::string_view scope, std::span<const std::string_view> rest) {
  if (rest.empty()) return invalid(fmt::format("The function '{}' needs a resource type and names.", function));
  const auto needed = split_path(rest[0]).size() - 1;
  std::string name = fmt::format("{}", fmt::join(rest.subspan(1), "/"));
  if (needed == 0 || needed != rest.size() - 1) {
    return invalid(
        fmt::format("Unable to evaluate template language function '{}': the type '{}' requires '{}' resource "
                    "name argument(s). Please see https://aka.ms/arm-resource-functions/ for usage details.",
                    function, rest[0].substr(0, 256), needed));
  }
  if (!segments_match(rest[0], name)) {
    return invalid(fmt::format("Unable to evaluate template language function '{}': '{}' is no name of a resource.",
                               function, name.substr(0, 256)));
  }
  return Json(resource_id_text(scope, rest[0], name));
}

// Before the first argument with a slash, the type.
std::size_t leading(std::span<const std::string_view> arguments) {
  const auto type = std::find_if(arguments.begin(), arguments.end(),
                                 [](std::string_view text) { return text.find('/') != std::string_view::npos; });
  return static_cast<std::size_t>(type - arguments.begin());
}

}  // namespace

std::optional<Result<Json>> TemplateEnvironment::call_own(std::string_view name, Arguments arguments) {
  const TemplateFrame& here = frame();
  struct Value {
    std::string_view name;
    const Json& value;
  };
  const std::array<Value, 7> values{{{"subscription", here.subscription_value},
                                     {"resourcegroup", here.resource_group_value},
                                     {"managementgroup", here.management_group_value},
                                     {"tenant", here.tenant_value},
                                     {"deployment", here.deployment_value},
                                     {"deployer", here.deployer_value},
                                     {"environment", here.environment_value}}};
  for (const auto& [known, value] : values) {
    if (known == name) return frame_value(name, value, arguments);
  }
  if (name == "copyindex") return copy_index(arguments);
  if (name == "utcnow") return utc_now(arguments);
  if (name == "newguid") return new_guid(arguments);
  if (name == "resourceid") return resource_id(arguments);
  if (name == "subscriptionresourceid" || name == "tenantresourceid" || name == "managementgroupresourceid" ||
      name == "extensionresourceid") {
    return scoped_id(name, arguments);
  }
  if (name == "reference") return reference(arguments);
  if (name == "references") return references(arguments);
  if (name == "resourceinfo") return resource_info(arguments);
  if (name.starts_with("list")) return list(name, arguments);
  return std::nullopt;
}

Result<Json> TemplateEnvironment::frame_value(std::string_view name, const Json& value, Arguments arguments) const {
  if (!arguments.empty()) return std::unexpected(wrong_argument_count(name, 0, 0, arguments.size()));
  if (value.is_null()) return not_here(name);
  return value;
}

// copyIndex([loopName], [offset])
Result<Json> TemplateEnvironment::copy_index(Arguments arguments) const {
  const bool named = !arguments.empty() && arguments[0]->is_string();
  std::int64_t offset = 0;
  if (arguments.size() > (named ? 2u : 1u))
    return std::unexpected(wrong_argument_count("copyIndex", 0, 2, arguments.size()));
  if (arguments.size() > (named ? 1u : 0u)) {
    constexpr std::int64_t kFar = 1'000'000'000;
    const Json& last = *arguments.back();
    if (!last.is_number_integer() || last > kFar || last < -kFar)
      return invalid("The offset of copyIndex() must be an integer.");
    offset = last.get<std::int64_t>();
  }
  const auto wanted = named ? arguments[0]->get_ref<const std::string&>() : std::string();
  auto found = std::find_if(rounds_.rbegin(), rounds_.rend(), [&](const CopyRound& round) {
    return named ? equals_ignoring_case(round.loop, wanted) : !round.property;
  });
  if (found == rounds_.rend() && !named) found = rounds_.rbegin();
  if (found == rounds_.rend()) {
    return invalid(
        "The template function 'copyIndex' is not expected at this location. The function can only be used in a "
        "resource, property, variable or output with copy specified. Please see https://aka.ms/arm-copy for usage "
        "details.");
  }
  return static_cast<std::int64_t>(found->index) + offset;
}

Result<Json> TemplateEnvironment::utc_now(Arguments arguments) const {
  if (place_ != Place::kParameter) return not_here("utcNow");
  if (arguments.size() > 1) return std::unexpected(wrong_argument_count("utcNow", 0, 1, arguments.size()));
  FH_TRY(const auto format, texts("utcNow", arguments));
  FH_TRY(std::string text, format_date_time(frame().now, format.empty() ? "yyyyMMddTHHmmssZ" : format[0]));
  return Json(std::move(text));
}

Result<Json> TemplateEnvironment::new_guid(Arguments arguments) const {
  if (place_ != Place::kParameter || !frame().new_guid) return not_here("newGuid");
  if (!arguments.empty()) return std::unexpected(wrong_argument_count("newGuid", 0, 0, arguments.size()));
  return Json(frame().new_guid());
}

// resourceId([subscriptionId], [resourceGroupName], type, names...)
Result<Json> TemplateEnvironment::resource_id(Arguments arguments) const {
  FH_TRY(const auto given, texts("resourceId", arguments));
  const auto before = leading(given);
  const TemplateFrame& here = frame();
  std::string scope = scope_id(here);
  if (before == 1 && is_guid(given[0])) {
    scope = group_scope(given[0], {});
  } else if (before == 1 && !here.subscription.empty()) {
    scope = group_scope(here.subscription, given[0]);
  } else if (before == 2 && is_guid(given[0])) {
    scope = group_scope(given[0], given[1]);
  } else if (before != 0 || given.empty()) {
    return invalid(
        "Unable to evaluate template language function 'resourceId': before the resource type stand at most a "
        "subscription's id and a resource group's name. Please see "
        "https://aka.ms/arm-resource-functions/#resourceid for usage details.");
  }
  return id_below("resourceId", scope, std::span(given).subspan(before));
}

Result<Json> TemplateEnvironment::scoped_id(std::string_view function, Arguments arguments) const {
  FH_TRY(const auto given, texts(function, arguments));
  const TemplateFrame& here = frame();
  if (function == "tenantresourceid") return id_below(function, {}, given);
  if (function == "extensionresourceid") {
    if (given.size() < 2) return invalid("The function 'extensionResourceId' needs a resource id, a type and names.");
    return id_below(function, scope_of_text(given[0], scope_id(here)), std::span(given).subspan(1));
  }
  const auto before = leading(given);
  const bool group = function == "managementgroupresourceid";
  const auto own = group ? here.management_group : here.subscription;
  const std::string name = before == 1 ? std::string(given[0]) : own;
  if (before > 1 || name.empty())
    return invalid(fmt::format("Unable to evaluate template language function '{}'.", function));
  return id_below(function, group ? management_group_scope(name) : group_scope(name, {}),
                  std::span(given).subspan(before));
}

// A name of a resource of the template, or any id with an api-version.
Result<LiveRequest> TemplateEnvironment::live_request(std::string_view function, Arguments arguments) const {
  FH_TRY(const auto target, texts(function, arguments.first(1)));
  LiveRequest request;
  const auto found = known(target[0]);
  if (found.size() > 1 && !target[0].starts_with('/')) {
    return invalid(fmt::format("The template reference '{}' is not valid: it is ambiguous.", target[0].substr(0, 512)));
  }
  if (!found.empty()) {
    request.id = found[0]->id;
    request.api_version = found[0]->api_version;
  } else if (target[0].starts_with('/')) {
    request.id = target[0];
  } else {
    return no_such_target(target[0]);
  }
  if (arguments.size() > 1) {
    FH_TRY(const auto version, texts(function, arguments.subspan(1, 1)));
    request.api_version = version[0];
  }
  if (request.api_version.empty()) return no_such_target(target[0]);
  return request;
}

Result<Json> TemplateEnvironment::read(const LiveRequest& request) {
  if (live_ == nullptr) return not_here(request.function.empty() ? "reference" : request.function);
  auto answer = live_->read(request);
  live_missing_ = !answer;
  return answer;
}

// reference(name or id, [apiVersion], ['Full'])
Result<Json> TemplateEnvironment::reference(Arguments arguments) {
  if (place_ != Place::kBody) return not_here("reference");
  if (arguments.empty() || arguments.size() > 3)
    return std::unexpected(wrong_argument_count("reference", 1, 3, arguments.size()));
  bool full = false;
  if (arguments.size() == 3) {
    FH_TRY(const auto word, texts("reference", arguments.last(1)));
    full = equals_ignoring_case(word[0], "full");
    if (!full) return invalid("Unable to evaluate template function 'reference': its third argument is 'Full'.");
  }
  FH_TRY(const LiveRequest request,
         live_request("reference", arguments.first(std::min<std::size_t>(arguments.size(), 2))));
  FH_TRY(Json resource, read(request));
  if (full) return resource;
  Json* properties = find_member(resource, "properties");
  return properties == nullptr ? Json::object() : std::move(*properties);
}

// references(symbolic name of a loop, ['Full'])
Result<Json> TemplateEnvironment::references(Arguments arguments) {
  if (place_ != Place::kBody) return not_here("references");
  if (arguments.empty() || arguments.size() > 2)
    return std::unexpected(wrong_argument_count("references", 1, 2, arguments.size()));
  FH_TRY(const auto given, texts("references", arguments));
  const bool full = given.size() == 2 && equals_ignoring_case(given[1], "full");
  Json out = Json::array();
  for (const PlannedResource* resource : known(given[0])) {
    FH_TRY(Json value, read({.id = resource->id, .api_version = resource->api_version}));
    Json* properties = find_member(value, "properties");
    out.push_back(full ? std::move(value) : properties == nullptr ? Json::object() : std::move(*properties));
    FH_CHECK_OK(budget_.admit(out.back()));
  }
  return out;
}

// listKeys(name or id, apiVersion, [body]) and whatever else begins with "list".
Result<Json> TemplateEnvironment::list(std::string_view name, Arguments arguments) {
  if (place_ != Place::kBody) return not_here(name);
  if (arguments.size() < 2 || arguments.size() > 3)
    return std::unexpected(wrong_argument_count(name, 2, 3, arguments.size()));
  FH_TRY(LiveRequest request, live_request(name, arguments.first(2)));
  request.function = std::string(name);
  if (arguments.size() == 3) request.body = *arguments[2];
  return read(request);
}

Result<Json> TemplateEnvironment::resource_info(Arguments arguments) const {
  if (arguments.size() != 1) return std::unexpected(wrong_argument_count("resourceInfo", 1, 1, arguments.size()));
  FH_TRY(const auto given, texts("resourceInfo", arguments));
  const auto found = known(given[0]);
  if (found.size() != 1) return no_such_target(given[0]);
  const PlannedResource& resource = *found[0];
  return Json{
      {"id", resource.id}, {"name", resource.name}, {"type", resource.type}, {"apiVersion", resource.api_version}};
}

}  // namespace freehold::gate::expression
