// The content of a copy's source, on its way in.
#pragma once

#include <chrono>
#include <memory>
#include <optional>

#include "http/message.h"
#include "runtime/task_scope.h"

namespace freehold::blob {

// A body that remembers whether it broke off, so that a source's fault isn't taken for the store's. Belongs to one
// request or job. Ends early (kCancelled) when the scope closes, and (kTimeout) when it is slower than any sane source.
class SourceBody final : public http::BodyReader {
 public:
  // Of an answer of this cloud.
  SourceBody(runtime::TaskScope& scope, http::Response answer);
  // Of an answer from outside.
  SourceBody(runtime::TaskScope& scope, std::unique_ptr<http::BodyReader> body);
  ~SourceBody() override;

  [[nodiscard]] std::optional<std::uint64_t> length() const override { return left_; }
  [[nodiscard]] http::Task<Result<std::size_t>> read_some(std::span<char> out) override;
  [[nodiscard]] bool broke_off() const { return broke_off_; }

 private:
  [[nodiscard]] http::Task<Result<std::size_t>> read_answer(std::span<char> out);
  [[nodiscard]] bool too_slow() const;

  runtime::TaskScope& scope_;
  std::optional<std::uint64_t> left_;
  std::unique_ptr<http::BodyReader> outside_;
  Bytes whole_;                               // an answer of this cloud in one piece, or
  std::unique_ptr<http::BodyWriter> writer_;  // piece by piece
  BytesView piece_;
  std::chrono::steady_clock::time_point began_ = std::chrono::steady_clock::now();
  std::uint64_t read_ = 0;
  bool broke_off_ = false;
};

}  // namespace freehold::blob
