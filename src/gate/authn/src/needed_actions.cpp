#include "authn/needed_actions.h"

#include "base/encoding.h"

namespace freehold::gate {
namespace {

bool concerns(const FurtherAction& further, const http::Request& request) {
  if (further.in == FurtherAction::In::kList) return list_has(request, further.name, further.value);
  if (!request.headers.has(further.name)) return false;
  return further.value.empty() || equals_ignoring_case(request.headers.get(further.name), further.value);
}

}  // namespace

NeededActions actions_needed(const RouteSpec& route, const http::Request& request) {
  NeededActions needed{.whole = route.data_action, .creating = route.create_action};
  for (const auto& further : route.further_actions) {
    if (concerns(further, request)) needed.besides.push_back(further.action);
  }
  return needed;
}

bool list_has(const http::Request& request, std::string_view parameter, std::string_view word) {
  auto rest = request.parameter(parameter);
  while (!rest.empty()) {
    const auto item = rest.substr(0, rest.find(','));
    if (equals_ignoring_case(item, word)) return true;
    rest.remove_prefix(std::min(rest.size(), item.size() + 1));
  }
  return false;
}

}  // namespace freehold::gate
