// The functions that only policy rules have. Source: "Azure Policy definition structure policy rule", Policy functions.
#include <fmt/format.h>

#include "base/encoding.h"
#include "expression/network.h"
#include "src/evaluation.h"

namespace freehold::gate::policy {
namespace {

using expression::Arguments;
using expression::find_member;
using expression::text_member;

std::unexpected<Error> wrong(std::string_view function, std::string_view what) {
  return fail(ErrorCode::kInvalidArgument, fmt::format("Unable to evaluate policy function '{}': {}.", function, what));
}

// "/subscriptions/S/resourceGroups/G/providers/N/t1/a/t2/b": the names "a/b".
std::string names_in(std::string_view id) {
  const auto marker = to_lower(id).rfind("/providers/");
  if (marker == std::string::npos) return std::string(id.substr(id.rfind('/') + 1));
  auto rest = id.substr(marker + std::string_view("/providers/").size());
  std::string out;
  for (std::size_t place = 0; !rest.empty(); ++place) {
    const auto slash = std::min(rest.find('/'), rest.size());
    if (place >= 2 && place % 2 == 0) out += (out.empty() ? "" : "/") + std::string(rest.substr(0, slash));
    rest.remove_prefix(std::min(slash + 1, rest.size()));
  }
  return out;
}

}  // namespace

ResourceFacts ResourceFacts::of(const Target& target) {
  const std::string whole = names_in(target.id);
  return {target.type, target.name.empty() ? whole.substr(whole.rfind('/') + 1) : target.name, whole, target.id};
}

ResourceFacts ResourceFacts::of_stored(const Json& resource, std::string_view type) {
  const auto id = text_member(resource, "id");
  const std::string whole = names_in(id);
  return {std::string(type), whole.substr(whole.rfind('/') + 1), whole, std::string(id)};
}

Result<const Json*> Evaluation::parameter(std::string_view name) {
  const Json* found = find_member(*subject_.parameters, name);
  if (found == nullptr) return Environment::parameter(name);
  return found;
}

std::optional<Result<Json>> Evaluation::call(std::string_view name, Arguments arguments, expression::Budget&) {
  if (name == "field") return field_function(arguments);
  if (name == "current") return current(arguments);
  if (name == "adddays") return add_days(arguments);
  if (name == "iprangecontains") return range_contains(arguments);
  if (name == "requestcontext") return request_context();
  if (name == "policy") return policy();
  if (name == "utcnow") return utc_now();
  const bool group = name == "resourcegroup";
  if (!group && name != "subscription") return std::nullopt;
  const Json& answer = group ? subject_.target->resource_group : subject_.target->subscription;
  if (answer.is_null()) return wrong(name, "the resource is in none");
  return answer;
}

// A single value as it is, "" where there is none; an array of all values that an array alias selects.
Result<Json> Evaluation::field_function(Arguments arguments) {
  if (arguments.size() != 1 || !arguments[0]->is_string()) return wrong("field", "it takes the name of a field");
  auto field = parse_field(arguments[0]->get_ref<const std::string&>(), subject_.definition->aliases());
  if (!field) return wrong("field", field.error().message);
  Selection selected;
  select(*field, selected);
  if (!selected.collection) {
    const Json* found = selected.values.empty() ? nullptr : selected.values.front();
    return found == nullptr ? Json("") : *found;
  }
  Json out = Json::array();
  for (const Json* one : selected.values) out.push_back(one == nullptr ? Json(nullptr) : *one);
  return out;
}

Result<Json> Evaluation::current(Arguments arguments) {
  if (frames_.empty()) return wrong("current", "it stands only in the 'where' of a count");
  if (arguments.empty()) {
    if (frames_.size() > 1) return wrong("current", "in a count inside another it needs a name");
    return *frames_.back().value;
  }
  if (!arguments[0]->is_string()) return wrong("current", "its argument must be a string");
  const auto& name = arguments[0]->get_ref<const std::string&>();
  for (auto frame = frames_.rbegin(); frame != frames_.rend(); ++frame) {
    const auto own = frame->alias != nullptr ? std::string_view(frame->alias->name) : frame->name;
    if (equals_ignoring_case(own, name)) return *frame->value;
  }
  auto field = parse_field(name, subject_.definition->aliases());
  if (!field || field->alias == nullptr) return wrong("current", fmt::format("no count is called '{}'", name));
  Selection selected;
  select(*field, selected);
  const Json* found = selected.values.size() == 1 ? selected.values.front() : nullptr;
  return found == nullptr ? Json(nullptr) : *found;
}

Result<Json> Evaluation::add_days(Arguments arguments) const {
  if (arguments.size() != 2 || !arguments[0]->is_string())
    return wrong("addDays", "it takes a date and a number of days");
  auto days = arguments[1]->is_number_integer() ? std::optional(arguments[1]->get<std::int64_t>()) : std::nullopt;
  const auto base = expression::parse_date_time(arguments[0]->get_ref<const std::string&>());
  if (!base || !days) return wrong("addDays", "it takes a date and a number of days");
  const auto sum = expression::add_days(*base, *days);
  if (!sum) return wrong("addDays", "the result leaves the years 1 to 9999");
  FH_TRY(std::string text, expression::format_date_time(*sum, expression::kUniversalIso8601));
  return Json(std::move(text));
}

Result<Json> Evaluation::range_contains(Arguments arguments) const {
  if (arguments.size() != 2 || !arguments[0]->is_string() || !arguments[1]->is_string()) {
    return wrong("ipRangeContains", "it takes two ranges of addresses");
  }
  const auto range = expression::parse_address_range(arguments[0]->get_ref<const std::string&>());
  const auto inner = expression::parse_address_range(arguments[1]->get_ref<const std::string&>());
  if (!range || !inner) return wrong("ipRangeContains", "a range of addresses can't be read");
  if (range->six != inner->six) return wrong("ipRangeContains", "the ranges are of two families");
  return range->first <= inner->first && inner->last <= range->last;
}

Result<Json> Evaluation::utc_now() const {
  FH_TRY(std::string text, expression::format_date_time(subject_.target->now, expression::kUniversalIso8601));
  return Json(std::move(text));
}

Json Evaluation::request_context() const {
  return {{"apiVersion", subject_.target->api_version}, {"identity", subject_.target->caller}};
}

Json Evaluation::policy() const {
  return {{"assignmentId", subject_.assignment == nullptr ? "" : subject_.assignment->id},
          {"definitionId", subject_.definition->id()},
          {"setDefinitionId", subject_.initiative == nullptr ? "" : subject_.initiative->id},
          {"definitionReferenceId", std::string(subject_.reference_id)}};
}

}  // namespace freehold::gate::policy
