// The body of a request that has none.
#pragma once

#include "http/message.h"

namespace freehold::http {

class NoBody final : public BodyReader {
 public:
  [[nodiscard]] std::optional<std::uint64_t> length() const override { return 0; }
  [[nodiscard]] Task<Result<std::size_t>> read_some(std::span<char>) override { co_return 0; }
};

// It has no state: one for all, from any thread.
[[nodiscard]] inline BodyReader& no_body() {
  static NoBody none;
  return none;
}

}  // namespace freehold::http
