#include <algorithm>

#include "base/encoding.h"
#include "route/route.h"

namespace freehold::gate {
namespace {

bool is_choosing(std::string_view name) { return name == "comp" || name == "restype"; }

// Whatever satisfies one of `later` satisfies `selector` too.
bool implied(const Selector& selector, const std::vector<Selector>& later) {
  return std::ranges::any_of(later, [&](const Selector& s) {
    return s.name == selector.name && (selector.value.empty() || equals_ignoring_case(s.value, selector.value));
  });
}

bool names(const std::vector<Selector>& selectors, std::string_view name) {
  return std::ranges::any_of(selectors, [&](const Selector& s) { return s.name == name; });
}

// Every request that `later` matches is taken by `earlier`.
bool covers(const RouteSpec& earlier, const RouteSpec& later) {
  if (earlier.method != later.method || earlier.scope != later.scope) return false;
  // A segment {x} of the later row is a segment like any other to the earlier one's template.
  if (!earlier.path.empty() && !matches_path(earlier.path, later.path)) return false;
  auto by_later_query = [&](const Selector& s) { return implied(s, later.query); };
  auto by_later_headers = [&](const Selector& s) { return implied(s, later.headers); };
  auto left_open = [&](const Selector& s) { return is_choosing(s.name) && !names(earlier.query, s.name); };
  return std::ranges::all_of(earlier.query, by_later_query) && std::ranges::all_of(earlier.headers, by_later_headers) &&
         std::ranges::none_of(later.query, left_open);
}

std::string label(const RouteSpec& row) {
  std::string text(http::to_string(row.method));
  return text.append(" ").append(row.operation.empty() ? "(no name)" : row.operation);
}

void check_row(const RouteSpec& row, std::vector<std::string>& faults) {
  auto fault = [&](std::string_view what) { faults.push_back(label(row).append(": ").append(what)); };
  if (row.operation.empty()) fault("has no operation name");
  if (row.credentials == kNoCredential) fault("accepts no credential");
  if (!row.path.empty() && !row.path.starts_with('/') && !row.path.starts_with("{scope}/providers/"))
    fault("has a path that doesn't begin with a slash");
  const bool bearer = (row.credentials & kBearer) != 0;
  if (bearer && row.data_action.empty() && !row.any_caller) fault("accepts a bearer token and names no action");
  if (row.any_caller && !row.data_action.empty()) fault("names an action that nobody is asked for");
  for (const auto* selectors : {&row.query, &row.headers}) {
    for (const auto& s : *selectors) {
      if (s.name.empty() || s.name != to_lower(s.name)) fault("has a selector whose name isn't in lower case");
    }
  }
  if ((row.credentials & (kServiceSas | kUserDelegationSas)) != 0 && row.sas.resource_permissions.empty()) {
    fault("accepts a SAS on a resource and names no permission");
  }
  if ((row.credentials & kAccountSas) == 0) return;
  if (row.sas.permissions.empty()) fault("accepts an account SAS and names no permission");
  if (!std::string_view("bqtf").contains(row.sas.service)) fault("has an unknown SAS service");
  if (!std::string_view("sco").contains(row.sas.resource_type)) fault("has an unknown SAS resource type");
}

}  // namespace

std::vector<std::string> check_rows(std::span<const RouteSpec> rows) {
  std::vector<std::string> faults;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    check_row(rows[i], faults);
    auto earlier = std::ranges::find_if(rows.first(i), [&](const RouteSpec& e) { return covers(e, rows[i]); });
    if (earlier != rows.first(i).end()) {
      faults.push_back(label(rows[i]) + ": never reached, " + label(*earlier) + " takes its requests");
    }
  }
  return faults;
}

}  // namespace freehold::gate
