#include "src/graph_list.h"

#include <algorithm>

#include "base/encoding.h"
#include "src/graph_errors.h"

namespace freehold::directory {
namespace {

using Json = nlohmann::json;
using gate::ApiResult;
namespace errors = graph_errors;

constexpr std::size_t kMostOnAPage = 999;
constexpr std::size_t kMaxClauses = 16;
constexpr std::size_t kMaxSelected = 100;

std::unexpected<gate::ApiError> refuse(std::string message) {
  return std::unexpected(errors::unsupported_query(std::move(message)));
}

std::vector<std::string> split(std::string_view text, char separator) {
  std::vector<std::string> out;
  while (!text.empty() && out.size() <= kMaxSelected) {
    const auto end = text.find(separator);
    auto item = text.substr(0, end);
    text.remove_prefix(end == text.npos ? text.size() : end + 1);
    while (item.starts_with(' ')) item.remove_prefix(1);
    while (item.ends_with(' ')) item.remove_suffix(1);
    if (!item.empty()) out.emplace_back(item);
  }
  return out;
}

// "displayName:ada" OR "mail:ada" AND ...; AND binds more strongly, as in Graph.
ApiResult<> read_search(std::string_view text, GraphQuery& out) {
  const auto broken = [] { return refuse("Invalid $search: write \"property:words\", joined by AND or OR."); };
  out.search.emplace_back();
  std::size_t clauses = 0;
  while (true) {
    while (text.starts_with(' ')) text.remove_prefix(1);
    if (!text.starts_with('"')) return broken();
    const auto end = text.find('"', 1);
    if (end == text.npos || ++clauses > kMaxClauses) return broken();
    const auto clause = text.substr(1, end - 1);
    const auto colon = clause.find(':');
    if (colon == clause.npos || colon == 0 || colon + 1 == clause.size()) return broken();
    out.search.back().emplace_back(clause.substr(0, colon), to_lower(clause.substr(colon + 1)));
    text.remove_prefix(end + 1);
    while (text.starts_with(' ')) text.remove_prefix(1);
    if (text.empty()) return {};
    if (text.starts_with("OR ")) {
      out.search.emplace_back();
      text.remove_prefix(3);
    } else if (text.starts_with("AND ")) {
      text.remove_prefix(4);
    } else {
      return broken();
    }
  }
}

ApiResult<> read_order(std::string_view text, GraphQuery& out) {
  const auto words = split(text, ' ');
  if (words.empty() || words.size() > 2 || words[0].find(',') != std::string::npos) {
    return refuse("Invalid $orderby: one property, with asc or desc.");
  }
  out.order = words[0];
  out.descending = words.size() == 2 && words[1] == "desc";
  if (words.size() == 2 && words[1] != "desc" && words[1] != "asc") return refuse("Invalid $orderby.");
  return {};
}

ApiResult<> read_option(std::string_view name, std::string_view value, GraphQuery& out) {
  if (name == "$filter") {
    auto filter = ODataFilter::parse(value);
    if (!filter) return std::unexpected(errors::of(filter.error()));
    out.filter = std::move(*filter);
  } else if (name == "$top") {
    const auto top = parse_u64(value);
    if (!top || *top == 0 || *top > kMostOnAPage) return refuse("Invalid page size specified: '$top' is 1 to 999.");
    out.top = *top;
  } else if (name == "$skiptoken") {
    const auto skip = parse_u64(value);
    if (!skip || *skip > 1'000'000) return refuse("The $skiptoken isn't one of this service's.");
    out.skip = *skip;
  } else if (name == "$select") {
    out.select = split(value, ',');
  } else if (name == "$count") {
    out.count = value == "true";
    if (value != "true" && value != "false") return refuse("Invalid $count.");
  } else if (name == "$orderby") {
    return read_order(value, out);
  } else if (name == "$search") {
    return read_search(value, out);
  } else if (name != "api-version") {
    return std::unexpected(errors::not_implemented("The query option '" + std::string(name.substr(0, 64)) + "'"));
  }
  return {};
}

bool begins_a_word(std::string_view text, std::string_view words) {
  for (auto at = text.find(words); at != text.npos; at = text.find(words, at + 1)) {
    const char before = at == 0 ? ' ' : text[at - 1];
    if (!((before >= 'a' && before <= 'z') || (before >= '0' && before <= '9'))) return true;
  }
  return false;
}

bool is_found(const GraphQuery& query, const Json& object) {
  const auto clause = [&object](const std::pair<std::string, std::string>& wanted) {
    const auto at = object.find(wanted.first);
    return at != object.end() && at->is_string() &&
           begins_a_word(to_lower(at->get_ref<const std::string&>()), wanted.second);
  };
  return query.search.empty() ||
         std::ranges::any_of(query.search, [&](const auto& all) { return std::ranges::all_of(all, clause); });
}

std::string order_key(const Json& object, const std::string& property) {
  const auto at = object.find(property);
  return at != object.end() && at->is_string() ? to_lower(at->get_ref<const std::string&>()) : std::string();
}

std::string next_link(const http::Request& request, const std::string& origin, std::size_t skip) {
  std::string out = origin + request.path;
  char separator = '?';
  for (const auto& parameter : request.query) {
    if (parameter.name == "$skiptoken") continue;
    out += separator + percent_encode(parameter.raw_name, "$") + "=" + percent_encode(parameter.value);
    separator = '&';
  }
  return out + separator + "$skiptoken=" + std::to_string(skip);
}

}  // namespace

ApiResult<GraphQuery> read_query(const http::Request& request) {
  GraphQuery out;
  for (const auto& parameter : request.query) {
    FH_CHECK_OK(read_option(parameter.name, parameter.value, out));
  }
  return out;
}

Json selected(Json object, const std::vector<std::string>& select) {
  if (select.empty()) return object;
  Json out = Json::object();
  for (const auto& name : select) {
    if (object.contains(name)) out[name] = object[name];
  }
  for (const auto* always : {"@odata.type", "@odata.context"}) {
    if (object.contains(always)) out[always] = object[always];
  }
  return out;
}

Result<Json> list_page(const GraphQuery& query, const http::Request& request, const std::string& origin,
                       std::vector<Json> objects) {
  std::vector<Json> wanted;
  std::uint64_t steps = kMaxFilterSteps;
  for (Json& object : objects) {
    if (query.filter) {
      FH_TRY(const bool matches, query.filter->matches(object, steps));
      if (!matches) continue;
    }
    if (is_found(query, object)) wanted.push_back(std::move(object));
  }
  objects = std::move(wanted);
  if (!query.order.empty()) {
    std::vector<std::pair<std::string, std::size_t>> keys;
    for (std::size_t i = 0; i < objects.size(); ++i) keys.emplace_back(order_key(objects[i], query.order), i);
    std::ranges::sort(keys);
    if (query.descending) std::ranges::reverse(keys);
    std::vector<Json> sorted;
    for (const auto& [key, index] : keys) sorted.push_back(std::move(objects[index]));
    objects = std::move(sorted);
  }
  Json out = {{"@odata.context",
               origin + "/v1.0/$metadata#" + request.path.substr(std::min<std::size_t>(6, request.path.size()))}};
  if (query.count) out["@odata.count"] = objects.size();
  const auto begin = std::min(query.skip, objects.size());
  const auto end = std::min(begin + query.top, objects.size());
  if (end < objects.size()) out["@odata.nextLink"] = next_link(request, origin, end);
  out["value"] = Json::array();
  for (auto i = begin; i < end; ++i) out["value"].push_back(selected(std::move(objects[i]), query.select));
  return out;
}

}  // namespace freehold::directory
