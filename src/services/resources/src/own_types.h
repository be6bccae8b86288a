// The types that the resource manager has itself, as its listings of providers name them.
#pragma once

#include <span>
#include <string_view>

namespace freehold::resources {

struct OwnType {
  std::string_view provider;
  std::string_view type;
  std::span<const std::string_view> api_versions;  // newest first
};

[[nodiscard]] std::span<const OwnType> own_types();

}  // namespace freehold::resources
