// What a request needs of whoever's roles decide: the caller of a bearer token, the delegator of a user delegation SAS.
// Pure. Keeps: H1.
#pragma once

#include <algorithm>
#include <string_view>
#include <vector>

#include "http/message.h"
#include "route/route.h"

namespace freehold::gate {

struct NeededActions {
  std::string_view whole = {};                 // the row's own; empty: nobody's role suffices
  std::string_view creating = {};              // in its place, of who may create and not overwrite; empty: none
  std::vector<std::string_view> besides = {};  // and all of these
};

// The one place that says so: what is asked of a caller is asked of a delegator too.
[[nodiscard]] NeededActions actions_needed(const RouteSpec& route, const http::Request& request);

// Does the list in that query parameter hold the word? Lists are words between commas, without regard to case.
[[nodiscard]] bool list_has(const http::Request& request, std::string_view parameter, std::string_view word);

enum class Extent { kNothing, kCreating, kWhole };

// `has` says of an action whether it is allowed.
template <class Has>
[[nodiscard]] Extent allowed_extent(const NeededActions& needed, const Has& has) {
  const auto given = [&](std::string_view action) { return !action.empty() && has(action); };
  if (!std::ranges::all_of(needed.besides, given)) return Extent::kNothing;
  if (given(needed.whole)) return Extent::kWhole;
  return given(needed.creating) ? Extent::kCreating : Extent::kNothing;
}

}  // namespace freehold::gate
