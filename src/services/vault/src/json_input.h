// Members of JSON bodies, read with their types checked. Pure. Errors are kInvalidArgument, with a text for the client.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace freehold::vault {

using Json = nlohmann::json;

// The member, or null if it is absent or null; `object` may be null itself.
[[nodiscard]] const Json& member(const Json& object, std::string_view name);

// nullopt: absent, or null.
[[nodiscard]] Result<std::optional<bool>> bool_member(const Json& object, std::string_view name);
[[nodiscard]] Result<std::optional<std::int64_t>> number_member(const Json& object, std::string_view name);
[[nodiscard]] Result<std::optional<std::string>> text_member(const Json& object, std::string_view name,
                                                             std::size_t most = 256);
// One of these words in any case, as it is written here.
[[nodiscard]] Result<std::optional<std::string>> word_member(const Json& object, std::string_view name,
                                                             std::initializer_list<std::string_view> words);
// Null if absent.
[[nodiscard]] Result<const Json*> object_member(const Json& object, std::string_view name);
[[nodiscard]] Result<const Json*> array_member(const Json& object, std::string_view name, std::size_t most);

// A whole body: one JSON object, nested at most 32 deep, no name twice in one object.
[[nodiscard]] Result<Json> parse_object(std::string_view body);

}  // namespace freehold::vault
