// AskedFor: what a request brings by which the condition of a role assignment decides.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "http/message.h"

namespace freehold::gate {

// Tags of what a request is about, as it was before. Only a look into the store tells them: that is taken where a
// condition asks, and the decision is then made again.
struct ResourceTags {
  bool asked = false;  // a condition did, and they weren't known
  bool known = false;
  std::vector<std::pair<std::string, std::string>> tags = {};  // of nothing, if there is no such thing
};

// Borrowed for the length of a decision.
struct AskedFor {
  const http::Request* request = nullptr;  // null: nothing can be known of it
  std::string_view operation = {};         // the row's name
  WallTime now = {};
  ResourceTags* tags = nullptr;  // null: they can't be known
};

}  // namespace freehold::gate
