#include <algorithm>
#include <array>
#include <cstring>

#include "connection.h"

namespace freehold::http {
namespace {

constexpr std::uint64_t kDrainBytes = 1024 * 1024;  // read away at most, to keep a connection

std::size_t at_most(std::span<char> out, std::uint64_t n) {
  return static_cast<std::size_t>(std::min<std::uint64_t>(out.size(), n));
}

}  // namespace

void RequestBody::begin(const Framing& framing) {
  chunked_ = framing.chunked;
  remaining_ = framing.content_length.value_or(0);
  finished_ = !chunked_ && remaining_ == 0;
  expect_continue_ = framing.expect_continue;
  decoder_ = ChunkedDecoder();
  failure_.reset();
}

std::optional<std::uint64_t> RequestBody::length() const {
  if (chunked_) return std::nullopt;
  return remaining_;
}

Task<Result<std::size_t>> RequestBody::read_some(std::span<char> out) {
  if (failure_) co_return fail(*failure_, "the request body broke off");
  if (finished_ || out.empty()) co_return 0;
  if (expect_continue_) {
    expect_continue_ = false;
    // A client that sends without waiting needs no go-ahead (RFC 9110 section 10.1.1).
    if (connection_.input_.empty() && !co_await connection_.write({{"HTTP/1.1 100 Continue\r\n\r\n", {}}})) {
      co_return note_failure({ErrorCode::kCancelled, "the client went away", {}});
    }
  }
  if (chunked_) co_return co_await read_chunked(out);
  FH_CO_TRY(const std::size_t got, co_await read_data(out.first(at_most(out, remaining_))));
  remaining_ -= got;
  finished_ = remaining_ == 0;
  co_return got;
}

// A chunked one counts as on its way: where it ends isn't known before it is decoded.
bool RequestBody::is_at_hand() const {
  return !chunked_ && !failure_ && connection_.input_.view().size() >= remaining_;
}

// What is buffered already, else straight from the socket to where the caller wants it.
Task<Result<std::size_t>> RequestBody::read_data(std::span<char> out) {
  InputBuffer& input = connection_.input_;
  if (!input.empty()) {
    const std::size_t n = std::min(out.size(), input.view().size());
    std::memcpy(out.data(), input.view().data(), n);
    input.consume(n);
    co_return n;
  }
  connection_.deadline_.set_stall(connection_.shard_->server->settings.body_stall_timeout);
  auto got = co_await connection_.transport_->read_some(out);
  connection_.deadline_.clear();
  if (got && *got > 0) co_return *got;
  if (connection_.deadline_.expired()) co_return note_failure({ErrorCode::kTimeout, "the request body stalled", {}});
  co_return note_failure({ErrorCode::kCancelled, "the client sent less than it announced", {}});
}

Task<Result<std::size_t>> RequestBody::read_chunked(std::span<char> out) {
  InputBuffer& input = connection_.input_;
  while (true) {
    input.consume(decoder_.consume(input.view()));
    if (decoder_.state() == ChunkedDecoder::State::kBroken) {
      co_return note_failure({ErrorCode::kInvalidArgument, "the chunked framing is broken", {}});
    }
    if (decoder_.state() == ChunkedDecoder::State::kDone) {
      finished_ = true;
      co_return 0;
    }
    if (decoder_.state() == ChunkedDecoder::State::kData &&
        !(input.empty() && decoder_.remaining() < InputBuffer::kSmall)) {
      FH_CO_TRY(const std::size_t got, co_await read_data(out.first(at_most(out, decoder_.remaining()))));
      decoder_.take_data(got);
      co_return got;
    }
    // Framing, or a chunk so small that it is better read together with the framing behind it.
    const std::span<char> room = input.room();
    connection_.deadline_.set_stall(connection_.shard_->server->settings.body_stall_timeout);
    auto got = co_await connection_.transport_->read_some(room);
    connection_.deadline_.clear();
    if (!got || *got == 0) {
      const bool stalled = connection_.deadline_.expired();
      co_return note_failure({stalled ? ErrorCode::kTimeout : ErrorCode::kCancelled, "the request body broke off", {}});
    }
    input.filled(*got);
  }
}

std::unexpected<Error> RequestBody::note_failure(Error error) {
  failure_ = error.code;
  return std::unexpected(std::move(error));
}

bool RequestBody::can_be_drained() const {
  if (finished_) return true;
  return !failure_ && !expect_continue_ && (chunked_ || remaining_ <= kDrainBytes);
}

Task<bool> RequestBody::drain() {
  std::array<char, 8 * 1024> sink;
  std::uint64_t drained = 0;
  while (!finished_) {
    const auto got = co_await read_some(sink);
    if (!got) co_return false;
    drained += *got;
    if (drained > kDrainBytes) co_return false;
  }
  co_return true;
}

}  // namespace freehold::http
