// The functions that take a lambda: lambda('x', ..., body), whose body sees its arguments through lambdaVariables('x').
// Source: "Lambda functions for ARM templates".
#include <algorithm>
#include <numeric>

#include "base/encoding.h"
#include "src/evaluator.h"

namespace freehold::gate::expression {
namespace {

std::unexpected<Error> wrong(const Node& node, std::string_view what) {
  return fail(ErrorCode::kInvalidArgument,
              fmt::format("Unable to evaluate template function '{}': {}.", node.text, what));
}

}  // namespace

Result<Evaluator::Lambda> Evaluator::lambda(const Node& call, std::size_t argument, std::size_t least,
                                            std::size_t most) {
  const Node& given = node(call.children[argument]);
  if (given.kind != NodeKind::kCall || given.lowered != "lambda" || given.children.empty()) {
    return wrong(call, fmt::format("argument {} is no lambda", argument + 1));
  }
  Lambda made{.names = {}, .body = given.children.back()};
  for (std::size_t i = 0; i + 1 < given.children.size(); ++i) {
    const Node& name = node(given.children[i]);
    if (name.kind != NodeKind::kText) return wrong(call, "the parameters of a lambda are string literals");
    made.names.push_back(name.text);
  }
  if (made.names.size() < least || made.names.size() > most) {
    return wrong(call, fmt::format("its lambda takes {} to {} parameters", least, most));
  }
  return made;
}

Result<Json> Evaluator::apply(const Lambda& lambda, std::span<const Json* const> values) {
  for (std::size_t i = 0; i < lambda.names.size(); ++i) bindings_.push_back({lambda.names[i], values[i]});
  auto result = eval(lambda.body);
  bindings_.resize(bindings_.size() - lambda.names.size());
  if (!result) return pass_on(result);
  // A copy of what is lent is paid for like anything made.
  if (result->lent != nullptr) {
    FH_CHECK_OK(budget_.admit(*result->lent));
  }
  return result->take();
}

Result<bool> Evaluator::holds(const Node& node, const Lambda& lambda, std::span<const Json* const> values) {
  FH_TRY(const Json result, apply(lambda, values));
  if (!result.is_boolean()) return wrong(node, "its lambda must give a boolean");
  return result.get<bool>();
}

Result<void> Evaluator::grow(Weight& made, const Json& value) const {
  const Weight weight = weigh(value, budget_.limits().nodes);
  made.nodes += weight.nodes;
  made.text_bytes += weight.text_bytes;
  if (made.nodes > budget_.limits().nodes || made.text_bytes > 4 * budget_.limits().text_bytes) {
    return fail(ErrorCode::kExhausted, "The result of a language expression is too large.");
  }
  return {};
}

Result<Slot> Evaluator::over_lambda(const Node& node, std::string_view name) {
  if (name == "lambda") return wrong(node, "a lambda stands only as an argument of a function that takes one");
  FH_TRY(const Slot first, eval(node.children[0]));
  const Json& input = first.get();
  if (name == "mapvalues" ? !input.is_object() : !input.is_array()) {
    return wrong(node, fmt::format("argument 1 is of type '{}'", type_name(input)));
  }
  const auto run = [&]() -> Result<Json> {
    if (name == "filter") return filter(node, input);
    if (name == "map") return map(node, input);
    if (name == "mapvalues") return map_values(node, input);
    if (name == "reduce") return reduce(node, input);
    if (name == "sort") return sort(node, input);
    if (name == "toobject") return to_object(node, input);
    return group_by(node, input);
  };
  FH_TRY(Json value, run());
  FH_CHECK_OK(budget_.admit(value));
  return Slot::keep(std::move(value));
}

Result<Json> Evaluator::filter(const Node& node, const Json& array) {
  FH_TRY(const Lambda test, lambda(node, 1, 1, 2));
  Weight made;
  Json out = Json::array();
  for (std::size_t i = 0; i < array.size(); ++i) {
    const Json index = i;
    const Json* const values[] = {&array[i], &index};
    FH_TRY(const bool kept, holds(node, test, values));
    if (!kept) continue;
    FH_CHECK_OK(grow(made, array[i]));
    out.push_back(array[i]);
  }
  return out;
}

Result<Json> Evaluator::map(const Node& node, const Json& array) {
  FH_TRY(const Lambda change, lambda(node, 1, 1, 2));
  Weight made;
  Json out = Json::array();
  for (std::size_t i = 0; i < array.size(); ++i) {
    const Json index = i;
    const Json* const values[] = {&array[i], &index};
    FH_TRY(Json changed, apply(change, values));
    FH_CHECK_OK(grow(made, changed));
    out.push_back(std::move(changed));
  }
  return out;
}

Result<Json> Evaluator::map_values(const Node& node, const Json& object) {
  FH_TRY(const Lambda change, lambda(node, 1, 1, 1));
  Weight made;
  Json out = Json::object();
  for (const auto& [name, member] : object.items()) {
    const Json* const values[] = {&member};
    FH_TRY(Json changed, apply(change, values));
    FH_CHECK_OK(grow(made, changed));
    append_member(out, name, std::move(changed));
  }
  return out;
}

Result<Json> Evaluator::reduce(const Node& node, const Json& array) {
  FH_TRY(Slot initial, eval(node.children[1]));
  FH_TRY(const Lambda join, lambda(node, 2, 2, 3));
  Json sum = initial.take();
  for (std::size_t i = 0; i < array.size(); ++i) {
    const Json index = i;
    const Json* const values[] = {&sum, &array[i], &index};
    FH_TRY(Json next, apply(join, values));
    sum = std::move(next);
  }
  return sum;
}

// A stable merge sort of our own: the order is the customer's and may contradict itself, which std::sort doesn't bear.
Result<Json> Evaluator::sort(const Node& node, const Json& array) {
  FH_TRY(const Lambda less, lambda(node, 1, 2, 2));
  std::vector<std::size_t> order(array.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::vector<std::size_t> merged(order.size());
  for (std::size_t width = 1; width < order.size(); width *= 2) {
    for (std::size_t start = 0; start < order.size(); start += 2 * width) {
      const auto middle = std::min(start + width, order.size());
      const auto end = std::min(start + 2 * width, order.size());
      auto left = start;
      auto right = middle;
      for (auto to = start; to < end; ++to) {
        bool take_right = left == middle;
        if (left < middle && right < end) {
          const Json* const values[] = {&array[order[right]], &array[order[left]]};
          FH_TRY(take_right, holds(node, less, values));
        }
        merged[to] = order[take_right ? right++ : left++];
      }
    }
    order.swap(merged);
  }
  Json out = Json::array();
  for (const auto place : order) out.push_back(array[place]);
  return out;
}

Result<Json> Evaluator::to_object(const Node& node, const Json& array) {
  FH_TRY(const Lambda key, lambda(node, 1, 1, 1));
  std::optional<Lambda> change;
  if (node.children.size() > 2) {
    FH_TRY(change, lambda(node, 2, 1, 1));
  }
  Weight made;
  Json out = Json::object();
  for (const Json& element : array) {
    const Json* const values[] = {&element};
    FH_TRY(const Json name, apply(key, values));
    if (!name.is_string()) return wrong(node, "its first lambda must give a string");
    Json value = element;
    if (change) {
      FH_TRY(value, apply(*change, values));
    }
    FH_CHECK_OK(grow(made, value));
    FH_CHECK_OK(budget_.spend(out.size() / 4));
    set_member(out, name.get_ref<const std::string&>(), std::move(value));
  }
  return out;
}

Result<Json> Evaluator::group_by(const Node& node, const Json& array) {
  FH_TRY(const Lambda key, lambda(node, 1, 1, 1));
  Weight made;
  Json out = Json::object();
  for (const Json& element : array) {
    const Json* const values[] = {&element};
    FH_TRY(const Json name, apply(key, values));
    if (!name.is_string()) return wrong(node, "its lambda must give a string");
    FH_CHECK_OK(grow(made, element));
    FH_CHECK_OK(budget_.spend(out.size() / 4));
    Json* group = find_member(out, name.get_ref<const std::string&>());
    if (group == nullptr) {
      append_member(out, name.get<std::string>(), Json::array());
      group = &out.get_ref<Json::object_t&>().back().second;
    }
    group->push_back(element);
  }
  return out;
}

}  // namespace freehold::gate::expression
