#include "src/cors_xml.h"

#include <algorithm>
#include <pugixml.hpp>

#include "base/encoding.h"
#include "src/xml_input.h"
#include "src/xml_text.h"

namespace freehold::blob {
namespace {

constexpr std::array<std::string_view, 8> kMethods = {"DELETE", "GET",   "HEAD", "MERGE",
                                                      "POST",   "PATCH", "PUT",  "OPTIONS"};
constexpr std::uint64_t kMostSeconds = 0x7FFF'FFFF;

ApiError bad(const pugi::xml_node& node) { return errors::invalid_xml_value(node.name(), node.text().get()); }

std::string_view trim(std::string_view text) {
  constexpr std::string_view kSpace = " \t\r\n";
  const auto first = text.find_first_not_of(kSpace);
  if (first == text.npos) return {};
  return text.substr(first, text.find_last_not_of(kSpace) - first + 1);
}

// Names and origins go into headers of answers: what isn't visible ASCII has no business there.
bool is_visible(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return c > 0x20 && c < 0x7F; });
}

// The names between commas; empty ones are passed over.
ApiResult<std::vector<std::string>> read_names(const pugi::xml_node& node) {
  std::vector<std::string> names;
  std::string_view text = node.text().get();
  while (!text.empty()) {
    const auto comma = text.find(',');
    const auto name = trim(text.substr(0, comma));
    if (name.size() > kCorsNameBytes || !is_visible(name)) return refuse(bad(node));
    if (!name.empty()) names.emplace_back(name);
    text.remove_prefix(comma == text.npos ? text.size() : comma + 1);
  }
  return names;
}

ApiResult<std::vector<std::string>> read_headers(const pugi::xml_node& node) {
  FH_TRY(auto names, read_names(node));
  const auto ends_open = [](const std::string& name) { return name.ends_with('*') && name != "*"; };
  const auto prefixes = static_cast<std::size_t>(std::ranges::count_if(names, ends_open));
  if (prefixes > kCorsPrefixes || names.size() - prefixes > kCorsNames) return refuse(bad(node));
  for (const auto& name : names) {
    if (name.find('*') < name.size() - 1) return refuse(bad(node));
  }
  return names;
}

// "*", or scheme://host[:port] whose host may begin with "*.".
bool is_origin(std::string_view text) {
  if (text == "*") return true;
  const auto slashes = text.find("://");
  if (slashes == text.npos || slashes == 0) return false;
  auto host = text.substr(slashes + 3);
  if (host.starts_with("*.")) host.remove_prefix(2);
  return !host.empty() && host.find_first_of("*/") == host.npos;
}

ApiResult<std::vector<std::string>> read_origins(const pugi::xml_node& node) {
  FH_TRY(auto origins, read_names(node));
  if (origins.empty() || origins.size() > kCorsNames) return refuse(bad(node));
  if (!std::ranges::all_of(origins, is_origin)) return refuse(bad(node));
  return origins;
}

ApiResult<std::vector<std::string>> read_methods(const pugi::xml_node& node) {
  FH_TRY(auto methods, read_names(node));
  if (methods.empty() || methods.size() > kMethods.size()) return refuse(bad(node));
  for (auto& method : methods) {
    const auto same = [&](std::string_view known) { return equals_ignoring_case(known, method); };
    const auto* known = std::ranges::find_if(kMethods, same);
    if (known == kMethods.end()) return refuse(bad(node));
    method = *known;
  }
  return methods;
}

ApiResult<std::uint32_t> read_max_age(const pugi::xml_node& node) {
  const auto number = parse_u64(node.text().get());
  if (!number || *number > kMostSeconds) return refuse(bad(node));
  return static_cast<std::uint32_t>(*number);
}

ApiResult<> read_part(const pugi::xml_node& node, CorsRule& rule, std::string_view& missing) {
  const std::string_view name = node.name();
  if (name == "AllowedOrigins") {
    FH_TRY(rule.origins, read_origins(node));
  } else if (name == "AllowedMethods") {
    FH_TRY(rule.methods, read_methods(node));
  } else if (name == "AllowedHeaders") {
    FH_TRY(rule.allowed_headers, read_headers(node));
  } else if (name == "ExposedHeaders") {
    FH_TRY(rule.exposed_headers, read_headers(node));
  } else if (name == "MaxAgeInSeconds") {
    FH_TRY(rule.max_age, read_max_age(node));
    missing = {};
  } else {
    return refuse(errors::unsupported_xml_node(name));
  }
  return {};
}

// Both lists of headers may be left out: clients do so where they are empty.
ApiResult<CorsRule> read_rule(const pugi::xml_node& node) {
  CorsRule rule;
  std::string_view missing = "MaxAgeInSeconds";
  std::vector<std::string_view> seen;
  for (const auto& part : node.children()) {
    if (is_blank(part)) continue;
    if (std::ranges::find(seen, part.name()) != seen.end()) return refuse(errors::invalid_xml());
    seen.emplace_back(part.name());
    FH_CHECK_OK(read_part(part, rule, missing));
  }
  if (rule.origins.empty()) missing = "AllowedOrigins";
  if (rule.methods.empty()) missing = "AllowedMethods";
  if (!missing.empty()) return refuse(errors::missing_xml_node(missing));
  return rule;
}

void append_names(std::string& out, std::string_view element, const std::vector<std::string>& names) {
  std::string text;
  for (const auto& name : names) text.append(text.empty() ? "" : ",").append(name);
  append_element(out, element, text);
}

}  // namespace

ApiResult<std::vector<CorsRule>> parse_cors(const pugi::xml_node& cors) {
  std::vector<CorsRule> rules;
  for (const auto& node : cors.children()) {
    if (is_blank(node)) continue;
    if (std::string_view(node.name()) != "CorsRule") return refuse(errors::unsupported_xml_node(node.name()));
    if (rules.size() == kCorsRules) return refuse(errors::invalid_xml_value("Cors", "more than 5 rules"));
    FH_TRY(auto rule, read_rule(node));
    rules.push_back(std::move(rule));
  }
  std::string text;
  append_cors(text, rules);
  if (text.size() > kCorsBytes) return refuse(errors::invalid_xml_value("Cors", "more than 2 KiB"));
  return rules;
}

void append_cors(std::string& out, const std::vector<CorsRule>& rules) {
  if (rules.empty()) {
    out += "<Cors />";
    return;
  }
  out += "<Cors>";
  for (const auto& rule : rules) {
    out += "<CorsRule>";
    append_names(out, "AllowedOrigins", rule.origins);
    append_names(out, "AllowedMethods", rule.methods);
    append_element(out, "MaxAgeInSeconds", std::to_string(rule.max_age));
    append_names(out, "ExposedHeaders", rule.exposed_headers);
    append_names(out, "AllowedHeaders", rule.allowed_headers);
    out += "</CorsRule>";
  }
  out += "</Cors>";
}

}  // namespace freehold::blob
