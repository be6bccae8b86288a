// Values of a template: expressions evaluated, loops over properties and variables unrolled, and what they mention.
// Source: "Property iteration in ARM templates", "Variable iteration in ARM templates".
#include <fmt/format.h>

#include <algorithm>

#include "base/encoding.h"
#include "expression/syntax.h"
#include "src/evaluator.h"
#include "src/template_environment.h"
#include "src/text.h"

namespace freehold::gate::expression {
namespace {

constexpr std::size_t kMentions = 10'000;
constexpr std::uint64_t kStepsPerNode = 4;

// "copy": [{"name": ..., "count": ..., "input": ...}] in an object; nullptr if its "copy" is something else.
const Json* property_loops(const Json& object) {
  const Json* loops = find_member(object, "copy");
  if (loops == nullptr || !loops->is_array() || loops->empty()) return nullptr;
  const auto is_loop = [](const Json& loop) {
    return loop.is_object() && find_member(loop, "name") != nullptr && find_member(loop, "count") != nullptr &&
           find_member(loop, "input") != nullptr;
  };
  return std::all_of(loops->begin(), loops->end(), is_loop) ? loops : nullptr;
}

bool may_mention(std::string_view text) {
  return is_expression(text) && (find_ignoring_case(text, "reference") != std::string_view::npos ||
                                 find_ignoring_case(text, "list") != std::string_view::npos ||
                                 find_ignoring_case(text, "resourceInfo") != std::string_view::npos);
}

bool is_live_call(const Node& node) {
  if (node.kind != NodeKind::kCall || node.children.empty() || find_function(node.lowered) != nullptr) return false;
  return node.lowered == "reference" || node.lowered == "references" || node.lowered.starts_with("list");
}

}  // namespace

Result<Json> TemplateEnvironment::resolve_value(const Json& value, Place place) {
  const Around around(*this, place, true);
  Made made;
  return build(value, made);
}

Result<void> TemplateEnvironment::pay(const Json& value, Made& made) {
  const Weight weight = weigh(value, budget_.limits().nodes);
  made.nodes += weight.nodes;
  made.text_bytes += weight.text_bytes;
  if (made.nodes > budget_.limits().nodes || made.text_bytes > kTemplateBytes) {
    return fail(ErrorCode::kExhausted, "A value of the template becomes too large.");
  }
  return budget_.spend(weight.nodes * kStepsPerNode + weight.text_bytes / kStepsPerNode);
}

Result<Json> TemplateEnvironment::build(const Json& value, Made& made) {
  if (value.is_string()) return build_text(value.get_ref<const std::string&>(), made);
  if (value.is_object()) return build_object(value, made);
  if (!value.is_array()) {
    FH_CHECK_OK(pay(value, made));
    return value;
  }
  FH_CHECK_OK(pay(nullptr, made));
  Json out = Json::array();
  for (const Json& element : value) {
    FH_TRY(Json built, build(element, made));
    out.push_back(std::move(built));
  }
  return out;
}

Result<Json> TemplateEnvironment::build_text(const std::string& text, Made& made) {
  FH_CHECK_OK(budget_.spend(1 + text.size() / kStepsPerNode));
  live_missing_ = false;
  auto value = evaluate_text(text, *this, budget_);
  if (!value && live_missing_ && unknown_ == Unknown::kStays) value = Json(text);
  if (!value) return pass_on(value);
  FH_CHECK_OK(pay(*value, made));
  return value;
}

Result<Json> TemplateEnvironment::build_object(const Json& value, Made& made) {
  FH_CHECK_OK(pay(nullptr, made));
  const Json* loops = property_loops(value);
  Json out = Json::object();
  for (const auto& [name, member] : value.items()) {
    if (&member == loops) continue;
    FH_TRY(Json built, build(member, made));
    if (!is_expression(name) && !name.starts_with("[[")) {
      append_member(out, name, std::move(built));
      continue;
    }
    FH_TRY(const Json built_name, build_text(name, made));
    if (!built_name.is_string()) {
      return fail(ErrorCode::kInvalidArgument, fmt::format("The name '{}' of a property is no string.", name));
    }
    FH_CHECK_OK(budget_.spend(1 + out.size() / 8));
    set_member(out, built_name.get_ref<const std::string&>(), std::move(built));
  }
  if (loops == nullptr) return out;
  for (const Json& loop : *loops) {
    FH_TRY(const std::string name, resolve_text(*find_member(loop, "name"), "name of a copy loop"));
    FH_TRY(Json built, build_loop(loop, name, made));
    set_member(out, name, std::move(built));
  }
  return out;
}

Result<Json> TemplateEnvironment::build_loop(const Json& loop, const std::string& name, Made& made) {
  FH_TRY(const std::size_t count, resolve_count(*find_member(loop, "count")));
  Json out = Json::array();
  for (std::size_t i = 0; i < count; ++i) {
    enter_round({.loop = name, .index = i, .property = true});
    auto built = build(*find_member(loop, "input"), made);
    leave_round();
    if (!built) return pass_on(built);
    out.push_back(std::move(*built));
  }
  return out;
}

Result<std::string> TemplateEnvironment::resolve_text(const Json& value, std::string_view what) {
  Made made;
  FH_TRY(const Json resolved, build(value, made));
  if (!resolved.is_string() || resolved.get_ref<const std::string&>().empty()) {
    return fail(ErrorCode::kInvalidArgument, fmt::format("The {} must be a string that isn't empty.", what));
  }
  return resolved.get<std::string>();
}

Result<std::size_t> TemplateEnvironment::resolve_count(const Json& value) {
  Made made;
  const Around around(*this, place_ == Place::kBody ? Place::kHead : place_, true);
  FH_TRY(const Json count, build(value, made));
  if (!count.is_number_integer() || count < 0) {
    return fail(ErrorCode::kInvalidArgument,
                "The 'count' of a copy must be an integer that isn't negative. Please see https://aka.ms/arm-copy for "
                "usage details.");
  }
  if (count > kCopies) {
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("The number of copies '{}' exceeds the limit '{}'. Please see https://aka.ms/arm-copy for "
                            "usage details.",
                            count.dump(), kCopies));
  }
  return count.get<std::size_t>();
}

