#include "src/copy_sources.h"

#include "base/encoding.h"
#include "http/no_body.h"

namespace freehold::blob {
namespace {

constexpr int kMostOutside = 256;  // connections to other servers at once
constexpr std::size_t kAddressesTried = 4;

// Of an answer of ours, whose names are as we write them, or of another server's.
http::Headers in_lower_case(const http::Headers& headers) {
  http::Headers out;
  out.reserve(headers.fields().size());
  for (std::size_t i = 0; i < headers.fields().size(); ++i) {
    out.add_as_sent(headers.sent_name(i), headers.fields()[i].second);
  }
  return out;
}

ApiResult<OpenedSource> accept(const SourceQuestion& question, OpenedSource opened, int status) {
  if (question.range) {
    const bool right = status == 206 && answers_range(opened.headers, *question.range) &&
                       opened.body->length() == question.range->length();
    if (!right) return refuse(errors::invalid_source_range());
  }
  const auto length = opened.body->length();
  if (!length) return refuse(errors::cannot_verify_copy_source(400, "MissingContentLengthHeader"));
  // Our own answers leave it to the server to say.
  if (!opened.headers.has("content-length")) opened.headers.add("content-length", std::to_string(*length));
  return opened;
}

// Gives the place of a connection back, however it ended.
class Counted {
 public:
  explicit Counted(std::atomic<int>& count) : count_(count) { ++count_; }
  Counted(const Counted&) = delete;
  Counted& operator=(const Counted&) = delete;
  ~Counted() { --count_; }
  [[nodiscard]] bool too_many() const { return count_ > kMostOutside; }

 private:
  std::atomic<int>& count_;
};

// A body from outside that counts for as long as it may still be read.
class CountedBody final : public http::BodyReader {
 public:
  CountedBody(std::unique_ptr<Counted> counted, std::unique_ptr<http::BodyReader> body)
      : counted_(std::move(counted)), body_(std::move(body)) {}
  [[nodiscard]] std::optional<std::uint64_t> length() const override { return body_->length(); }
  [[nodiscard]] http::Task<Result<std::size_t>> read_some(std::span<char> out) override {
    return body_->read_some(out);
  }

