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

bool selectors_hold(const RouteSpec& row, const http::Request& request, const Choosing& given) {
  for (std::size_t i = 0; i < given.size(); ++i) {
    if (given[i] && !names(row, kChoosing[i])) return false;
  }
  return std::ranges::all_of(row.query, [&](const Selector& s) { return query_holds(s, request); }) &&
         std::ranges::all_of(row.headers, [&](const Selector& s) { return header_holds(s, request); });
}

constexpr std::string_view kScope = "{scope}";

// From the last "/providers/" on: what comes before it is the scope of what comes after. Empty: it isn't there.
std::string_view below_scope(std::string_view path) {
  constexpr std::string_view kProviders = "/providers/";
  for (auto at = path.rfind('/'); at != path.npos && at != 0; at = path.rfind('/', at - 1)) {
    if (equals_ignoring_case(path.substr(at, kProviders.size()), kProviders)) return path.substr(at);
  }
  return equals_ignoring_case(path.substr(0, kProviders.size()), kProviders) ? path : std::string_view();
}

// Cuts off the first segment of a path that begins with a slash; `path` becomes the rest, slash and all.
std::string_view take_segment(std::string_view& path) {
  path.remove_prefix(1);
  const auto segment = path.substr(0, path.find('/'));
  path.remove_prefix(segment.size());
  return segment;
}

constexpr std::size_t kMostSegments = 24;  // more than any row's path has

// A path, or a row's template of one, cut at its slashes.
class Segments {
 public:
  explicit Segments(std::string_view path) {
    while (path.starts_with('/') && count_ < kMostSegments) each_[count_++] = take_segment(path);
    whole_ = path.empty();
  }
  [[nodiscard]] std::span<const std::string_view> each() const { return std::span(each_).first(count_); }
  // False: it doesn't begin with a slash, or is longer than any row's.
  [[nodiscard]] bool whole() const { return whole_; }
  // Does it look as the template has it? `slash_at_end`: it may end in one slash that says nothing.
  [[nodiscard]] bool match(std::span<const std::string_view> wanted, bool slash_at_end) const {
    auto given = each();
    if (slash_at_end && given.size() > 1 && given.back().empty()) given = given.first(given.size() - 1);
    return whole_ && std::ranges::equal(wanted, given, [](std::string_view w, std::string_view g) {
             return w.starts_with('{') ? !g.empty() : equals_ignoring_case(w, g);
           });
  }

 private:
  std::array<std::string_view, kMostSegments> each_;
  std::size_t count_ = 0;
  bool whole_ = false;
};

std::string_view without_scope(std::string_view path_template) {
  if (path_template.starts_with(kScope)) path_template.remove_prefix(kScope.size());
  return path_template;
}

}  // namespace

bool matches_path(std::string_view path_template, std::string_view path) {
  const Segments wanted(without_scope(path_template));
  const Segments given(path_template.starts_with(kScope) ? below_scope(path) : path);
  return wanted.whole() && given.match(wanted.each(), false);
}

RouteTable::RouteTable(std::vector<RouteSpec> rows) : rows_(std::move(rows)) {
  for (std::size_t i = 0; i < rows_.size(); ++i) {
    const RouteSpec& row = rows_[i];
    const Segments segments(without_scope(row.path));
    FH_CHECK(segments.each().size() < kMostSegments);
    places_[{row.method, row.scope}].push_back(
        {.row = i, .segments = {segments.each().begin(), segments.each().end()}});
  }
}

const RouteSpec* RouteTable::find(const http::Request& request, Scope scope) const {
  const auto given = choosing_of(request);
  const auto places = places_.find({request.method, scope});
  if (!given || places == places_.end()) return nullptr;
  const Segments asked(request.path);
  std::optional<Segments> below;  // the scope that a row leaves open; cut where there is such a row
  for (const Place& place : places->second) {
    const RouteSpec& row = rows_[place.row];
    const bool scoped = row.path.starts_with(kScope);
    if (scoped && !below) below.emplace(below_scope(request.path));
    const bool here = row.path.empty() || (scoped ? *below : asked).match(place.segments, row.slash_at_end);
    if (here && selectors_hold(row, request, *given)) return &row;
  }
  return nullptr;
}

}  // namespace freehold::gate
