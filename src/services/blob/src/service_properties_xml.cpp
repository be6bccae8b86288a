#include "src/service_properties_xml.h"

#include <pugixml.hpp>

#include "base/encoding.h"
#include "src/api_versions.h"
#include "src/cors_xml.h"
#include "src/xml_input.h"
#include "src/xml_text.h"

namespace freehold::blob {
namespace {

constexpr int kDepth = 5;
constexpr std::uint64_t kMostDays = 365;

// The elements of one parent, each at most once. Those that nobody asked for are refused at the end.
class Elements {
 public:
  static ApiResult<Elements> of(const pugi::xml_node& parent) {
    Elements elements;
    for (const auto& node : parent.children()) {
      if (is_blank(node)) continue;
      if (node.type() != pugi::node_element) return refuse(errors::invalid_xml());
      for (const auto& other : elements.left_) {
        if (std::string_view(other.name()) == node.name()) return refuse(errors::invalid_xml());
      }
      elements.left_.push_back(node);
    }
    return elements;
  }
  // An empty node if it isn't there.
  pugi::xml_node take(std::string_view name) {
    for (auto at = left_.begin(); at != left_.end(); ++at) {
      if (name != at->name()) continue;
      const auto node = *at;
      left_.erase(at);
      return node;
    }
    return {};
  }
  ApiResult<pugi::xml_node> need(std::string_view name) {
    const auto node = take(name);
    if (!node) return refuse(errors::missing_xml_node(name));
    return node;
  }
  ApiResult<> done() const {
    if (left_.empty()) return {};
    return refuse(errors::unsupported_xml_node(left_.front().name()));
  }