 private:
  std::unique_ptr<Counted> counted_;
  std::unique_ptr<http::BodyReader> body_;
};

// The view of the source that the question is about.
void ask_view(CopySource& source, const SourceQuestion& question) {
  if (question.more_query.empty()) return;
  source.url.target += (source.url.target.contains('?') ? '&' : '?') + question.more_query;
}

}  // namespace

SourceQuestion question_besides(std::string view_query, const http::Headers& asked) {
  SourceQuestion question;
  question.more_query = view_query;
  for (const std::string_view name : {"x-ms-version", "authorization"}) {
    if (asked.has(name)) question.headers.add(std::string(name), std::string(asked.get(name)));
  }
  return question;
}

ApiResult<CopySource> CopySources::parse(const http::Request& request) const {
  return parse_copy_source(request.headers.get("x-ms-copy-source"), request.headers.get("host"), host_suffixes_,
                           allowed_);
}

ApiResult<CopySource> CopySources::parse_here(std::string_view url, std::string_view own_authority) const {
  return parse_copy_source(url, own_authority, host_suffixes_, AllowedSources());
}

ApiResult<CopySource> CopySources::parse_again(std::string_view url) const {
  // An address was this cloud's when the copy began: its row says so.
  const auto parsed = http::parse_url(url);
  const auto authority = parsed ? parsed->host + ":" + std::to_string(parsed->port) : std::string();
  return parse_here(url, authority);
}

Task<ApiResult<OpenedSource>> CopySources::open(CopySource source, SourceQuestion question, AskDoor door,
                                                std::string caller_account) {
  if (!source.here) co_return co_await ask_outside(std::move(source), std::move(question));
  const bool own_proof = source.has_signature || question.headers.has("authorization");
  if (!own_proof && source.here->account == caller_account) {
    auto opened = co_await ask_here(source, question, door, gate::AskedBy::kCaller);
    // A caller who may not read there may still read what anybody may.
    if (opened || opened.error().status != 403) co_return opened;
    auto as_anybody = co_await ask_here(std::move(source), std::move(question), door, gate::AskedBy::kItself);
    if (as_anybody) co_return as_anybody;
    co_return opened;
  }
  co_return co_await ask_here(std::move(source), std::move(question), std::move(door), gate::AskedBy::kItself);
}

Task<ApiResult<OpenedSource>> CopySources::open_as(CopySource source, SourceQuestion question, AskDoor door,
                                                   gate::AskedBy asked_by) {
  if (!source.here) co_return co_await ask_outside(std::move(source), std::move(question));
  co_return co_await ask_here(std::move(source), std::move(question), std::move(door), asked_by);
}

Task<ApiResult<OpenedSource>> CopySources::ask_here(CopySource source, SourceQuestion question, AskDoor door,
                                                    gate::AskedBy asked_by) {
  ask_view(source, question);
  auto part = http::request_for(question.method, source.url);
  if (!part) co_return refuse(errors::invalid_header("x-ms-copy-source", ""));
  for (const auto& [name, value] : question.headers.fields()) part->headers.add(name, value);
  if (question.range) part->headers.add("x-ms-range", question.range->text());
  part->body = &http::no_body();
  auto answer = co_await door(*part, asked_by);
  auto headers = in_lower_case(answer.headers);
  if (answer.status != 200 && answer.status != 206) {
    co_return refuse(source_refused(answer.status, headers.get("x-ms-error-code")));
  }
  if (answer.head_length) headers.set("content-length", std::to_string(*answer.head_length));
  const int status = answer.status;
  co_return accept(question, {std::move(headers), std::make_unique<SourceBody>(scope_, std::move(answer)), asked_by},
                   status);
}

Task<ApiResult<OpenedSource>> CopySources::ask_outside(CopySource source, SourceQuestion question) {
  if (outside_ == nullptr) co_return refuse(errors::copy_source_not_allowed());
  ask_view(source, question);
  auto counted = std::make_unique<Counted>(outside_now_);
  if (counted->too_many()) co_return refuse(errors::busy("too many copies from outside"));
  auto answer = co_await fetch(std::move(source), question);
  if (!answer && answer.error().code == ErrorCode::kDenied) co_return refuse(errors::copy_source_not_allowed());
  if (!answer) {
    auto error = errors::cannot_verify_copy_source(answer.error().code == ErrorCode::kNotFound ? 404 : 500, "");
    error.detail = answer.error().message + " " + answer.error().detail;
    co_return refuse(std::move(error));
  }
  auto headers = in_lower_case(answer->headers);
  const int status = answer->status;
  if (status >= 300 && status < 400 && status != 304) {
    co_return refuse(errors::cannot_verify_copy_source(400, "RedirectNotFollowed"));
  }
  if (status != 200 && status != 206) co_return refuse(source_refused(status, headers.get("x-ms-error-code")));
  auto body = std::make_unique<CountedBody>(std::move(counted), std::move(answer->body));
  co_return accept(question, {std::move(headers), std::make_unique<SourceBody>(scope_, std::move(body))}, status);
}

// Connects to an address that was checked, and to that very one: what the name leads to a moment later doesn't matter.
Task<Result<http::ClientResponse>> CopySources::fetch(CopySource source, SourceQuestion question) {
  FH_CO_TRY(auto addresses, co_await outside_->resolve(source.url.host));
  std::erase_if(addresses, [this](const std::string& address) { return !allowed_.allows_address(address); });
  if (addresses.empty()) co_return fail(ErrorCode::kDenied, "the name leads to addresses that aren't allowed");
  if (addresses.size() > kAddressesTried) addresses.resize(kAddressesTried);
  if (question.range) question.headers.add("range", question.range->text());
  Result<http::ClientResponse> answer;
  for (const auto& address : addresses) {
    answer = co_await outside_->fetch(question.method, source.url, address, question.headers);
    if (answer || answer.error().code != ErrorCode::kUnavailable) break;
  }
  // A certificate that proves nothing isn't a matter of what the operator allows.
  if (!answer && answer.error().code == ErrorCode::kDenied) answer.error().code = ErrorCode::kUnavailable;
  co_return answer;
}

}  // namespace freehold::blob
