#include "src/activity_filter.h"

#include <algorithm>
#include <utility>

#include "base/encoding.h"

namespace freehold::insights {
namespace {

constexpr std::pair<std::string_view, ActivityField> kFields[] = {{"resourceGroupName", ActivityField::kResourceGroup},
                                                                  {"resourceUri", ActivityField::kResource},
                                                                  {"resourceId", ActivityField::kResource},
                                                                  {"resourceProvider", ActivityField::kProvider},
                                                                  {"resourceProviderName", ActivityField::kProvider},
                                                                  {"resourceType", ActivityField::kType},
                                                                  {"operationName", ActivityField::kOperation},
                                                                  {"operations", ActivityField::kOperation},
                                                                  {"correlationId", ActivityField::kCorrelation},
                                                                  {"caller", ActivityField::kCaller},
                                                                  {"status", ActivityField::kStatus},
                                                                  {"level", ActivityField::kLevel},
                                                                  {"levels", ActivityField::kLevel}};

constexpr std::string_view kMembers[] = {"authorization",
                                         "caller",
                                         "category",
                                         "channels",
                                         "claims",
                                         "correlationId",
                                         "description",
                                         "eventDataId",
                                         "eventName",
                                         "eventTimestamp",
                                         "httpRequest",
                                         "id",
                                         "level",
                                         "operationId",
                                         "operationName",
                                         "properties",
                                         "resourceGroupName",
                                         "resourceId",
                                         "resourceProviderName",
                                         "resourceType",
                                         "status",
                                         "subStatus",
                                         "submissionTimestamp",
                                         "subscriptionId",
                                         "tenantId"};

void skip(std::string_view& text) {
  while (text.starts_with(' ')) text.remove_prefix(1);
}

std::string_view take_word(std::string_view& text) {
  skip(text);
  const auto word = text.substr(0, text.find(' '));
  text.remove_prefix(word.size());
  return word;
}

// In quotes, a quote written twice; or bare to the next space.
std::optional<std::string> take_value(std::string_view& text) {
  skip(text);
  if (!text.starts_with('\'')) return std::string(take_word(text));
  std::string out;
  for (std::size_t i = 1; i < text.size(); ++i) {
    if (text[i] != '\'') {
      out.push_back(text[i]);
    } else if (i + 1 < text.size() && text[i + 1] == '\'') {
      out.push_back(text[i++]);
    } else {
      text.remove_prefix(i + 1);
      return out;
    }
  }
  return std::nullopt;
}

// Python's times have no zone and are UTC, or have "+00:00", whose plus a query may have made a space.
std::optional<WallTime> read_time(std::string_view text) {
  for (const std::string_view zone : {"+00:00", " 00:00"}) {
    if (text.ends_with(zone)) text.remove_suffix(zone.size());
  }
  const bool bare = text.contains('T') && !text.ends_with('Z');
  return parse_iso8601(bare ? std::string(text) + "Z" : std::string(text));
}

std::unexpected<std::string> not_understood(std::string_view what) {
  return std::unexpected("'" + std::string(what.substr(0, 128)) + "' isn't understood");
}

}  // namespace

std::expected<ActivityFilter, std::string> parse_activity_filter(std::string_view text) {
  ActivityFilter out;
  if (text.size() > kMaxFilterBytes) return std::unexpected("it is too long");
  skip(text);
  for (std::size_t count = 0; !text.empty(); ++count) {
    if (count == kMaxClauses) return std::unexpected("it has too many parts");
    const auto all = text;
    const auto field = take_word(text);
    const auto op = take_word(text);
    const auto value = take_value(text);
    if (!value || value->empty()) return not_understood(all);
    if (equals_ignoring_case(field, "eventTimestamp")) {
      const auto time = read_time(*value);
      const bool from = equals_ignoring_case(op, "ge");
      if (!time || (!from && !equals_ignoring_case(op, "le"))) return not_understood(all);
      (from ? out.from : out.to) = time;
    } else if (!equals_ignoring_case(op, "eq")) {
      return not_understood(all);
    } else if (equals_ignoring_case(field, "eventChannels")) {
      if (!value->contains("Operation")) return not_understood(all);  // all events are of this channel
    } else if (equals_ignoring_case(field, "category")) {
      if (!equals_ignoring_case(*value, "Administrative")) return not_understood(all);
    } else {
      const auto known =
          std::ranges::find_if(kFields, [&](const auto& one) { return equals_ignoring_case(one.first, field); });
      if (known == std::end(kFields)) return not_understood(field);
      out.clauses.push_back({known->second, *value});
    }
    skip(text);
    if (text.empty()) break;
    if (!equals_ignoring_case(take_word(text), "and")) return not_understood(all);
    skip(text);
    if (text.empty()) return not_understood(all);
  }
  return out;
}

std::optional<std::vector<std::string>> parse_select(std::string_view text) {
  std::vector<std::string> out;
  skip(text);
  while (!text.empty()) {
    auto word = text.substr(0, text.find(','));
    text.remove_prefix(std::min(text.size(), word.size() + 1));
    skip(word);
    while (word.ends_with(' ')) word.remove_suffix(1);
    const auto known = std::ranges::find_if(kMembers, [&](auto one) { return equals_ignoring_case(one, word); });
    if (known == std::end(kMembers) || out.size() == kMaxSelected) return std::nullopt;
    out.emplace_back(*known);
    skip(text);
  }
  return out;
}

}  // namespace freehold::insights