Result<void> TemplateEnvironment::find_mentions(const Json& value, std::vector<Mention>& out) {
  FH_CHECK_OK(budget_.spend(1));
  if (value.is_string()) return find_in_text(value.get_ref<const std::string&>(), out);
  if (value.is_object()) return find_in_object(value, out);
  if (!value.is_array()) return {};
  for (const Json& element : value) {
    FH_CHECK_OK(find_mentions(element, out));
  }
  return {};
}

Result<void> TemplateEnvironment::find_in_object(const Json& value, std::vector<Mention>& out) {
  const Json* loops = property_loops(value);
  for (const auto& [name, member] : value.items()) {
    FH_CHECK_OK(find_in_text(name, out));
    if (&member == loops) continue;
    FH_CHECK_OK(find_mentions(member, out));
  }
  if (loops == nullptr) return {};
  for (const Json& loop : *loops) {
    FH_TRY(const std::string name, resolve_text(*find_member(loop, "name"), "name of a copy loop"));
    FH_TRY(const std::size_t count, resolve_count(*find_member(loop, "count")));
    for (std::size_t i = 0; i < count; ++i) {
      enter_round({.loop = name, .index = i, .property = true});
      const auto found = find_mentions(*find_member(loop, "input"), out);
      leave_round();
      if (!found) return found;
    }
  }
  return {};
}

// What an argument needs that isn't known yet (lambdas' variables, another reference) makes it no mention.
Result<void> TemplateEnvironment::find_in_text(const std::string& text, std::vector<Mention>& out) {
  if (!may_mention(text)) return {};
  FH_CHECK_OK(budget_.spend(1 + text.size() / kStepsPerNode));
  FH_TRY(const Expression expression, Expression::parse(text));
  for (const Node& node : expression.nodes()) {
    if (!is_live_call(node)) continue;
    Evaluator evaluator(expression, *this, budget_);
    const auto target = evaluator.eval(node.children[0]);
    if (!target && target.error().code == ErrorCode::kExhausted) return std::unexpected(target.error());
    if (!target || !target->get().is_string()) continue;
    if (out.size() == kMentions) return fail(ErrorCode::kExhausted, "A resource refers to too many others.");
    const bool versioned = node.lowered == "reference" ? node.children.size() > 1 : node.lowered != "references";
    out.push_back({.target = target->get().get<std::string>(), .own_version = versioned});
  }
  return {};
}

}  // namespace freehold::gate::expression
