#include "src/template_environment.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/encoding.h"
#include "src/template_types.h"

namespace freehold::gate::expression {
namespace {

std::unexpected<Error> invalid(std::string message) { return fail(ErrorCode::kInvalidArgument, std::move(message)); }

std::unexpected<Error> circle(std::string_view what, std::string_view name) {
  return invalid(fmt::format("Circular dependency detected on the template {} '{}'.", what, name));
}

std::string names_of(const Json* object) {
  constexpr std::size_t kMost = 50;
  if (object == nullptr || !object->is_object()) return {};
  std::vector<std::string> names;
  for (const auto& [name, member] : object->items()) {
    if (names.size() == kMost) break;
    names.push_back(name.substr(0, 128));
  }
  return fmt::format("{}", fmt::join(names, ", "));
}

// A value isn't deeper than its budget let it be.
void collect_texts(const Json& value, std::vector<std::string>& out) {
  constexpr std::size_t kShortest = 4;
  constexpr std::size_t kMost = 1'000;
  if (value.is_structured()) {
    for (const Json& member : value) collect_texts(member, out);
  } else if (value.is_string() && out.size() < kMost && value.get_ref<const std::string&>().size() >= kShortest) {
    out.push_back(value.get<std::string>());
  }
}

}  // namespace

std::unexpected<Error> invalid_template(std::string_view what) {
  return invalid(fmt::format("Deployment template validation failed: '{}'.", what));
}

// Around the body of a user's function: its own parameters and nothing else of the template but other functions.
class TemplateEnvironment::FunctionEnvironment final : public Environment {
 public:
  FunctionEnvironment(TemplateEnvironment& around, const Json& values) : around_(around), values_(values) {}
  Result<const Json*> parameter(std::string_view name) override {
    const Json* found = find_member(values_, name);
    return found != nullptr ? Result<const Json*>(found) : Environment::parameter(name);
  }
  std::optional<Result<Json>> call(std::string_view name, Arguments arguments, Budget& budget) override {
    return around_.call(name, arguments, budget);
  }

