#include "src/evaluation.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/encoding.h"
#include "src/rule_compiler.h"

namespace freehold::gate::policy {
namespace {

using expression::find_member;

constexpr std::size_t kTraced = 64;            // entries, of which a client sees all
constexpr std::size_t kTracedText = 4 * 1024;  // of one value

std::unexpected<Error> wrong(std::string message) { return fail(ErrorCode::kInvalidArgument, std::move(message)); }

// A trace goes into an error's body: large values are told by their type only.
Json for_trace(const Json& value) {
  const auto weight = expression::weigh(value, 256);
  if (weight.nodes > 256 || weight.text_bytes > kTracedText) return fmt::format("({})", expression::type_name(value));
  return value;
}

}  // namespace

Result<bool> Evaluation::holds(const Condition& condition) {
  FH_CHECK_OK(budget_.spend(1));
  switch (condition.kind) {
    case Condition::Kind::kField:
      return field_holds(condition);
    case Condition::Kind::kValue:
      return value_holds(condition);
    case Condition::Kind::kFieldCount:
    case Condition::Kind::kValueCount:
      return count_holds(condition);
    default:
      return logical(condition);
  }
}

// Evaluated in order until the outcome is known. Of what was traced, that stays which decided.
Result<bool> Evaluation::logical(const Condition& condition) {
  if (condition.kind == Condition::Kind::kNot) {
    FH_TRY(const bool inner, holds(condition.children[0]));
    return !inner;
  }
  const bool stop_at = condition.kind == Condition::Kind::kAnyOf;
  const auto start = trace_.size();
  for (const Condition& child : condition.children) {
    const auto before = trace_.size();
    FH_TRY(const bool result, holds(child));
    if (result != stop_at) continue;
    trace_.erase(trace_.begin() + static_cast<std::ptrdiff_t>(start),
                 trace_.begin() + static_cast<std::ptrdiff_t>(before));
    return stop_at;
  }
  return !stop_at;
}

void Evaluation::record(bool result, std::string_view kind, std::string expression, const Field* field,
                        const Json* value, const Json& target, Operator op) {
  if (!traced_ || trace_.size() >= kTraced) return;
  EvaluatedExpression entry;
  entry.result = result;
  entry.kind = kind;
  entry.expression = std::move(expression);
  if (field != nullptr) entry.path = field->alias != nullptr ? field->alias->path_text : field->text;
  if (value != nullptr) entry.value = for_trace(*value);
  entry.target = for_trace(target);
  entry.op = operator_name(op);
  trace_.push_back(std::move(entry));
}

// An alias has a value on resources of its own type only; a condition on it is no match for any other.
bool Evaluation::applies(const Field& field) const {
  if (field.kind == FieldKind::kForeign) return false;
  return field.alias == nullptr ||
         equals_ignoring_case(field.alias->type, subject_.facts->type.get_ref<const std::string&>());
}

void Evaluation::walk(const Json* from, const Path& path, std::size_t step, Selection& out) const {
  for (; step < path.size(); ++step) {
    if (path[step].member.empty()) {
      if (from == nullptr || !from->is_array()) return;
      for (const Json& element : *from) walk(&element, path, step + 1, out);
      return;
    }
    from = from == nullptr ? nullptr : member_of(*from, path[step].member);
  }
  out.values.push_back(from);
}

void Evaluation::select(const Field& field, Selection& out) const {
  const Json& resource = *subject_.resource;
  const auto member = [&resource](std::string_view name) { return member_of(resource, name); };
  out.collection = field.collection;
  switch (field.kind) {
    case FieldKind::kName:
      return out.values.push_back(&subject_.facts->name);
    case FieldKind::kFullName:
      return out.values.push_back(&subject_.facts->full_name);
    case FieldKind::kType:
      return out.values.push_back(&subject_.facts->type);
    case FieldKind::kId:
      return out.values.push_back(&subject_.facts->id);
    case FieldKind::kKind:
      return out.values.push_back(member("kind"));
    case FieldKind::kLocation:
      return out.values.push_back(member("location"));
    case FieldKind::kTags:
      return out.values.push_back(member("tags"));
    case FieldKind::kTag: {
      const Json* tags = member("tags");
      return out.values.push_back(tags == nullptr ? nullptr : find_member(*tags, field.tag));
    }
    case FieldKind::kIdentityType: {
      const Json* identity = member("identity");
      return out.values.push_back(identity == nullptr ? nullptr : member_of(*identity, "type"));
    }
    case FieldKind::kForeign:
      if (!field.collection) out.values.push_back(nullptr);
      return;
    case FieldKind::kAlias:
      break;
  }
  const Path& path = field.alias->path;
  if (!applies(field)) {
    if (!field.collection) out.values.push_back(nullptr);
    return;
  }
  // Inside a count, the counted array has the one element that the count has reached.
  for (auto frame = frames_.rbegin(); frame != frames_.rend(); ++frame) {
    if (frame->alias == nullptr || frame->alias->path.size() > path.size()) continue;
    const Path& counted = frame->alias->path;
    const bool same = std::equal(counted.begin(), counted.end(), path.begin(),
                                 [](const auto& a, const auto& b) { return equals_ignoring_case(a.member, b.member); });
    if (same) return walk(frame->value, path, counted.size(), out);
  }
  walk(&resource, path, 0, out);
}

Result<Field> Evaluation::named_field(const Term& term) {
  FH_TRY(const Json name, value(term));
  if (!name.is_string()) return wrong("The name of a field must be a string.");
  auto field = parse_field(name.get_ref<const std::string&>(), subject_.definition->aliases());
  if (!field) return wrong(field.error().message);
  return std::move(*field);
}

Result<bool> Evaluation::field_holds(const Condition& condition) {
  Field computed;
  if (condition.computed_field) {
    FH_TRY(computed, named_field(condition.subject));
  }
  const Field& field = condition.computed_field ? computed : condition.field;
  FH_TRY(const Json target, value(condition.target));
  if (!applies(field)) {
    record(false, "Field", field.text, &field, nullptr, target, condition.op);
    return false;
  }
  Selection selected;
  select(field, selected);
  FH_CHECK_OK(budget_.spend(selected.values.size()));
  const auto how = field.kind == FieldKind::kLocation ? Comparison::kLocation : Comparison::kPlain;
  for (const Json* one : selected.values) {
    FH_TRY(const bool result, compare(condition.op, one, target, how));
    if (result && selected.collection) continue;
    record(result, "Field", field.text, &field, one, target, condition.op);
    return result;
  }
  record(true, "Field", field.text, &field, nullptr, target, condition.op);
  return true;
}

Result<bool> Evaluation::value_holds(const Condition& condition) {
  FH_TRY(const Json subject, value(condition.subject));
  FH_TRY(const Json target, value(condition.target));
  FH_TRY(const bool result, compare(condition.op, &subject, target));
  if (traced_) {
    const auto text = condition.subject.whole
                          ? condition.subject.whole->text()
                          : condition.subject.literal.dump(-1, ' ', false, Json::error_handler_t::replace);
    record(result, "Value", text, nullptr, &subject, target, condition.op);
  }
  return result;
}

Result<bool> Evaluation::count_holds(const Condition& condition) {
  const bool traced = traced_;
  traced_ = false;  // the count is what decides, not its members one by one
  const bool over_field = condition.kind == Condition::Kind::kFieldCount;
  auto counted = over_field ? count_field(condition) : count_value(condition);
  traced_ = traced;
  if (!counted) return pass_on(counted);
  if (*counted < 0) return false;  // the array isn't of this type
  FH_TRY(const Json target, value(condition.target));
  const Json number = *counted;
  FH_TRY(const bool result, compare(condition.op, &number, target));
  record(result, "Count", over_field ? condition.field.text : condition.count_name,
         over_field ? &condition.field : nullptr, &number, target, condition.op);
  return result;
}

Result<std::int64_t> Evaluation::count_field(const Condition& condition) {
  if (!applies(condition.field)) return -1;
  Selection members;
  select(condition.field, members);
  return count_over(condition, Frame{condition.field.alias, {}, nullptr}, members.values);
}

Result<std::int64_t> Evaluation::count_value(const Condition& condition) {
  FH_TRY(const Json array, value(condition.subject));
  if (!array.is_array()) return wrong("The value of a count must be an array.");
  const auto around = iterations_;
  iterations_ *= std::max<std::size_t>(array.size(), 1);
  if (iterations_ > kValueCountIterations) {
    return wrong(fmt::format("The value counts have more than {} iterations.", kValueCountIterations));
  }
  std::vector<const Json*> members;
  for (const Json& element : array) members.push_back(&element);
  auto counted = count_over(condition, Frame{nullptr, condition.count_name, nullptr}, members);
  iterations_ = around;
  return counted;
}

Result<std::int64_t> Evaluation::count_over(const Condition& condition, Frame frame,
                                            const std::vector<const Json*>& members) {
  FH_CHECK_OK(budget_.spend(members.size()));
  if (condition.children.empty()) return static_cast<std::int64_t>(members.size());
  static const Json kNull = nullptr;
  std::int64_t count = 0;
  for (const Json* member : members) {
    frame.value = member == nullptr ? &kNull : member;
    frames_.push_back(frame);
    auto result = holds(condition.children[0]);
    frames_.pop_back();
    if (!result) return pass_on(result);
    count += *result ? 1 : 0;
  }
  return count;
}

Result<Json> Evaluation::value(const Term& term) {
  if (term.whole) return expression::evaluate(*term.whole, *this, budget_);
  return term.mixed ? resolved(term.literal) : Result<Json>(term.literal);
}

Result<Json> Evaluation::resolved(const Json& json) { return expression::resolve(json, *this, budget_); }

}  // namespace freehold::gate::policy
