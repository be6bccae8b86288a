#include "authz/condition.h"

#include <algorithm>

#include "authz/role.h"
#include "base/encoding.h"
#include "src/condition_node.h"

namespace freehold::gate::authz {
namespace {

using Node = Condition::Node;

// It is evaluated on an event loop. What all conditions of a decision may take follows from what they are to read.
constexpr Effort kEffortOfByte = 128;
constexpr std::size_t kFreeBytes = 64;  // even the shortest may look at a long path
constexpr Effort kFactEffort = 256;     // asking for one

// Of many: true as soon as one is; not known if one isn't and none is true. For all: the same of their negations.
template <class List, class Ask>
Truth any_of(const List& list, const Ask& ask) {
  Truth out = Truth::kFalse;
  for (const auto& item : list) {
    const Truth one = ask(item);
    if (one == Truth::kTrue) return one;
    if (one == Truth::kUnknown) out = one;
  }
  return out;
}
template <class List, class Ask>
Truth all_of(const List& list, const Ask& ask) {
  return negation(any_of(list, [&](const auto& item) { return negation(ask(item)); }));
}

class Evaluation {
 public:
  Evaluation(std::string_view action, const Facts* facts, Effort effort)
      : action_(action), facts_(facts), left_over_(effort) {}
  [[nodiscard]] bool is_spent() const { return left_over_ == 0; }

  Truth of(const Node& node) {
    switch (node.kind) {
      case Node::Kind::kAnd:
        return all_of(node.children, [&](const auto& child) { return of(*child); });
      case Node::Kind::kOr:
        return any_of(node.children, [&](const auto& child) { return of(*child); });
      case Node::Kind::kNot:
        return negation(of(*node.children[0]));
      case Node::Kind::kAction:
        return truth(matches_action(node.text, action_));
      case Node::Kind::kSubOperation:
        return names_sub_operation(node.text);
      case Node::Kind::kExists:
        return exists(node.left);
      case Node::Kind::kCompare:
        return comparison(node);
    }
    return Truth::kUnknown;
  }

 private:
  Fact fact_of(const Operand& operand) {
    if (!operand.attribute) return {Fact::State::kKnown, operand.values};
    left_over_ -= std::min(left_over_, kFactEffort);
    return facts_ == nullptr || left_over_ == 0 ? Fact{} : facts_->of(*operand.attribute, operand.key);
  }
  Truth names_sub_operation(const std::string& wanted) {
    const auto fact = fact_of({.attribute = Attribute::kSubOperation});
    if (fact.state != Fact::State::kKnown) return Truth::kUnknown;
    return truth(std::ranges::any_of(fact.values, [&](const auto& one) { return equals_ignoring_case(one, wanted); }));
  }
  Truth exists(const Operand& operand) {
    const auto fact = fact_of(operand);
    if (fact.state == Fact::State::kUnknown) return Truth::kUnknown;
    return truth(fact.state == Fact::State::kKnown);
  }
  // Of what isn't there nothing can be said, not even that it differs.
  Truth comparison(const Node& node) {
    const auto left = fact_of(node.left);
    const auto right = fact_of(node.right);
    if (left.state != Fact::State::kKnown || right.state != Fact::State::kKnown) return Truth::kUnknown;
    const auto one = [&](const std::string& a, const std::string& b) { return compare(node.op, a, b, left_over_); };
    const auto any_right = [&](const std::string& a) {
      return any_of(right.values, [&](const std::string& b) { return one(a, b); });
    };
    const auto all_right = [&](const std::string& a) {
      return all_of(right.values, [&](const std::string& b) { return one(a, b); });
    };
    switch (node.op.quantifier) {
      case Quantifier::kSingle:
        if (left.values.size() != 1 || right.values.size() != 1) return Truth::kUnknown;
        return one(left.values[0], right.values[0]);
      case Quantifier::kAnyOfAny:
        return any_of(left.values, any_right);
      case Quantifier::kAllOfAny:
        return all_of(left.values, any_right);
      case Quantifier::kAnyOfAll:
        return any_of(left.values, all_right);
      case Quantifier::kAllOfAll:
        return all_of(left.values, all_right);
    }
    return Truth::kUnknown;
  }

  std::string_view action_;
  const Facts* facts_;
  Effort left_over_;
};

}  // namespace

Condition::Condition(std::unique_ptr<const Node> root, std::size_t size) : root_(std::move(root)), size_(size) {}
Condition::~Condition() = default;

Condition::Compiled Condition::compile(std::string_view text) {
  std::string fault;
  auto root = parse_condition(text, fault);
  if (root == nullptr) return std::unexpected(std::move(fault));
  return std::shared_ptr<const Condition>(new Condition(std::move(root), text.size()));
}

// What takes more effort than the condition's length allows isn't known.
Truth Condition::evaluate(std::string_view action, const Facts* facts) const {
  Evaluation evaluation(action, facts, kEffortOfByte * (size_ + kFreeBytes));
  const Truth found = evaluation.of(*root_);
  return evaluation.is_spent() ? Truth::kUnknown : found;
}

}  // namespace freehold::gate::authz
