// ODataFilter: `$filter` as Graph takes it, parsed once and asked of each object.
//
// OData 4.01 URL conventions, section 5.1.1, as far as Graph v1.0 has them: eq, ne, gt, ge, lt, le, in, startswith,
// endswith, and, or, not, parentheses, and any() over lists. Bytes from callers: bounded in length, depth and nodes.
#pragma once

#include <cstdint>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <string_view>

#include "base/result.h"

namespace freehold::directory {

inline constexpr std::size_t kMaxFilterBytes = 8'192;
inline constexpr std::uint64_t kMaxFilterSteps = 20'000'000;  // of one list; a step is a condition, or 16 bytes of text

// Immutable, thread-safe, cheap to copy.
class ODataFilter {
 public:
  // kInvalidArgument says where it isn't understood; kUnsupported: understood and not answered here.
  [[nodiscard]] static Result<ODataFilter> parse(std::string_view text);
  // Texts are compared without regard to case (ASCII), as Graph does. A property that an object hasn't is null.
  // Takes what it costs from `steps`, which one list has in all; kInvalidArgument when they are used up.
  [[nodiscard]] Result<bool> matches(const nlohmann::json& object, std::uint64_t& steps) const;

  struct Node;

 private:
  explicit ODataFilter(std::shared_ptr<const Node> root) : root_(std::move(root)) {}
  std::shared_ptr<const Node> root_;
};

}  // namespace freehold::directory
