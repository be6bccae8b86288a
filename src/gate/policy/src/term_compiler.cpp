#include <fmt/format.h>

#include <algorithm>

#include "expression/evaluate.h"
#include "src/policy_function.h"
#include "src/rule_compiler.h"

namespace freehold::gate::policy {
namespace {

using expression::Expression;
using expression::Node;
using expression::NodeKind;

std::unexpected<Refusal> invalid(std::string message) { return refuse("InvalidPolicyRule", std::move(message)); }

// nullptr: this isn't a function of policies.
const PolicyFunction* find_policy_function(std::string_view lowered) {
  const auto* found = std::find_if(std::begin(kPolicyFunctions), std::end(kPolicyFunctions),
                                   [lowered](const PolicyFunction& one) { return one.name == lowered; });
  return found == std::end(kPolicyFunctions) ? nullptr : found;
}

bool is_template_only(std::string_view lowered) {
  return std::find(std::begin(kTemplateOnly), std::end(kTemplateOnly), lowered) != std::end(kTemplateOnly);
}

}  // namespace

Checked<Expression> RuleCompiler::expression(std::string_view text) {
  auto parsed = Expression::parse(text, expression::kPolicyExpressionBytes);
  if (!parsed) return invalid(parsed.error().message);
  if (parsed->depth() > kFunctionDepth) {
    return invalid(
        fmt::format("The functions of '{}...' are nested deeper than {}.", text.substr(0, 64), kFunctionDepth));
  }
  for (const Node& node : parsed->nodes()) {
    if (node.kind != NodeKind::kCall) continue;
    FH_CHECK_OK(check_call(*parsed, node));
  }
  return std::move(*parsed);
}

Checked<void> RuleCompiler::check_call(const Expression& expression, const Node& call) {
  if (++functions_ > kMostFunctions)
    return invalid(fmt::format("The rule calls more than {} functions.", kMostFunctions));
  std::size_t least = 0;
  std::size_t most = 0;
  if (const auto* own = find_policy_function(call.lowered)) {
    least = own->least;
    most = own->most;
  } else {
    const auto* pure = expression::find_function(call.lowered);
    if (pure == nullptr || pure->lambda || is_template_only(call.lowered)) {
      return invalid(fmt::format("The function '{}' is not valid in a policy rule.", call.text));
    }
    least = pure->least;
    most = pure->most;
  }
  if (call.children.size() < least || call.children.size() > most) {
    return invalid(expression::wrong_argument_count(call.text, least, most, call.children.size()).message);
  }
  if (call.children.empty()) return {};
  const Node& first = expression.nodes()[call.children[0]];
  if (first.kind != NodeKind::kText) return {};
  if (call.lowered == "parameters" && parameters_.find(first.text) == nullptr) {
    return refuse("UndefinedPolicyParameter",
                  fmt::format("The policy rule refers to the parameter '{}', which isn't defined.", first.text));
  }
  if (call.lowered == "field") {
    FH_TRY(const Field named, parse_field(first.text, aliases_));
    static_cast<void>(named);
  }
  return {};
}

// Arrays and objects may have expressions in them; they are checked now and evaluated with the whole.
Checked<void> RuleCompiler::inner_terms(const Json& value) {
  if (value.is_string() && expression::is_expression(value.get_ref<const std::string&>())) {
    FH_TRY(const Expression checked, expression(value.get_ref<const std::string&>()));
    static_cast<void>(checked);
  } else if (value.is_structured()) {
    for (const Json& inner : value) {
      FH_CHECK_OK(inner_terms(inner));
    }
  }
  return {};
}

Checked<Term> RuleCompiler::term(const Json& value) {
  Term out;
  out.literal = value;
  if (value.is_string()) {
    const auto& text = value.get_ref<const std::string&>();
    if (expression::is_expression(text)) {
      FH_TRY(Expression parsed, expression(text));
      out.whole = std::make_unique<const Expression>(std::move(parsed));
    } else {
      out.literal = std::string(expression::unescaped(text));
    }
  } else if (value.is_structured()) {
    FH_CHECK_OK(inner_terms(value));
    out.mixed = value.dump(-1, ' ', false, Json::error_handler_t::replace).find("\"[") != std::string::npos;
  }
  return out;
}

Checked<Term> RuleCompiler::member(const Json& owner, std::string_view name) {
  const Json* value = expression::find_member(owner, name);
  return term(value == nullptr ? Json(nullptr) : *value);
}

}  // namespace freehold::gate::policy