 private:
  TemplateEnvironment& around_;
  const Json& values_;
};

TemplateEnvironment::TemplateEnvironment(const Json& document, const TemplateFrame& frame, TemplateEnvironment* outer)
    : document_(document), frame_(frame), outer_(outer), budget_(outer != nullptr ? outer->budget_ : own_budget_) {
  const Json* functions = find_member(document, "functions");
  if (functions == nullptr || !functions->is_array()) return;
  for (const Json& space : *functions) {
    const Json* members = find_member(space, "members");
    if (members == nullptr || !members->is_object()) continue;
    for (const auto& [name, member] : members->items()) {
      functions_.emplace(to_lower(fmt::format("{}.{}", text_member(space, "namespace"), name)), &member);
    }
  }
}

Result<void> TemplateEnvironment::take_parameters(const Json& given) {
  given_ = given;
  if (!given_.is_object()) return invalid_template("The parameters of the deployment must be an object.");
  const Json* declared = find_member(document_, "parameters");
  std::vector<std::string> unknown;
  constexpr std::size_t kNamed = 10;
  for (const auto& [name, value] : given_.items()) {
    const bool known = declared != nullptr && find_member(*declared, name) != nullptr;
    if (!known && unknown.size() < kNamed) unknown.push_back(name.substr(0, 128));
  }
  if (!unknown.empty()) {
    return invalid_template(fmt::format(
        "The template parameters '{}' in the parameters file are not valid; they are not present in the original "
        "template and can therefore not be provided at deployment time. The only supported parameters for this "
        "template are '{}'. Please see https://aka.ms/arm-pass-parameter-values for usage details.",
        fmt::join(unknown, ", "), names_of(declared)));
  }
  if (declared == nullptr) return {};
  for (const auto& [name, definition] : declared->items()) {
    const auto value = parameter(name);
    if (value || outer_ != nullptr) continue;
    return value.error().message.starts_with("Deployment template") ? std::unexpected(value.error())
                                                                    : invalid_template(value.error().message);
  }
  return {};
}

Json TemplateEnvironment::shown_parameters() const {
  Json shown = Json::object();
  const Json* declared = find_member(document_, "parameters");
  if (declared == nullptr || outer_ != nullptr) return shown;
  Budget budget(kTemplateLimits);
  for (const auto& [name, definition] : declared->items()) {
    const auto found = Definition::find(document_, definition, budget);
    const auto cell = parameters_.find(to_lower(name));
    if (!found || cell == parameters_.end()) continue;
    Json entry = {{"type", shown_type(text_member(**found, "type"))}};
    const auto secret = holds_secrets(document_, definition, budget);
    if (secret && !*secret) entry["value"] = cell->second.value;
    append_member(shown, name, std::move(entry));
  }
  return shown;
}

std::vector<std::string> TemplateEnvironment::secrets() const {
  std::vector<std::string> out;
  const Json* declared = find_member(document_, "parameters");
  if (declared == nullptr || outer_ != nullptr) return out;
  Budget budget(kTemplateLimits);
  for (const auto& [name, definition] : declared->items()) {
    const auto cell = parameters_.find(to_lower(name));
    const auto secret = holds_secrets(document_, definition, budget);
    if (cell != parameters_.end() && (!secret || *secret)) collect_texts(cell->second.value, out);
  }
  return out;
}

Result<const Json*> TemplateEnvironment::parameter(std::string_view name) {
  if (outer_ != nullptr) return outer_->parameter(name);
  const Json* declared = find_member(document_, "parameters");
  const Json* definition = declared == nullptr ? nullptr : find_member(*declared, name);
  if (definition == nullptr) {
    return invalid(
        fmt::format("The template parameter '{}' is not found. Please see "
                    "https://aka.ms/arm-template/#parameters for usage details.",
                    name.substr(0, 128)));
  }
  Cell& cell = parameters_[to_lower(name)];
  if (cell.state == Cell::State::kReady) return &cell.value;
  if (cell.state == Cell::State::kBusy) return circle("parameter", name);
  cell.state = Cell::State::kBusy;
  auto value = fill(*definition, name);
  cell.state = value ? Cell::State::kReady : Cell::State::kFresh;
  if (!value) return pass_on(value);
  cell.value = std::move(*value);
  return &cell.value;
}

// The value of a parameter: what is given, or its default.
Result<Json> TemplateEnvironment::fill(const Json& definition, std::string_view name) {
  FH_TRY(const Definition type, Definition::find(document_, definition, budget_));
  const Json* given = find_member(given_, name);
  Json value = nullptr;
  if (given != nullptr) {
    FH_TRY(value, given_value(*given, name));
  }
  const Json* fallback = find_member(*type, "defaultValue");
  const Json* nullable = find_member(*type, "nullable");
  if (value.is_null() && fallback != nullptr) {
    const Around around(*this, Place::kParameter, false);
    FH_TRY(value, resolve_value(*fallback, Place::kParameter));
  }
  if (value.is_null() && fallback == nullptr) {
    if (nullable != nullptr && *nullable == true) return value;
    return invalid(
        fmt::format("The value for the template parameter '{}' is not provided. Please see "
                    "https://aka.ms/arm-create-parameter-file for usage details.",
                    name));
  }
  FH_CHECK_OK(check_type(document_, definition, value, {"parameter", name}, budget_));
  return value;
}

Result<Json> TemplateEnvironment::given_value(const Json& given, std::string_view name) const {
  if (!given.is_object()) {
    return invalid(fmt::format("The template parameter '{}' must be given as an object with a 'value'.", name));
  }
  if (find_member(given, "reference") != nullptr) {
    return fail(
        ErrorCode::kUnsupported,
        fmt::format("The template parameter '{}' refers to a secret of a key vault, which isn't supported.", name));
  }
  const Json* value = find_member(given, "value");
  return value == nullptr ? Json(nullptr) : *value;
}

Result<const Json*> TemplateEnvironment::variable(std::string_view name) {
  if (outer_ != nullptr) return outer_->variable(name);
  if (place_ == Place::kParameter) {
    return invalid(
        "The template function 'variables' is not expected at this location. Please see "
        "https://aka.ms/arm-functions for usage details.");
  }
  Cell& cell = variables_[to_lower(name)];
  if (cell.state == Cell::State::kReady) return &cell.value;
  if (cell.state == Cell::State::kBusy) return circle("variable", name);
  cell.state = Cell::State::kBusy;
  auto value = variable_value(name);
  if (!value) {
    variables_.erase(to_lower(name));
    return pass_on(value);
  }
  cell.state = Cell::State::kReady;
  cell.value = std::move(*value);
  return &cell.value;
}

Result<Json> TemplateEnvironment::variable_value(std::string_view name) {
  const Around around(*this, Place::kVariable, false);
  const Json* declared = find_member(document_, "variables");
  const Json* plain = declared == nullptr ? nullptr : find_member(*declared, name);
  const Json* loops = declared == nullptr ? nullptr : find_member(*declared, "copy");
  const bool is_loops = plain != nullptr && plain == loops && loops->is_array();
  if (plain != nullptr && !is_loops) return resolve_value(*plain, Place::kVariable);
  if (loops != nullptr && loops->is_array()) {
    for (const Json& loop : *loops) {
      if (!equals_ignoring_case(text_member(loop, "name"), name)) continue;
      const Json alone = {{"copy", Json::array({loop})}};
      FH_TRY(Json object, resolve_value(alone, Place::kVariable));
      return std::move(*find_member(object, name));
    }
  }
  return invalid(
      fmt::format("The template variable '{}' is not found. Please see "
                  "https://aka.ms/arm-template/#variables for usage details.",
                  name.substr(0, 128)));
}

std::optional<Result<Json>> TemplateEnvironment::call(std::string_view name, Arguments arguments, Budget& budget) {
  if (name.find('.') == std::string_view::npos) return call_own(name, arguments);
  if (outer_ != nullptr) return outer_->call(name, arguments, budget);
  const auto found = functions_.find(name);
  if (found == functions_.end()) return std::nullopt;
  return call_user(*found->second, name, arguments, budget);
}

// "User-defined functions in ARM templates".
Result<Json> TemplateEnvironment::call_user(const Json& definition, std::string_view name, Arguments arguments,
                                            Budget& budget) {
  const Json* parameters = find_member(definition, "parameters");
  const std::size_t wanted = parameters != nullptr && parameters->is_array() ? parameters->size() : 0;
  if (arguments.size() != wanted) return std::unexpected(wrong_argument_count(name, wanted, wanted, arguments.size()));
  FH_CHECK_OK(budget.admit_all(arguments));
  Json values = Json::object();
  for (std::size_t i = 0; i < wanted; ++i) {
    const auto parameter = text_member((*parameters)[i], "name");
    FH_CHECK_OK(check_type(document_, (*parameters)[i], *arguments[i], {"function's parameter", parameter}, budget));
    set_member(values, parameter, *arguments[i]);
  }
  const Json* output = find_member(definition, "output");
  const Json* value = output == nullptr ? nullptr : find_member(*output, "value");
  if (value == nullptr) return invalid(fmt::format("The function '{}' has no output.", name));
  FunctionEnvironment inside(*this, values);
  const Around around(*this, Place::kVariable, false);
  FH_TRY(Json result, resolve(*value, inside, budget));
  FH_CHECK_OK(check_type(document_, *output, result, {"function's output", name}, budget));
  return result;
}

}  // namespace freehold::gate::expression
