#include "src/conditional_rules.h"

#include <cstdio>

#include "src/lease_rules.h"

namespace freehold::blob {
namespace {

std::string_view trim(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

std::optional<TagCondition> parse_tags(const http::Headers& headers, std::string_view name) {
  if (!headers.has(name)) return std::nullopt;
  TagCondition condition;
  auto rest = headers.get(name);
  while (true) {
    const auto comma = rest.find(',');
    auto tag = trim(rest.substr(0, comma));
    if (tag == "*") condition.any = true;
    if (tag.starts_with("W/")) tag.remove_prefix(2);
    if (tag.size() >= 2 && tag.front() == '"' && tag.back() == '"') tag = tag.substr(1, tag.size() - 2);
    condition.tags.emplace_back(tag);
    if (comma == rest.npos) return condition;
    rest.remove_prefix(comma + 1);
  }
}

ApiResult<std::optional<WallTime>> parse_date(const http::Headers& headers, std::string_view name) {
  if (!headers.has(name)) return std::nullopt;
  auto time = parse_http_date(trim(headers.get(name)));
  if (!time) return refuse(errors::invalid_header(name, headers.get(name)));
  return time;
}

ApiResult<std::optional<TagExpression>> parse_expression(const http::Headers& headers, std::string_view name) {
  if (!headers.has(name)) return std::nullopt;
  auto expression = TagExpression::parse(headers.get(name));
  if (!expression) return refuse(errors::invalid_header(name, headers.get(name)));
  return expression;
}

// Names are `prefix` + if-..., but for those that always begin with x-ms-.
ApiResult<Conditions> parse(const http::Headers& headers, std::string_view prefix) {
  const auto name = [prefix](std::string_view rest) { return std::string(prefix) + std::string(rest); };
  Conditions conditions;
  conditions.match = parse_tags(headers, name("if-match"));
  conditions.none_match = parse_tags(headers, name("if-none-match"));
  FH_TRY(conditions.modified_since, parse_date(headers, name("if-modified-since")));
  FH_TRY(conditions.unmodified_since, parse_date(headers, name("if-unmodified-since")));
  const std::string always = prefix.empty() ? "x-ms-" : std::string(prefix);
  FH_TRY(conditions.tags, parse_expression(headers, always + "if-tags"));
  FH_TRY(conditions.lease_id, parse_lease_id(headers, always + "lease-id"));
  return conditions;
}

bool matches(const TagCondition& condition, std::uint64_t etag) {
  if (condition.any) return true;
  const auto text = etag_text(etag);
  return std::find(condition.tags.begin(), condition.tags.end(), text) != condition.tags.end();
}

ApiResult<> check_tags(const Conditions& conditions, const Existing& existing) {
  if (!conditions.tags) return {};
  if (existing.notes == nullptr) return refuse(errors::condition_not_met());
  FH_TRY(const auto* notes, api(existing.notes->read()));
  return conditions.tags->holds(notes->tags) ? ApiResult<>() : refuse(errors::condition_not_met());
}

WallTime whole_seconds(WallTime time) { return std::chrono::floor<std::chrono::seconds>(time); }

// Each says whether its header, if there is one, stops the request.
bool stopped_by_match(const Conditions& conditions, const Existing& existing) {
  return conditions.match && !matches(*conditions.match, existing.etag);
}
bool stopped_by_unmodified_since(const Conditions& conditions, const Existing& existing) {
  return conditions.unmodified_since && whole_seconds(existing.last_modified) > *conditions.unmodified_since;
}
bool stopped_by_none_match(const Conditions& conditions, const Existing& existing) {
  return conditions.none_match && matches(*conditions.none_match, existing.etag);
}
bool stopped_by_modified_since(const Conditions& conditions, const Existing& existing) {
  return conditions.modified_since && whole_seconds(existing.last_modified) <= *conditions.modified_since;
}

// Of the pairs that a write may have, the tag decides.
bool write_stopped(const Conditions& conditions, const Existing& existing) {
  return (conditions.match ? stopped_by_match(conditions, existing)
                           : stopped_by_unmodified_since(conditions, existing)) ||
         (conditions.none_match ? stopped_by_none_match(conditions, existing)
                                : stopped_by_modified_since(conditions, existing));
}

bool not_modified(const Conditions& conditions, const Existing& existing) {
  const bool same = stopped_by_none_match(conditions, existing);
  const bool old = stopped_by_modified_since(conditions, existing);
  return conditions.none_match && conditions.modified_since ? same && old : same || old;
}

}  // namespace

std::string etag_text(std::uint64_t etag) {
  std::array<char, 32> text{};
  const int n = std::snprintf(text.data(), text.size(), "0x8%015llX", static_cast<unsigned long long>(etag));
  return {text.data(), static_cast<std::size_t>(n)};
}

std::string quoted_etag(std::uint64_t etag) { return '"' + etag_text(etag) + '"'; }

ApiResult<Conditions> parse_conditions(const http::Headers& headers) {
  FH_TRY(auto conditions, parse(headers, ""));
  if ((conditions.match || conditions.unmodified_since) && (conditions.none_match || conditions.modified_since)) {
    return refuse(errors::multiple_conditions());
  }
  return conditions;
}
ApiResult<Conditions> parse_read_conditions(const http::Headers& headers) { return parse(headers, ""); }
ApiResult<Conditions> parse_source_conditions(const http::Headers& headers) {
  FH_TRY(auto conditions, parse(headers, "x-ms-source-"));
  if (conditions.none_match && conditions.none_match->any) return refuse(errors::unsatisfiable_condition());
  return conditions;
}

bool range_is_current(std::string_view validator, const Existing& existing) {
  if (validator == quoted_etag(existing.etag)) return true;
  return parse_http_date(validator) == whole_seconds(existing.last_modified);
}

ApiResult<> check_read(const Conditions& conditions, const Existing& existing) {
  if (conditions.none_match && conditions.none_match->any) return refuse(errors::unsatisfiable_condition());
  if (stopped_by_match(conditions, existing) || stopped_by_unmodified_since(conditions, existing)) {
    return refuse(errors::condition_not_met());
  }
  if (not_modified(conditions, existing)) return refuse(errors::not_modified());
  FH_CHECK_OK(check_tags(conditions, existing));
  if (existing.lease == nullptr) return {};
  return check_lease_for_read(*existing.lease, conditions.lease_id, existing.now, Leased::kBlob);
}

ApiResult<> check_write(const Conditions& conditions, const std::optional<Existing>& existing) {
  if (!existing) {
    // Nothing matches what isn't there; what isn't there hasn't been modified.
    if (conditions.match || conditions.tags) return refuse(errors::condition_not_met());
    return conditions.lease_id ? refuse(errors::no_lease_on_blob()) : ApiResult<>();
  }
  if (conditions.none_match && conditions.none_match->any) return refuse(errors::blob_exists());
  if (write_stopped(conditions, *existing)) return refuse(errors::condition_not_met());
  FH_CHECK_OK(check_tags(conditions, *existing));
  if (existing->lease == nullptr) return {};
  return check_lease_for_write(*existing->lease, conditions.lease_id, existing->now, Leased::kBlob);
}

ApiResult<> check_unguarded_write(const Conditions& conditions, Existing existing) {
  const auto* lease = std::exchange(existing.lease, nullptr);
  FH_CHECK_OK(check_write(conditions, existing));
  return check_lease_for_read(*lease, conditions.lease_id, existing.now, Leased::kBlob);
}

}  // namespace freehold::blob
