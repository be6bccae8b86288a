// Members of JSON bodies, read with their types checked. Pure.
#pragma once

#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

#include "resource/change.h"

namespace freehold::blob {

using gate::resource::Json;

// The member, or null if it is absent or null; `object` may be null itself.
[[nodiscard]] const Json& member(const Json& object, std::string_view name);

// nullopt: absent. 400 InvalidRequestContent for another type; a text longer than `most` bytes is one.
[[nodiscard]] gate::ApiResult<std::optional<bool>> bool_member(const Json& object, std::string_view name);
[[nodiscard]] gate::ApiResult<std::optional<std::string>> text_member(const Json& object, std::string_view name,
                                                                      std::size_t most = 256);
// One of these words in any case, as it is written here. 400 InvalidValuesForRequestParameters for another.
[[nodiscard]] gate::ApiResult<std::optional<std::string>> word_member(const Json& object, std::string_view name,
                                                                      std::initializer_list<std::string_view> words);
// Null if absent. 400 for another type.
[[nodiscard]] gate::ApiResult<const Json*> object_member(const Json& object, std::string_view name);
[[nodiscard]] gate::ApiResult<const Json*> array_member(const Json& object, std::string_view name, std::size_t most);

}  // namespace freehold::blob
