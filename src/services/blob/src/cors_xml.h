// The Cors element of the service's properties.
#pragma once

#include <string>
#include <vector>

#include "src/blob_errors.h"
#include "src/cors_rules.h"

namespace pugi {
class xml_node;
}  // namespace pugi

namespace freehold::blob {

// 400 InvalidXmlNodeValue: more than five rules or 2 KiB, too many or too long names, an unknown method, an origin that
// is none.
[[nodiscard]] ApiResult<std::vector<CorsRule>> parse_cors(const pugi::xml_node& cors);
void append_cors(std::string& out, const std::vector<CorsRule>& rules);

}  // namespace freehold::blob