 private:
  std::vector<pugi::xml_node> left_;
};

ApiResult<bool> read_bool(const pugi::xml_node& node) {
  const std::string_view text = node.text().get();
  if (equals_ignoring_case(text, "true")) return true;
  if (equals_ignoring_case(text, "false")) return false;
  return refuse(errors::invalid_xml_value(node.name(), text));
}

ApiResult<bool> need_bool(Elements& elements, std::string_view name) {
  FH_TRY(const auto node, elements.need(name));
  return read_bool(node);
}

// The version of Storage Analytics, not of the service.
ApiResult<std::uint8_t> need_version(Elements& elements, std::uint8_t newest) {
  FH_TRY(const auto node, elements.need("Version"));
  const std::string_view text = node.text().get();
  if (text == "1.0") return std::uint8_t{1};
  if (text == "2.0" && newest == 2) return std::uint8_t{2};
  return refuse(errors::invalid_xml_value("Version", text));
}

// Days, or 0 if nothing is deleted.
ApiResult<std::uint32_t> need_retention(Elements& elements) {
  FH_TRY(const auto node, elements.need("RetentionPolicy"));
  FH_TRY(auto inner, Elements::of(node));
  FH_TRY(const bool enabled, need_bool(inner, "Enabled"));
  const auto days = inner.take("Days");
  FH_CHECK_OK(inner.done());
  if (!enabled) return 0U;
  if (!days) return refuse(errors::missing_xml_node("Days"));
  const auto number = parse_u64(days.text().get());
  if (!number || *number == 0 || *number > kMostDays) {
    return refuse(errors::invalid_xml_value("Days", days.text().get()));
  }
  return static_cast<std::uint32_t>(*number);
}

ApiResult<Logging> read_logging(const pugi::xml_node& node) {
  FH_TRY(auto elements, Elements::of(node));
  Logging logging;
  FH_TRY(logging.version, need_version(elements, 2));
  FH_TRY(logging.deletes, need_bool(elements, "Delete"));
  FH_TRY(logging.reads, need_bool(elements, "Read"));
  FH_TRY(logging.writes, need_bool(elements, "Write"));
  FH_TRY(logging.retention_days, need_retention(elements));
  FH_CHECK_OK(elements.done());
  return logging;
}

ApiResult<Metrics> read_metrics(const pugi::xml_node& node) {
  FH_TRY(auto elements, Elements::of(node));
  Metrics metrics;
  FH_TRY(const auto version, need_version(elements, 1));
  static_cast<void>(version);
  FH_TRY(metrics.enabled, need_bool(elements, "Enabled"));
  if (const auto apis = elements.take("IncludeAPIs")) {
    FH_TRY(metrics.apis, read_bool(apis));
  } else if (metrics.enabled) {
    return refuse(errors::missing_xml_node("IncludeAPIs"));
  }
  if (!metrics.enabled) metrics.apis.reset();
  FH_TRY(metrics.retention_days, need_retention(elements));
  FH_CHECK_OK(elements.done());
  return metrics;
}

ApiResult<int> read_default_version(const pugi::xml_node& node) {
  const int version = parse_version(node.text().get());
  if (version == 0) return refuse(errors::invalid_xml_value(node.name(), node.text().get()));
  return version;
}

// What would promise something that isn't done here: it may be said to be off, and no more.
ApiResult<> check_off(const pugi::xml_node& node) {
  FH_TRY(auto elements, Elements::of(node));
  FH_TRY(const bool enabled, need_bool(elements, "Enabled"));
  if (enabled) return refuse(errors::not_implemented(node.name()));
  if (const auto permanent = elements.take("AllowPermanentDelete")) {
    FH_TRY(const bool allowed, read_bool(permanent));
    if (allowed) return refuse(errors::not_implemented("AllowPermanentDelete"));
  }
  return elements.done();
}

ApiResult<> read_part(const pugi::xml_node& node, ServicePropertiesChange& change) {
  const std::string_view name = node.name();
  if (name == "Logging") {
    FH_TRY(change.logging, read_logging(node));
  } else if (name == "HourMetrics") {
    FH_TRY(change.hour, read_metrics(node));
  } else if (name == "MinuteMetrics") {
    FH_TRY(change.minute, read_metrics(node));
  } else if (name == "Cors") {
    FH_TRY(change.cors, parse_cors(node));
  } else if (name == "DefaultServiceVersion") {
    FH_TRY(change.default_version, read_default_version(node));
  } else if (name == "DeleteRetentionPolicy" || name == "StaticWebsite") {
    return check_off(node);
  } else {
    return refuse(errors::unsupported_xml_node(name));
  }
  return {};
}

void append_bool(std::string& out, std::string_view name, bool value) {
  append_element(out, name, value ? "true" : "false");
}

void append_retention(std::string& out, std::uint32_t days) {
  out += "<RetentionPolicy>";
  append_bool(out, "Enabled", days != 0);
  if (days != 0) append_element(out, "Days", std::to_string(days));
  out += "</RetentionPolicy>";
}

void append_metrics(std::string& out, std::string_view name, const Metrics& metrics) {
  out += '<' + std::string(name) + "><Version>1.0</Version>";
  append_bool(out, "Enabled", metrics.enabled);
  if (metrics.apis) append_bool(out, "IncludeAPIs", *metrics.apis);
  append_retention(out, metrics.retention_days);
  out += "</" + std::string(name) + '>';
}

}  // namespace

void ServicePropertiesChange::apply(ServiceProperties& properties) const {
  properties.logging = logging.value_or(properties.logging);
  properties.hour = hour.value_or(properties.hour);
  properties.minute = minute.value_or(properties.minute);
  properties.cors = cors.value_or(properties.cors);
  properties.default_version = default_version.value_or(properties.default_version);
}

ApiResult<ServicePropertiesChange> parse_service_properties(std::string_view body) {
  pugi::xml_document document;
  if (!load_xml(document, body, kDepth)) return refuse(errors::invalid_xml());
  const auto root = document.document_element();
  if (std::string_view(root.name()) != "StorageServiceProperties") return refuse(errors::invalid_xml());
  // Elements::of refuses what stands twice; the order is free.
  FH_TRY(const auto once, Elements::of(root));
  static_cast<void>(once);
  ServicePropertiesChange change;
  for (const auto& node : root.children()) {
    if (is_blank(node)) continue;
    FH_CHECK_OK(read_part(node, change));
  }
  return change;
}

std::string service_properties_xml(const ServiceProperties& properties) {
  std::string out(kXmlDeclaration);
  const auto& logging = properties.logging;
  out += "<StorageServiceProperties><Logging>";
  append_element(out, "Version", logging.version == 2 ? "2.0" : "1.0");
  append_bool(out, "Read", logging.reads);
  append_bool(out, "Write", logging.writes);
  append_bool(out, "Delete", logging.deletes);
  append_retention(out, logging.retention_days);
  out += "</Logging>";
  append_metrics(out, "HourMetrics", properties.hour);
  append_metrics(out, "MinuteMetrics", properties.minute);
  append_cors(out, properties.cors);
  if (properties.default_version != 0) {
    append_element(out, "DefaultServiceVersion", version_text(properties.default_version));
  }
  out +=
      "<DeleteRetentionPolicy><Enabled>false</Enabled></DeleteRetentionPolicy>"
      "<StaticWebsite><Enabled>false</Enabled></StaticWebsite></StorageServiceProperties>";
  return out;
}

}  // namespace freehold::blob
