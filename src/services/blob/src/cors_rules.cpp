#include "src/cors_rules.h"

#include <algorithm>

#include "base/encoding.h"

namespace freehold::blob {
namespace {

constexpr std::string_view kAll = "*";

bool holds_all(const std::vector<std::string>& names) { return std::ranges::find(names, kAll) != names.end(); }

// "https://*.example.test" stands for every host below example.test.
bool matches_origin(std::string_view pattern, std::string_view origin) {
  if (pattern == kAll || pattern == origin) return true;
  const auto star = pattern.find("://*.");
  if (star == pattern.npos) return false;
  const auto scheme = pattern.substr(0, star + 3);
  const auto domain = pattern.substr(star + 4);  // with its dot
  return origin.size() > scheme.size() + domain.size() && origin.starts_with(scheme) && origin.ends_with(domain);
}

bool matches_header(std::string_view pattern, std::string_view name) {
  if (!pattern.ends_with('*')) return equals_ignoring_case(pattern, name);
  pattern.remove_suffix(1);
  return name.size() >= pattern.size() && equals_ignoring_case(pattern, name.substr(0, pattern.size()));
}

bool allows_origin(const CorsRule& rule, std::string_view origin) {
  return std::ranges::any_of(rule.origins, [&](const auto& pattern) { return matches_origin(pattern, origin); });
}

bool allows_method(const CorsRule& rule, std::string_view method) {
  return std::ranges::find(rule.methods, method) != rule.methods.end();
}

std::string_view trim(std::string_view text) {
  while (text.starts_with(' ') || text.starts_with('\t')) text.remove_prefix(1);
  while (text.ends_with(' ') || text.ends_with('\t')) text.remove_suffix(1);
  return text;
}

bool allows_headers(const CorsRule& rule, std::string_view asked) {
  while (!asked.empty()) {
    const auto comma = asked.find(',');
    const auto name = trim(asked.substr(0, comma));
    const auto allowed = [&](const auto& pattern) { return matches_header(pattern, name); };
    if (!name.empty() && std::ranges::none_of(rule.allowed_headers, allowed)) return false;
    asked.remove_prefix(comma == asked.npos ? asked.size() : comma + 1);
  }
  return true;
}

void expose(http::Response& response, const CorsRule& rule) {
  std::string names;
  const auto add = [&names](std::string_view name) { names.append(names.empty() ? "" : ",").append(name); };
  for (const auto& pattern : rule.exposed_headers) {
    if (!pattern.ends_with('*')) {
      add(pattern);
      continue;
    }
    for (const auto& [name, value] : response.headers.fields()) {
      if (matches_header(pattern, name)) add(name);
    }
    // The server adds these later.
    for (const std::string_view name : {"Content-Length", "Date", "Server"}) {
      if (matches_header(pattern, name)) add(name);
    }
  }
  if (!names.empty()) response.headers.add("Access-Control-Expose-Headers", names);
}

// An answer that every origin may read says so and is the same for all; one for some origins names the one that asked,
// which may send its credentials along.
void add_origin(http::Response& response, const CorsRule& rule, std::string_view origin) {
  const bool all = holds_all(rule.origins);
  response.headers.add("Access-Control-Allow-Origin", std::string(all ? kAll : origin));
  if (!all) response.headers.add("Access-Control-Allow-Credentials", "true");
}

}  // namespace

const CorsRule* find_rule(const std::vector<CorsRule>& rules, const Preflight& asked) {
  for (const auto& rule : rules) {
    if (allows_origin(rule, asked.origin) && allows_method(rule, asked.method) && allows_headers(rule, asked.headers)) {
      return &rule;
    }
  }
  return nullptr;
}

void add_preflight_headers(http::Response& response, const CorsRule& rule, const Preflight& asked) {
  add_origin(response, rule, asked.origin);
  response.headers.add("Access-Control-Allow-Methods", std::string(asked.method));
  if (!asked.headers.empty()) response.headers.add("Access-Control-Allow-Headers", std::string(asked.headers));
  response.headers.add("Access-Control-Max-Age", std::to_string(rule.max_age));
}

void add_cors_headers(http::Response& response, const http::Request& request, const std::vector<CorsRule>& rules) {
  if (rules.empty()) return;
  // Only answers to GET and HEAD are kept in caches, so only they say what they vary by, and only they tell everybody
  // what everybody may read.
  const bool cacheable = request.method == http::Method::kGet || request.method == http::Method::kHead;
  const bool crossed = request.headers.has("origin");
  const auto origin = crossed ? request.headers.get("origin") : kAll;
  const auto* rule = crossed || cacheable ? find_rule(rules, {origin, http::to_string(request.method), {}}) : nullptr;
  if (rule != nullptr) {
    expose(response, *rule);
    add_origin(response, *rule, origin);
  }
  const bool for_all = rule != nullptr && holds_all(rule->origins);
  if (cacheable && !for_all) response.headers.add("Vary", "Origin");
}

}  // namespace freehold::blob
