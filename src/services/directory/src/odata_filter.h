// ODataFilter: `$filter` as Graph takes it, parsed once and asked of each object.
//
// OData 4.01 URL conventions, section 5.1.1, as far as Graph v1.0 has them: eq, ne, gt, ge, lt, le, in, startswith,
// endswith, and, or, not, parentheses, and any() over lists. Bytes from callers: bounded in length, depth and nodes.
#pragma once

#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <string_view>

#include "base/result.h"

namespace freehold::directory {

inline constexpr std::size_t kMaxFilterBytes = 8'192;

// Immutable, thread-safe, cheap to copy.
class ODataFilter {
 public:
  // kInvalidArgument says where it isn't understood; kUnsupported: understood and not answered here.
  [[nodiscard]] static Result<ODataFilter> parse(std::string_view text);
  // Texts are compared without regard to case (ASCII), as Graph does. A property that an object hasn't is null.
  [[nodiscard]] bool matches(const nlohmann::json& object) const;

  struct Node;

 private:
  explicit ODataFilter(std::shared_ptr<const Node> root) : root_(std::move(root)) {}
  std::shared_ptr<const Node> root_;
};

}  // namespace freehold::directory
