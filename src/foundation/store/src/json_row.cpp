#include "store/json_row.h"

namespace freehold::store {

Result<nlohmann::json> parse_json_row(BytesView row, std::int64_t newest, std::string_view what) {
  auto json = nlohmann::json::parse(row, nullptr, false);
  const auto version = json.is_object() ? json.find("v") : json.end();
  if (!json.is_object() || version == json.end() || !version->is_number_integer()) {
    return fail(ErrorCode::kCorrupt, std::string(what) + " is damaged");
  }
  if (*version < 1 || *version > newest) {
    return fail(ErrorCode::kUnsupported, std::string(what) + " needs a newer program");
  }
  return json;
}

}  // namespace freehold::store
