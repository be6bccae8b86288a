#include "src/json_input.h"

#include "base/encoding.h"
#include "base/json_depth.h"
#include "base/json_text.h"

namespace freehold::vault {
namespace {

constexpr std::size_t kMaxDepth = 32;

std::unexpected<Error> wrong_type(std::string_view name, std::string_view wanted) {
  return fail(ErrorCode::kInvalidArgument, "'" + std::string(name) + "' must be " + std::string(wanted) + ".");
}

}  // namespace

const Json& member(const Json& object, std::string_view name) {
  static const Json kNone = nullptr;
  if (!object.is_object()) return kNone;
  const auto at = object.find(std::string(name));
  return at == object.end() ? kNone : *at;
}

Result<std::optional<bool>> bool_member(const Json& object, std::string_view name) {
  const auto& value = member(object, name);
  if (value.is_null()) return std::nullopt;
  if (!value.is_boolean()) return wrong_type(name, "true or false");
  return value.get<bool>();
}

Result<std::optional<std::int64_t>> number_member(const Json& object, std::string_view name) {
  const auto& value = member(object, name);
  if (value.is_null()) return std::nullopt;
  // One that is larger than any that is meant anywhere would turn negative.
  const bool too_large = value.is_number_unsigned() && value.get<std::uint64_t>() > std::uint64_t{1} << 62;
  if (!value.is_number_integer() || too_large) return wrong_type(name, "a whole number");
  return value.get<std::int64_t>();
}

Result<std::optional<std::string>> text_member(const Json& object, std::string_view name, std::size_t most) {
  const auto& value = member(object, name);
  if (value.is_null()) return std::nullopt;
  if (!value.is_string()) return wrong_type(name, "a text");
  const auto& text = value.get_ref<const std::string&>();
  if (text.size() > most) return wrong_type(name, "a text of at most " + std::to_string(most) + " characters");
  return text;
}

Result<std::optional<std::string>> word_member(const Json& object, std::string_view name,
                                               std::initializer_list<std::string_view> words) {
  FH_TRY(const auto text, text_member(object, name));
  if (!text) return std::nullopt;
  std::string all;
  for (const auto word : words) {
    if (equals_ignoring_case(word, *text)) return std::string(word);
    all.append(all.empty() ? "" : ", ").append(word);
  }
  return wrong_type(name, "one of: " + all);
}

Result<const Json*> object_member(const Json& object, std::string_view name) {
  const auto& value = member(object, name);
  if (value.is_null()) return nullptr;
  if (!value.is_object()) return wrong_type(name, "an object");
  return &value;
}

Result<const Json*> array_member(const Json& object, std::string_view name, std::size_t most) {
  const auto& value = member(object, name);
  if (value.is_null()) return nullptr;
  if (!value.is_array()) return wrong_type(name, "a list");
  if (value.size() > most) return wrong_type(name, "a list of at most " + std::to_string(most));
  return &value;
}

// Two members of one name would let two readers of a body disagree about what it says.
Result<Json> parse_object(std::string_view body) {
  if (nests_deeper_than(body, kMaxDepth)) return fail(ErrorCode::kInvalidArgument, "The request body nests too deep.");
  Json json = Json::parse(body, nullptr, /*allow_exceptions=*/false);
  if (!json.is_object() || members_of(json) != members_in(body)) {
    return fail(ErrorCode::kInvalidArgument, "The request body is not a JSON object.");
  }
  return json;
}

}  // namespace freehold::vault
