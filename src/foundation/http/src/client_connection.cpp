#include "client_connection.h"

#include <algorithm>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/redirect_error.hpp>
#include <cstring>

#include "head.h"

namespace freehold::http {
namespace {

constexpr std::chrono::milliseconds kCancelAgain{50};  // a wait that had just ended wasn't there to be cancelled
constexpr int kInterimHeads = 8;

}  // namespace

void ClientConnection::watch(std::chrono::milliseconds timeout) {
  ++step_;
  timer_.expires_after(timeout);
  cancel_when_over(step_);
}

void ClientConnection::cancel_when_over(std::uint64_t step) {
  timer_.async_wait([weak = weak_from_this(), step](const boost::system::error_code& error) {
    const auto self = weak.lock();
    if (error || !self || self->step_ != step) return;
    self->late_ = true;
    boost::system::error_code ignored;
    if (self->transport_) {
      self->transport_->cancel();
    } else {
      self->socket_.cancel(ignored);
    }
    self->timer_.expires_after(kCancelAgain);
    self->cancel_when_over(step);
  });
}

Error ClientConnection::end_step(Error error) {
  ++step_;
  timer_.cancel();
  if (!late_) return error;
  return {ErrorCode::kTimeout, "the other server is too slow", std::move(error.detail)};
}

Task<Result<>> ClientConnection::connect(std::string address, std::uint16_t port, std::chrono::milliseconds timeout) {
  boost::system::error_code error;
  const auto numeric = boost::asio::ip::make_address(address, error);
  if (error) co_return fail(ErrorCode::kInvalidArgument, "not a numeric address", address);
  watch(timeout);
  co_await socket_.async_connect(boost::asio::ip::tcp::endpoint(numeric, port),
                                 boost::asio::redirect_error(runtime::use_task, error));
  auto outcome = end_step({ErrorCode::kUnavailable, "the other server can't be reached", error.message()});
  if (error) co_return std::unexpected(std::move(outcome));
  co_return Result<>();
}

Task<Result<>> ClientConnection::secure(std::shared_ptr<const TlsContext> context, std::string host,
                                        std::chrono::milliseconds timeout) {
  if (context == nullptr) {
    transport_ = make_plain_transport(std::move(socket_), unused_deadline_, traffic_);
    co_return Result<>();
  }
  FH_CO_TRY(transport_, make_tls_client_transport(*context, host, std::move(socket_), unused_deadline_, traffic_));
  watch(timeout);
  const auto ready = co_await transport_->handshake();
  auto outcome = end_step({ErrorCode::kDenied, "the other server didn't prove who it is", {}});
  if (ready) co_return Result<>();
  outcome.detail = ready.error().detail;
  co_return std::unexpected(std::move(outcome));
}

Task<Result<StatusHead>> ClientConnection::exchange(std::string head, Method asked, std::chrono::milliseconds timeout) {
  watch(timeout);
  auto answered = co_await transport_->flush({{BytesView(head), {}}});
  if (!answered) co_return std::unexpected(end_step(std::move(answered.error())));
  auto read = co_await read_head(asked);
  if (!read) co_return std::unexpected(end_step(std::move(read.error())));
  [[maybe_unused]] const auto in_time = end_step({});
  co_return read;
}

// Within the step that is being watched, so that a head that trickles in is cut off as a whole.
Task<Result<StatusHead>> ClientConnection::read_head(Method asked) {
  for (int heads = 0; heads < kInterimHeads; ++heads) {
    HeadScanner scanner;
    while (true) {
      const auto found = scanner.scan(input_.view());
      if (!found)
        co_return fail(ErrorCode::kInvalidArgument, "not an HTTP response", std::string(found.error().reason));
      if (!*found) {
        const auto room = input_.room();
        FH_CO_TRY(const std::size_t got, co_await transport_->read_some(room));
        if (got == 0) co_return fail(ErrorCode::kCancelled, "the other server went away");
        input_.filled(got);
        continue;
      }
      auto head = parse_status_head(**found, asked);
      if (!head) co_return fail(ErrorCode::kInvalidArgument, "not an HTTP response", std::string(head.error()));
      input_.consume(scanner.end());
      if (!head->interim()) co_return std::move(*head);
      break;
    }
  }
  co_return fail(ErrorCode::kInvalidArgument, "too many interim responses");
}

Task<Result<std::size_t>> ClientConnection::read_some(std::span<char> out, std::chrono::milliseconds timeout) {
  if (!input_.empty()) {
    const std::size_t n = std::min(out.size(), input_.view().size());
    std::memcpy(out.data(), input_.view().data(), n);
    input_.consume(n);
    co_return n;
  }
  watch(timeout);
  auto got = co_await transport_->read_some(out);
  auto outcome = end_step({ErrorCode::kCancelled, "the other server went away", {}});
  if (got && *got > 0) co_return *got;
  co_return std::unexpected(std::move(outcome));
}

Task<Result<>> ClientConnection::read_more(std::chrono::milliseconds timeout) {
  watch(timeout);
  const auto room = input_.room();
  auto got = co_await transport_->read_some(room);
  auto outcome = end_step({ErrorCode::kCancelled, "the other server went away", {}});
  if (!got || *got == 0) co_return std::unexpected(std::move(outcome));
  input_.filled(*got);
  co_return Result<>();
}

ClientBody::ClientBody(std::shared_ptr<ClientConnection> connection, const StatusHead& head,
                       std::chrono::milliseconds timeout)
    : connection_(std::move(connection)),
      timeout_(timeout),
      chunked_(head.has_body && head.chunked),
      remaining_(head.has_body ? head.content_length.value_or(0) : 0) {}

std::optional<std::uint64_t> ClientBody::length() const {
  if (chunked_) return std::nullopt;
  return remaining_;
}

Task<Result<std::size_t>> ClientBody::read_some(std::span<char> out) {
  if (failed_) co_return fail(ErrorCode::kCancelled, "the body broke off");
  if (out.empty() || (!chunked_ && remaining_ == 0)) co_return 0;
  Result<std::size_t> got;
  if (chunked_) {
    got = co_await read_chunked(out);
  } else {
    const auto n = static_cast<std::size_t>(std::min<std::uint64_t>(out.size(), remaining_));
    got = co_await connection_->read_some(out.first(n), timeout_);
    if (got) remaining_ -= *got;
  }
  failed_ = !got;
  co_return got;
}

Task<Result<std::size_t>> ClientBody::read_chunked(std::span<char> out) {
  auto& input = connection_->input();
  while (true) {
    input.consume(decoder_.consume(input.view()));
    switch (decoder_.state()) {
      case ChunkedDecoder::State::kBroken:
        co_return fail(ErrorCode::kInvalidArgument, "the chunked framing is broken");
      case ChunkedDecoder::State::kDone:
        co_return 0;
      case ChunkedDecoder::State::kData: {
        const auto n = static_cast<std::size_t>(std::min<std::uint64_t>(out.size(), decoder_.remaining()));
        FH_CO_TRY(const std::size_t got, co_await connection_->read_some(out.first(n), timeout_));
        decoder_.take_data(got);
        co_return got;
      }
      default: {
        FH_CO_CHECK_OK(co_await connection_->read_more(timeout_));
      }
    }
  }
}

}  // namespace freehold::http
