#include "src/source_body.h"

#include <algorithm>
#include <cstring>

namespace freehold::blob {
namespace {

constexpr std::chrono::seconds kGrace{60};
constexpr std::uint64_t kLeastBytesPerSecond = 16 * 1024;

}  // namespace

SourceBody::SourceBody(runtime::TaskScope& scope, http::Response answer) : scope_(scope), left_(0) {
  if (auto* stream = std::get_if<http::StreamBody>(&answer.body)) {
    left_ = stream->length;
    writer_ = std::move(stream->writer);
  } else if (auto* bytes = std::get_if<Bytes>(&answer.body)) {
    whole_ = std::move(*bytes);
    piece_ = whole_;
    left_ = whole_.size();
  }
}

SourceBody::SourceBody(runtime::TaskScope& scope, std::unique_ptr<http::BodyReader> body)
    : scope_(scope), left_(body->length()), outside_(std::move(body)) {}

SourceBody::~SourceBody() = default;

http::Task<Result<std::size_t>> SourceBody::read_some(std::span<char> out) {
  if (broke_off_) co_return fail(ErrorCode::kCancelled, "the copy's source broke off");
  Result<std::size_t> got;
  if (scope_.stopping()) {
    got = fail(ErrorCode::kCancelled, "the service stops");
  } else if (outside_) {
    got = too_slow() ? fail(ErrorCode::kTimeout, "the copy's source is too slow") : co_await outside_->read_some(out);
  } else {
    got = co_await read_answer(out);
  }
  broke_off_ = !got;
  if (!got) co_return got;
  read_ += *got;
  if (left_) *left_ -= *got;
  co_return got;
}

http::Task<Result<std::size_t>> SourceBody::read_answer(std::span<char> out) {
  if (piece_.empty() && writer_) {
    FH_CO_TRY(piece_, co_await writer_->next());
  }
  const auto n = std::min(out.size(), piece_.size());
  std::memcpy(out.data(), piece_.data(), n);
  piece_.remove_prefix(n);
  co_return n;
}

bool SourceBody::too_slow() const {
  const auto took = std::chrono::steady_clock::now() - began_;
  if (took < kGrace) return false;
  const auto seconds = static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::seconds>(took).count());
  return read_ / seconds < kLeastBytesPerSecond;
}

}  // namespace freehold::blob
