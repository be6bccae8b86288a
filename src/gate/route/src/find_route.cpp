#include <algorithm>
#include <array>
#include <iterator>

#include "base/check.h"
#include "base/encoding.h"
#include "route/route.h"

namespace freehold::gate {
namespace {

// The parameters that choose an operation rather than shape it. Counted once a request, whatever the number of rows.
constexpr std::string_view kChoosing[] = {"comp", "restype"};
using Choosing = std::array<bool, std::size(kChoosing)>;

// Which of them the request has; nullopt: one stands twice.
std::optional<Choosing> choosing_of(const http::Request& request) {
  Choosing given{};
  for (const auto& parameter : request.query) {
    const auto at = std::ranges::find(kChoosing, parameter.name);
    if (at == std::end(kChoosing)) continue;
    bool& found = given[static_cast<std::size_t>(at - std::begin(kChoosing))];
    if (found) return std::nullopt;
    found = true;
  }
  return given;
}

bool names(const RouteSpec& row, std::string_view parameter) {
  return std::ranges::any_of(row.query, [&](const Selector& s) { return s.name == parameter; });
}

bool query_holds(const Selector& selector, const http::Request& request) {
  auto at = std::ranges::find(request.query, selector.name, &http::QueryParameter::name);
  return at != request.query.end() && (selector.value.empty() || equals_ignoring_case(at->value, selector.value));
}

bool header_holds(const Selector& selector, const http::Request& request) {
  if (!request.headers.has(selector.name)) return false;
  return selector.value.empty() || equals_ignoring_case(request.headers.get(selector.name), selector.value);
}

std::string_view path_for(const RouteSpec& row, std::string_view path) {
  if (row.slash_at_end && path.size() > 1 && path.ends_with('/')) path.remove_suffix(1);
  return path;
}

bool selectors_hold(const RouteSpec& row, const http::Request& request, const Choosing& given) {
  for (std::size_t i = 0; i < given.size(); ++i) {
    if (given[i] && !names(row, kChoosing[i])) return false;
  }
  return std::ranges::all_of(row.query, [&](const Selector& s) { return query_holds(s, request); }) &&
         std::ranges::all_of(row.headers, [&](const Selector& s) { return header_holds(s, request); });
}

constexpr std::string_view kScope = "{scope}";

// Where the last "/providers/" begins: what comes before it is the scope of what comes after.
std::optional<std::size_t> last_providers(std::string_view path) {
  constexpr std::string_view kProviders = "/providers/";
  for (auto at = path.rfind('/'); at != path.npos && at != 0; at = path.rfind('/', at - 1)) {
    if (equals_ignoring_case(path.substr(at, kProviders.size()), kProviders)) return at;
  }
  if (equals_ignoring_case(path.substr(0, kProviders.size()), kProviders)) return 0;
  return std::nullopt;
}

// Cuts off the first segment of a path that begins with a slash; `path` becomes the rest, slash and all.
std::string_view take_segment(std::string_view& path) {
  path.remove_prefix(1);
  const auto segment = path.substr(0, path.find('/'));
  path.remove_prefix(segment.size());
  return segment;
}

bool fits(std::string_view wanted, std::string_view given) {
  return wanted.starts_with('{') ? !given.empty() : equals_ignoring_case(wanted, given);
}

constexpr std::size_t kMostSegments = 24;  // more than any row's path has

// A request's path, cut once for all rows.
class Segments {
 public:
  explicit Segments(std::string_view path) {
    while (path.starts_with('/') && count_ <= kMostSegments) each_[count_++] = take_segment(path);
  }
  // As matches_path() has it.
  [[nodiscard]] bool match(std::span<const std::string_view> wanted, bool slash_at_end) const {
    const std::size_t count = slash_at_end && count_ > 1 && each_[count_ - 1].empty() ? count_ - 1 : count_;
    if (count != wanted.size()) return false;
    for (std::size_t i = 0; i < count; ++i) {
      if (!fits(wanted[i], each_[i])) return false;
    }
    return true;
  }

 private:
  std::array<std::string_view, kMostSegments + 1> each_;
  std::size_t count_ = 0;
};

}  // namespace

bool matches_path(std::string_view path_template, std::string_view path) {
  if (path_template.starts_with(kScope)) {
    path_template.remove_prefix(kScope.size());
    const auto providers = last_providers(path);
    if (!providers) return false;
    path.remove_prefix(*providers);
  }
  while (path_template.starts_with('/') && path.starts_with('/')) {
    const auto wanted = take_segment(path_template);
    const auto given = take_segment(path);
    if (!fits(wanted, given)) return false;
  }
  return path_template.empty() && path.empty();
}

RouteTable::RouteTable(std::vector<RouteSpec> rows) : rows_(std::move(rows)) {
  for (std::size_t i = 0; i < rows_.size(); ++i) {
    const RouteSpec& row = rows_[i];
    Place place{.row = i, .segments = {}};
    if (!row.path.starts_with(kScope)) {
      auto path = row.path;
      while (path.starts_with('/')) place.segments.push_back(take_segment(path));
      FH_CHECK(place.segments.size() < kMostSegments);
    }
    places_[{row.method, row.scope}].push_back(std::move(place));
  }
}

const RouteSpec* RouteTable::find(const http::Request& request, Scope scope) const {
  const auto given = choosing_of(request);
  const auto places = places_.find({request.method, scope});
  if (!given || places == places_.end()) return nullptr;
  const Segments asked(request.path);
  for (const Place& place : places->second) {
    const RouteSpec& row = rows_[place.row];
    const bool here = row.path.empty() || (place.segments.empty() ? matches_path(row.path, path_for(row, request.path))
                                                                  : asked.match(place.segments, row.slash_at_end));
    if (here && selectors_hold(row, request, *given)) return &row;
  }
  return nullptr;
}

}  // namespace freehold::gate
