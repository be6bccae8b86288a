#include "expression/evaluate.h"

#include <algorithm>

#include "base/encoding.h"
#include "src/evaluator.h"

namespace freehold::gate::expression {
namespace {

std::unexpected<Error> invalid(std::string message) { return fail(ErrorCode::kInvalidArgument, std::move(message)); }

// The names of an object's members, as an error may list them.
std::string some_names(const Json& object) {
  constexpr std::size_t kMost = 20;
  std::string names;
  std::size_t count = 0;
  for (const auto& [name, member] : object.items()) {
    if (++count > kMost) return names + ", ...";
    names += (names.empty() ? "" : ", ") + name;
  }
  return names;
}

Result<bool> truth(const Node& node, const Json& value) {
  if (value.is_boolean()) return value.get<bool>();
  return invalid(fmt::format("Unable to evaluate template function '{}': a value of type '{}' is no boolean.",
                             node.text, type_name(value)));
}

// What a function reads costs as well as what it makes: a text of a megabyte may be asked about a million times.
Result<void> pay_for_reading(Arguments arguments, Budget& budget) {
  constexpr std::size_t kBytesPerStep = 64;
  constexpr std::size_t kNodesPerStep = 4;
  for (const Json* argument : arguments) {
    if (argument->is_primitive() && !argument->is_string()) continue;
    const Weight weight = weigh(*argument, budget.limits().nodes);
    FH_CHECK_OK(budget.spend(weight.text_bytes / kBytesPerStep + weight.nodes / kNodesPerStep));
  }
  return {};
}

}  // namespace

Error unknown_function(std::string_view name) {
  return {ErrorCode::kInvalidArgument, fmt::format("The template function '{}' is not valid.", name), {}};
}

Error wrong_argument_count(std::string_view name, std::size_t least, std::size_t most, std::size_t given) {
  const auto wanted = least == most  ? fmt::format("{}", least)
                      : most == kAny ? fmt::format("at least {}", least)
                                     : fmt::format("{} to {}", least, most);
  return {ErrorCode::kInvalidArgument,
          fmt::format("Unable to evaluate template function '{}': it takes {} argument(s), {} were given.", name,
                      wanted, given),
          {}};
}

Result<const Json*> Environment::parameter(std::string_view name) {
  return invalid(fmt::format("The template parameter '{}' is not found.", name));
}

Result<const Json*> Environment::variable(std::string_view name) {
  return invalid(fmt::format("The template variable '{}' is not found.", name));
}

std::optional<Result<Json>> Environment::call(std::string_view, Arguments, Budget&) { return std::nullopt; }

Result<Slot> Evaluator::eval(std::uint32_t index) {
  FH_CHECK_OK(budget_.spend(1));
  const Node& here = node(index);
  switch (here.kind) {
    case NodeKind::kText:
      return Slot::keep(here.text);
    case NodeKind::kInteger:
      return Slot::keep(here.number);
    case NodeKind::kAccess:
      return access(index);
    case NodeKind::kCall:
      return call(here);
  }
  return invalid("not an expression");
}

// A chain a.b[c].d leans to the left as deep as it is long, so it is walked in a loop.
Result<Slot> Evaluator::access(std::uint32_t index) {
  std::vector<std::uint32_t> keys;
  while (node(index).kind == NodeKind::kAccess) {
    keys.push_back(node(index).children[1]);
    index = node(index).children[0];
  }
  FH_TRY(Slot value, eval(index));
  for (auto key = keys.rbegin(); key != keys.rend(); ++key) {
    FH_TRY(const Slot name, eval(*key));
    FH_TRY(value, step(std::move(value), name.get()));
  }
  return value;
}

Result<Slot> Evaluator::step(Slot target, const Json& key) {
  const Json& from = target.get();
  const Json* found = nullptr;
  if (from.is_object() && key.is_string()) {
    FH_CHECK_OK(budget_.spend(from.size() / 8));
    const auto& name = key.get_ref<const std::string&>();
    found = find_member(from, name);
    if (found == nullptr && environment_.absent_is_empty()) return Slot::keep("");
    if (found == nullptr) {
      return invalid(fmt::format("The language expression property '{}' doesn't exist, available properties are '{}'.",
                                 name, some_names(from)));
    }
  } else if (from.is_array() && key.is_number_integer()) {
    const auto place = key.get<std::int64_t>();
    if (place < 0 || static_cast<std::uint64_t>(place) >= from.size()) {
      return invalid(fmt::format("The language expression property array index '{}' is out of bounds.", place));
    }
    found = &from[static_cast<std::size_t>(place)];
  } else {
    return invalid(
        fmt::format("The language expression property '{}' can't be evaluated: a value of type '{}' has none.",
                    text_of(key).substr(0, 128), type_name(from)));
  }
  if (target.lent != nullptr) return Slot::lend(*found);
  Json part = std::move(*const_cast<Json*>(found));  // of target.own, which goes
  return Slot::keep(std::move(part));
}

Result<Slot> Evaluator::call(const Node& node) {
  const FunctionRow* row = find_row(node.lowered);
  if (row != nullptr) {
    const auto given = node.children.size();
    if (given < row->shape.least || given > row->shape.most) {
      return std::unexpected(wrong_argument_count(node.text, row->shape.least, row->shape.most, given));
    }
    if (row->run == nullptr) return special(node, row->shape.name);
  }
  return call_plain(node, row);
}

Result<Slot> Evaluator::call_plain(const Node& node, const FunctionRow* row) {
  std::vector<Slot> slots;
  slots.reserve(node.children.size());
  for (const auto child : node.children) {
    FH_TRY(Slot slot, eval(child));
    slots.push_back(std::move(slot));
  }
  std::vector<const Json*> arguments;
  arguments.reserve(slots.size());
  for (const Slot& slot : slots) arguments.push_back(&slot.get());
  FH_CHECK_OK(pay_for_reading(arguments, budget_));
  std::optional<Result<Json>> outside;
  if (row == nullptr) {
    outside = environment_.call(node.lowered, arguments, budget_);
    if (!outside) return std::unexpected(unknown_function(node.text));
  }
  FH_TRY(Json value, row != nullptr ? row->run({node.text, arguments, budget_}) : std::move(*outside));
  FH_CHECK_OK(budget_.admit(value));
  return Slot::keep(std::move(value));
}

Result<Slot> Evaluator::special(const Node& node, std::string_view name) {
  if (name == "parameters" || name == "variables" || name == "lambdavariables") return named(node, name);
  if (name == "if") return choose(node);
  if (name == "and") return junction(node, false);
  if (name == "or") return junction(node, true);
  if (name == "coalesce") return coalesce(node);
  return over_lambda(node, name);
}

Result<Slot> Evaluator::named(const Node& node, std::string_view name) {
  FH_TRY(const Slot argument, eval(node.children[0]));
  if (!argument.get().is_string()) {
    return invalid(fmt::format("Unable to evaluate template function '{}': its argument is no string.", node.text));
  }
  const auto& wanted = argument.get().get_ref<const std::string&>();
  if (name == "lambdavariables") {
    const auto found = std::find_if(bindings_.rbegin(), bindings_.rend(), [&wanted](const Binding& binding) {
      return equals_ignoring_case(binding.name, wanted);
    });
    if (found == bindings_.rend()) return invalid(fmt::format("The lambda variable '{}' is not found.", wanted));
    return Slot::lend(*found->value);
  }
  FH_TRY(const Json* const value,
         name == "parameters" ? environment_.parameter(wanted) : environment_.variable(wanted));
  return Slot::lend(*value);
}

// Only the branch that is taken is evaluated: the other may refer to what isn't there.
Result<Slot> Evaluator::choose(const Node& node) {
  FH_TRY(const Slot condition, eval(node.children[0]));
  FH_TRY(const bool yes, truth(node, condition.get()));
  return eval(node.children[yes ? 1 : 2]);
}

// and, or: left to right, until one decides.
Result<Slot> Evaluator::junction(const Node& node, bool stop_at) {
  for (const auto child : node.children) {
    FH_TRY(const Slot argument, eval(child));
    FH_TRY(const bool value, truth(node, argument.get()));
    if (value == stop_at) return Slot::keep(stop_at);
  }
  return Slot::keep(!stop_at);
}

Result<Slot> Evaluator::coalesce(const Node& node) {
  for (const auto child : node.children) {
    FH_TRY(Slot argument, eval(child));
    if (!argument.get().is_null()) return argument;
  }
  return Slot::keep(nullptr);
}

Result<Json> evaluate(const Expression& expression, Environment& environment, Budget& budget) {
  FH_CHECK_OK(budget.enter());
  Evaluator evaluator(expression, environment, budget);
  auto slot = evaluator.eval(expression.root_index());
  budget.leave();
  if (!slot) return pass_on(slot);
  if (slot->lent != nullptr) {
    FH_CHECK_OK(budget.admit(*slot->lent));
  }
  return slot->take();
}

Result<Json> evaluate_text(std::string_view text, Environment& environment, Budget& budget) {
  if (!is_expression(text)) return Json(std::string(unescaped(text)));
  FH_TRY(const Expression expression, Expression::parse(text));
  return evaluate(expression, environment, budget);
}

Result<Json> resolve(const Json& value, Environment& environment, Budget& budget) {
  FH_CHECK_OK(budget.spend(1));
  if (value.is_string()) return evaluate_text(value.get_ref<const std::string&>(), environment, budget);
  if (value.is_array()) {
    Json out = Json::array();
    for (const Json& element : value) {
      FH_TRY(Json resolved, resolve(element, environment, budget));
      out.push_back(std::move(resolved));
    }
    return out;
  }
  if (!value.is_object()) return value;
  Json out = Json::object();
  for (const auto& [name, member] : value.items()) {
    FH_TRY(const Json resolved_name, evaluate_text(name, environment, budget));
    if (!resolved_name.is_string()) return invalid(fmt::format("The name '{}' of a property is no string.", name));
    FH_TRY(Json resolved, resolve(member, environment, budget));
    if (resolved_name.get_ref<const std::string&>() == name) {
      append_member(out, name, std::move(resolved));
    } else {
      set_member(out, resolved_name.get_ref<const std::string&>(), std::move(resolved));
    }
  }
  return out;
}

}  // namespace freehold::gate::expression
