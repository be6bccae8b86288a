// What a container's owner has said of who may come in: public access and stored access policies.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"

namespace freehold::gate {

// kBlob: anybody may read its blobs. kContainer: and list them, and read what the container says of itself.
enum class PublicAccess : std::uint8_t { kNone = 0, kBlob = 1, kContainer = 2 };

// A service SAS that names it (`si`) takes from it what the SAS itself leaves open.
struct StoredPolicy {
  std::string id = {};
  std::optional<WallTime> start = {};
  std::optional<WallTime> expiry = {};
  std::string permissions = {};  // empty: left to the SAS
  friend bool operator==(const StoredPolicy&, const StoredPolicy&) = default;
};

// Immutable; a change makes a new one.
struct ContainerAccess {
  PublicAccess public_access = PublicAccess::kNone;
  std::vector<StoredPolicy> policies = {};
};

}  // namespace freehold::gate
