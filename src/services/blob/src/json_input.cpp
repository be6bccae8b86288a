#include "src/json_input.h"

#include "base/encoding.h"
#include "src/storage_provider_errors.h"

namespace freehold::blob {
namespace {

provider_errors::Refusal wrong_type(std::string_view name, std::string_view wanted) {
  return provider_errors::invalid_content("'" + std::string(name) + "' must be " + std::string(wanted) + ".");
}

}  // namespace

const Json& member(const Json& object, std::string_view name) {
  static const Json kNone = nullptr;
  if (!object.is_object()) return kNone;
  const auto at = object.find(std::string(name));
  return at == object.end() ? kNone : *at;
}

gate::ApiResult<std::optional<bool>> bool_member(const Json& object, std::string_view name) {
  const auto& value = member(object, name);
  if (value.is_null()) return std::nullopt;
  if (!value.is_boolean()) return wrong_type(name, "true or false");
  return value.get<bool>();
}

gate::ApiResult<std::optional<std::string>> text_member(const Json& object, std::string_view name, std::size_t most) {
  const auto& value = member(object, name);
  if (value.is_null()) return std::nullopt;
  if (!value.is_string()) return wrong_type(name, "a text");
  const auto& text = value.get_ref<const std::string&>();
  if (text.size() > most) return wrong_type(name, "shorter");
  return text;
}

gate::ApiResult<std::optional<std::string>> word_member(const Json& object, std::string_view name,
                                                        std::initializer_list<std::string_view> words) {
  FH_TRY(const auto text, text_member(object, name));
  if (!text) return std::nullopt;
  for (const auto word : words) {
    if (equals_ignoring_case(word, *text)) return std::string(word);
  }
  return provider_errors::invalid_value(name);
}

gate::ApiResult<const Json*> object_member(const Json& object, std::string_view name) {
  const auto& value = member(object, name);
  if (value.is_null()) return nullptr;
  if (!value.is_object()) return wrong_type(name, "an object");
  return &value;
}

gate::ApiResult<const Json*> array_member(const Json& object, std::string_view name, std::size_t most) {
  const auto& value = member(object, name);
  if (value.is_null()) return nullptr;
  if (!value.is_array()) return wrong_type(name, "a list");
  if (value.size() > most) return wrong_type(name, "a list of at most " + std::to_string(most));
  return &value;
}

}  // namespace freehold::blob
