#include "connection.h"

#include "base/check.h"
#include "base/log.h"

namespace freehold::http {
namespace {

// How long a connection that we end stays open for reading, so that a client still sending gets our last response and
// not a reset that overtakes it (RFC 9112 section 9.6).
constexpr std::chrono::seconds kLingerTimeout{10};
// Enough that a client which reads no answer before it has sent its whole body hears the refusal of an ordinary upload.
constexpr std::uint64_t kLingerBytes = 64 * 1024 * 1024;

// What a request's headers hold that nobody should find in memory once it is answered. A short list of exact names:
// looking for them costs a comparison of lengths each.
constexpr std::string_view kSecretHeaders[] = {"authorization", "x-ms-encryption-key", "x-ms-source-encryption-key",
                                               "x-ms-copy-source-authorization"};

bool has_no_body(int status) { return status == 204 || status == 304; }

}  // namespace

Connection::Connection(std::shared_ptr<Shard> shard, Origin origin)
    : shard_(std::move(shard)), origin_(std::move(origin)) {
  shard_->add(*this);
}

Connection::~Connection() {
  count_traffic();
  shard_->remove(*this);
}

Result<> Connection::attach(Socket socket) {
  if (origin_.listener != Listener::kHttps) {
    transport_ = make_plain_transport(std::move(socket), deadline_, traffic_);
    return {};
  }
  const auto context = shard_->server->tls.get();
  if (!context) return fail(ErrorCode::kUnavailable, "no certificate yet");
  FH_TRY(transport_, make_tls_transport(*context, std::move(socket), deadline_, traffic_));
  return {};
}

Task<> Connection::run(std::unique_ptr<Connection> self) {
  self->deadline_.set(self->shard_->server->settings.header_timeout);
  const auto ready = co_await self->transport_->handshake();
  self->deadline_.clear();
  if (ready) {
    while (co_await self->serve_one()) self->end_request();
    self->end_request();
  } else {
    Counters::add(self->shard_->counters.bad_requests, 1);
  }
  if (self->linger_) co_await self->linger();
}

bool Connection::cut_if_over(std::int64_t now) {
  if (!deadline_.over(now)) return false;
  const bool first = !deadline_.expired();
  deadline_.expire();
  cancel();  // again with each sweep, as a wait that had just ended isn't there to be cancelled
  return first;
}

void Connection::end_request() {
  for (const auto name : kSecretHeaders) request_.headers.wipe_values(name);
  count_traffic();
}

void Connection::count_traffic() {
  Counters::add(shard_->counters.bytes_in, std::exchange(traffic_.in, 0));
  Counters::add(shard_->counters.bytes_out, std::exchange(traffic_.out, 0));
}

// One request and its response; true if another may follow.
Task<bool> Connection::serve_one() {
  request_ = Request();
  framing_ = Framing();
  scanner_.reset();
  auto outcome = try_head();
  if (!outcome) outcome = co_await read_head();
  if (*outcome == HeadOutcome::kGone) co_return false;
  if (*outcome == HeadOutcome::kRefused) {
    Counters::add(shard_->counters.bad_requests, 1);
    co_await refuse(refusal_);
    co_return false;
  }
  if (origin_.over_limit) {
    co_await refuse({503, "too many connections"});
    co_return false;
  }
  Counters::add(shard_->counters.requests, 1);
  request_.listener = origin_.listener;
  request_.peer = origin_.peer;
  request_.peer.tls_version = transport_->tls_version();
  body_.begin(framing_);
  deadline_.begin_transfer(shard_->server->settings.rate_window);
  request_.body = &body_;
  Response response = co_await answer();
  if (body_.failure()) co_return co_await refuse_broken_body();
  co_return co_await send(std::move(response));
}

// The head if it is complete in the buffer; nullopt if more must be read.
std::optional<Connection::HeadOutcome> Connection::try_head() {
  const auto found = scanner_.scan(input_.view());
  if (!found) {
    refusal_ = found.error();
    return HeadOutcome::kRefused;
  }
  if (!*found) return std::nullopt;
  if (auto refusal = parse_head(**found, request_, framing_)) {
    refusal_ = *refusal;
    return HeadOutcome::kRefused;
  }
  input_.consume(scanner_.end());
  return HeadOutcome::kReady;
}

Task<Connection::HeadOutcome> Connection::read_head() {
  const Settings& settings = shard_->server->settings;
  if (input_.empty()) {
    if (shard_->server->draining.load(std::memory_order_relaxed)) co_return HeadOutcome::kGone;
    idle_ = true;
    input_.rest();
    transport_->rest();
    deadline_.set(origin_.over_limit ? settings.header_timeout : settings.idle_timeout);
  } else {
    deadline_.set(settings.header_timeout);
  }
  while (true) {
    const std::span<char> room = input_.room();
    const auto got = co_await transport_->read_some(room);
    if (!got || *got == 0) {
      deadline_.clear();
      co_return head_lost();
    }
    input_.filled(*got);
    const auto outcome = try_head();
    if (outcome || idle_) deadline_.clear();
    idle_ = false;
    if (outcome) co_return *outcome;
    if (!deadline_.armed()) deadline_.set(settings.header_timeout);
  }
}

// The client ended or was cut before its head was whole.
Connection::HeadOutcome Connection::head_lost() {
  const bool was_idle = std::exchange(idle_, false);
  if (was_idle || !deadline_.expired()) return HeadOutcome::kGone;
  refusal_ = {408, "the request took too long"};
  return HeadOutcome::kRefused;
}

// No exception gets past a handler's own module; should one, this connection is all that it costs.
Task<Response> Connection::answer() {
  try {
    co_return co_await shard_->server->handler.handle(request_);
  } catch (const std::exception& error) {
    log_error("a request handler threw", {{"what", std::string_view(error.what())}});
  }
  Response failed;
  failed.status = 500;
  failed.close = true;
  co_return failed;
}

Persistence Connection::persistence_after(const Response& response) const {
  const bool keep = framing_.keep_alive && !response.close && body_.can_be_drained() &&
                    !shard_->server->draining.load(std::memory_order_relaxed);
  if (!keep) return Persistence::kClose;
  return framing_.http10 ? Persistence::kKeepAliveSaidAloud : Persistence::kKeepAlive;
}

Task<bool> Connection::send(Response response) {
  FH_CHECK(response.status >= 200 && response.status <= 599);
  if (!can_be_sent(response.headers)) {
    log_error("a response header has a control character", {{"status", std::int64_t{response.status}}});
    response = Response();
    response.status = 500;
    response.close = true;
  }
  auto* const stream = std::get_if<StreamBody>(&response.body);
  auto* const bytes = std::get_if<Bytes>(&response.body);
  std::optional<std::uint64_t> length = stream != nullptr ? stream->length : bytes != nullptr ? bytes->size() : 0;
  const bool without_body = request_.method == Method::kHead || has_no_body(response.status);
  if (request_.method == Method::kHead && response.head_length) length = response.head_length;
  if (has_no_body(response.status)) length.reset();
  const Persistence persistence = persistence_after(response);
  linger_ = persistence == Persistence::kClose;
  head_.clear();
  append_head(head_, response.status, shard_->standing_lines(), response.headers, length, persistence);
  deadline_.begin_transfer(shard_->server->settings.rate_window);
  bool sent = false;
  if (stream != nullptr && !without_body && stream->length > 0) {
    sent = co_await send_stream(std::move(*stream));
  } else {
    Pieces pieces{{head_, bytes != nullptr && !without_body ? BytesView(*bytes) : BytesView()}};
    const auto all = transport_->write_now(pieces);
    sent = all && (*all || co_await write(pieces));
  }
  if (!sent) linger_ = false;
  co_return sent&& persistence != Persistence::kClose && (body_.finished() || co_await body_.drain());
}

// The head leaves with the first piece. A body that ends early or runs over its length ends the connection: the client
// sees that it hasn't got the whole.
Task<bool> Connection::send_stream(StreamBody body) {
  std::uint64_t left = body.length;
  BytesView head = head_;
  while (left > 0) {
    const auto piece = co_await body.writer->next();
    if (!piece || piece->empty() || piece->size() > left) {
      log_warning("a response body broke off", {{"missing_bytes", left}});
      co_return false;
    }
    if (!co_await write({{head, *piece}})) co_return false;
    left -= piece->size();
    head = {};
  }
  co_return true;
}

Task<bool> Connection::write(Pieces pieces) {
  const auto all = transport_->write_now(pieces);
  if (!all) co_return false;
  if (*all) co_return true;
  deadline_.set_stall(shard_->server->settings.body_stall_timeout);
  const auto flushed = co_await transport_->flush(pieces);
  deadline_.clear();
  co_return flushed.has_value();
}

Task<> Connection::refuse(Refusal refusal) {
  Headers headers;
  headers.add("Content-Type", "text/plain; charset=utf-8");
  if (refusal.status == 503) headers.add("Retry-After", "5");
  const std::string text = std::string(refusal.reason) + "\n";
  head_.clear();
  append_head(head_, refusal.status, shard_->standing_lines(), headers, text.size(), Persistence::kClose);
  linger_ = co_await write({{head_, text}});
}

// The handler's answer to a body that it couldn't read to its end is not what the client needs to know.
Task<bool> Connection::refuse_broken_body() {
  if (body_.failure() == ErrorCode::kInvalidArgument) {
    Counters::add(shard_->counters.bad_requests, 1);
    co_await refuse({400, "the chunked framing is broken"});
  } else if (body_.failure() == ErrorCode::kTimeout) {
    co_await refuse({408, "the request body stalled"});
  }
  co_return false;
}

Task<> Connection::linger() {
  transport_->shut_down();
  deadline_.set(kLingerTimeout);
  std::uint64_t discarded = 0;
  while (discarded < kLingerBytes) {
    input_.consume(input_.view().size());
    const auto got = co_await transport_->read_some(input_.room());
    if (!got || *got == 0) break;
    discarded += *got;
  }
  deadline_.clear();
}

}  // namespace freehold::http
