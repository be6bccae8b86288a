// The document of Get and Set Blob Service Properties.
#pragma once

#include <string>
#include <string_view>

#include "src/blob_errors.h"
#include "src/service_properties_row.h"

namespace freehold::blob {

inline constexpr std::size_t kServicePropertiesBytes = 64 * 1024;

// What a document changes: the parts that it names, and none that it leaves out.
struct ServicePropertiesChange {
  std::optional<Logging> logging;
  std::optional<Metrics> hour;
  std::optional<Metrics> minute;
  std::optional<std::vector<CorsRule>> cors;
  std::optional<int> default_version;
  void apply(ServiceProperties& properties) const;
};

// 400 InvalidXmlDocument: not XML, or an element twice; UnsupportedXmlNode, MissingRequiredXmlNode,
// InvalidXmlNodeValue: an element that has no meaning here, isn't there, or doesn't hold what it must; 501: what can't
// be switched on here (soft delete, static website).
[[nodiscard]] ApiResult<ServicePropertiesChange> parse_service_properties(std::string_view body);
[[nodiscard]] std::string service_properties_xml(const ServiceProperties& properties);

}  // namespace freehold::blob
