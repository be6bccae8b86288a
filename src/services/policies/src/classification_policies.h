// The policies that classification brings: definitions that this cloud ships, and an initiative for each level.
//
// PROMISES C1; docs/classification.md says of each control where it is enforced.
#pragma once

#include <vector>

#include "src/entry.h"

namespace freehold::policies {

// All of them, definitions before the initiatives that name them, compiled.
[[nodiscard]] std::vector<EntryPtr> shipped_policies(const gate::policy::AliasTable& aliases);

}  // namespace freehold::policies
