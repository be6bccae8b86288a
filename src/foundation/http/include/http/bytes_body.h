// A body that lies in memory.
#pragma once

#include <algorithm>

#include "http/message.h"

namespace freehold::http {

// Gives its bytes out in the pieces that the reader asks for. Belongs to one request; one reader at a time.
class BytesBody final : public BodyReader {
 public:
  explicit BytesBody(Bytes bytes) : bytes_(std::move(bytes)) {}
  [[nodiscard]] std::optional<std::uint64_t> length() const override { return bytes_.size() - at_; }
  [[nodiscard]] Task<Result<std::size_t>> read_some(std::span<char> out) override {
    const auto n = std::min(out.size(), bytes_.size() - at_);
    std::copy_n(bytes_.data() + at_, n, out.data());
    at_ += n;
    co_return n;
  }

 private:
  Bytes bytes_;
  std::size_t at_ = 0;
};

}  // namespace freehold::http
