// Lists as Graph gives them: $filter, $search, $orderby, $top, $select, $count, and pages with @odata.nextLink.
#pragma once

#include <functional>
#include <optional>

#include "http/message.h"
#include "src/graph_json.h"
#include "src/odata_filter.h"

namespace freehold::directory {

struct GraphQuery {
  std::optional<ODataFilter> filter;
  // $search: each of `any` is a set of (property, words) that must all hold.
  std::vector<std::vector<std::pair<std::string, std::string>>> search;
  std::string order;  // a property; empty: by id
  bool descending = false;
  std::size_t top = 100;
  std::vector<std::string> select;
  bool count = false;
  std::size_t skip = 0;
};

// 400 Request_UnsupportedQuery for what isn't understood, 501 for $expand and other options that mean something.
[[nodiscard]] gate::ApiResult<GraphQuery> read_query(const http::Request& request);
// $select alone, for single objects.
[[nodiscard]] nlohmann::json selected(nlohmann::json object, const std::vector<std::string>& select);

// The page that is asked for, of all these objects. `origin` is "https://graph.D:8443". kInvalidArgument: the filter
// takes too long.
[[nodiscard]] Result<nlohmann::json> list_page(const GraphQuery& query, const http::Request& request,
                                               const std::string& origin, std::vector<nlohmann::json> objects);

}  // namespace freehold::directory
