// append and modify on a resource's JSON. Source: "Azure Policy definitions modify effect", "... append effect", and
// the table of "Author policies for array properties".
#include <fmt/format.h>

#include <algorithm>

#include "base/encoding.h"
#include "src/bound.h"

namespace freehold::gate::policy {
namespace {

using Kind = ChangeTerm::Kind;
using expression::find_member;

bool replaces(Kind kind) { return kind == Kind::kAddOrReplace; }

ChangeOutcome stronger(ChangeOutcome a, ChangeOutcome b) {
  if (a == ChangeOutcome::kConflict || b == ChangeOutcome::kConflict) return ChangeOutcome::kConflict;
  return a == ChangeOutcome::kMade ? a : b;
}

Json* member_to_change(Json& owner, std::string_view name) { return const_cast<Json*>(member_of(owner, name)); }

// `there`: what `owner` has under that name, or null.
ChangeOutcome set(Json& owner, Json* there, std::string_view name, const PlannedChange& change) {
  if (change.kind == Kind::kRemove) {
    if (there == nullptr) return ChangeOutcome::kNotNeeded;
    for (auto member = owner.begin(); member != owner.end(); ++member) {
      if (&*member == there) {
        owner.erase(member);
        break;
      }
    }
    return ChangeOutcome::kMade;
  }
  const bool present = there != nullptr && !there->is_null();
  if (present && expression::deep_equal(*there, change.value)) return ChangeOutcome::kNotNeeded;
  if (present && change.kind == Kind::kAppend) return ChangeOutcome::kConflict;
  if (present && !replaces(change.kind)) return ChangeOutcome::kNotNeeded;
  if (there != nullptr) {
    *there = change.value;
  } else {
    owner[std::string(name)] = change.value;
  }
  return ChangeOutcome::kMade;
}

// "array[*]": a member more, or the only one.
ChangeOutcome set_elements(Json& array, const PlannedChange& change) {
  if (array.is_null()) array = Json::array();
  if (!array.is_array()) return ChangeOutcome::kConflict;
  const bool there = std::any_of(array.begin(), array.end(),
                                 [&change](const Json& one) { return expression::deep_equal(one, change.value); });
  if (there && (!replaces(change.kind) || array.size() == 1)) return ChangeOutcome::kNotNeeded;
  if (replaces(change.kind)) array = Json::array();
  array.push_back(change.value);
  return ChangeOutcome::kMade;
}

// What the request leaves out on purpose modify leaves out too; "properties" itself is no such thing.
Json* descend(Json& owner, std::string_view name, std::size_t step, Kind kind) {
  Json* inner = member_to_change(owner, name);
  if (inner != nullptr && !inner->is_null()) return inner;
  if (kind != Kind::kAppend && step > 0) return nullptr;
  return &(owner[std::string(name)] = nullptr);
}

ChangeOutcome follow(Json& at, const Path& path, std::size_t step, const PlannedChange& change) {
  const bool last = step + 1 == path.size();
  if (path[step].member.empty()) {
    if (last) return set_elements(at, change);
    if (!at.is_array()) return ChangeOutcome::kNotNeeded;
    auto outcome = ChangeOutcome::kNotNeeded;
    for (Json& element : at) outcome = stronger(outcome, follow(element, path, step + 1, change));
    return outcome;
  }
  if (at.is_null()) at = Json::object();
  if (!at.is_object()) return ChangeOutcome::kConflict;
  if (last) return set(at, member_to_change(at, path[step].member), path[step].member, change);
  // An array whose members are named here may be missing: it comes into being with its first one.
  const bool array_end = step + 2 == path.size() && path[step + 1].member.empty();
  Json* inner = descend(at, path[step].member, array_end ? 0 : step, change.kind);
  return inner == nullptr ? ChangeOutcome::kNotNeeded : follow(*inner, path, step + 1, change);
}

Kind kind_of(Operation operation) {
  switch (operation) {
    case Operation::kAdd:
      return Kind::kAdd;
    case Operation::kAddOrReplace:
      return Kind::kAddOrReplace;
    case Operation::kRemove:
      return Kind::kRemove;
    case Operation::kAppend:
      break;
  }
  return Kind::kAppend;
}

}  // namespace

Result<Json> with_changes(Json resource, const std::vector<Change>& changes, const AliasTable& aliases) {
  for (const Change& one : changes) {
    auto field = parse_field(one.field, aliases);
    if (!field) return fail(ErrorCode::kInvalidArgument, field.error().message);
    const bool fixed =
        one.operation != Operation::kAppend && field->alias != nullptr && field->alias->modifiable == Modifiable::kNo;
    if (fixed) return fail(ErrorCode::kInvalidArgument, fmt::format("The alias '{}' is not modifiable.", one.field));
    const PlannedChange change{0, kind_of(one.operation), std::move(*field), one.value};
    if (make_change(resource, change) == ChangeOutcome::kConflict) {
      return fail(ErrorCode::kInvalidArgument,
                  fmt::format("The resource sets '{}' to another value than the policy does.", one.field));
    }
  }
  return resource;
}

ChangeOutcome make_change(Json& resource, const PlannedChange& change) {
  switch (change.field.kind) {
    case FieldKind::kTag: {
      Json* tags = member_to_change(resource, "tags");
      if (tags == nullptr || !tags->is_object()) {
        if (change.kind == Kind::kRemove) return ChangeOutcome::kNotNeeded;
        tags = &(resource["tags"] = Json::object());
      }
      return set(*tags, find_member(*tags, change.field.tag), change.field.tag, change);
    }
    case FieldKind::kTags:
      return set(resource, member_to_change(resource, "tags"), "tags", change);
    case FieldKind::kLocation:
      return set(resource, member_to_change(resource, "location"), "location", change);
    case FieldKind::kAlias:
      return follow(resource, change.field.alias->path, 0, change);
    default:  // identity.type is modified on virtual machines only, and aliases of other types have no place here
      return ChangeOutcome::kNotNeeded;
  }
}

Result<std::vector<PlannedChange>> plan_changes(const Rule& rule, Effect effect, std::size_t finding,
                                                Evaluation& evaluation, const AliasTable& aliases) {
  std::vector<PlannedChange> out;
  for (const ChangeTerm& term : rule.changes) {
    if ((term.kind == Kind::kAppend) != (effect == Effect::kAppend)) continue;
    if (term.condition) {
      FH_TRY(const Json wanted, evaluation.value(*term.condition));
      FH_TRY(const bool yes, compare(Operator::kEquals, &wanted, Json(true)));
      if (!yes) continue;
    }
    FH_TRY(const Json name, evaluation.value(term.field));
    if (!name.is_string()) return fail(ErrorCode::kInvalidArgument, "The field of a change must be a string.");
    auto field = parse_field(name.get_ref<const std::string&>(), aliases);
    if (!field) return fail(ErrorCode::kInvalidArgument, field.error().message);
    FH_TRY(Json value, evaluation.value(term.value));
    out.push_back({finding, term.kind, std::move(*field), std::move(value)});
  }
  return out;
}

}  // namespace freehold::gate::policy
