// CopySources: opens what a copy reads from. A blob of this cloud is read through the one door, as a request of its own
// that must be authorised and is recorded; a server outside is asked over the network, if the operator allows it.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "http/client.h"
#include "pipeline/permit.h"
#include "src/copy_source_rules.h"
#include "src/source_body.h"

namespace freehold::blob {

using runtime::Task;

// The way back to the door of a handler or job. Bound to its permit, which outlives the call.
using AskDoor = std::function<Task<http::Response>(http::Request&, gate::AskedBy)>;
template <class Operation>
[[nodiscard]] AskDoor door_of(const gate::Permit<Operation>& permit) {
  return [&permit](http::Request& part, gate::AskedBy asked_by) { return permit.ask(part, asked_by); };
}

// What is asked of a source.
struct SourceQuestion {
  http::Method method = http::Method::kGet;
  std::string more_query = {};  // "&comp=blocklist": another view of the same blob
  http::Headers headers = {};   // read_headers_for_source() and x-ms-version
  std::optional<SourceRange> range = {};
};

// Another view of a source that was asked with those headers, by the same version and the same right.
[[nodiscard]] SourceQuestion question_besides(std::string view_query, const http::Headers& asked);

// A source that answered 200 or 206. Header names are in lower case.
struct OpenedSource {
  http::Headers headers;
  std::unique_ptr<SourceBody> body;  // never null; its length is known, and that of the range if one was asked for
  gate::AskedBy asked_by = gate::AskedBy::kItself;
};

// Owned by BlobService; thread-safe.
class CopySources {
 public:
  // `outside` may be null: then nothing outside is asked, whatever is allowed.
  CopySources(AllowedSources allowed, std::vector<std::string> host_suffixes, http::Client* outside,
              runtime::TaskScope& scope)
      : allowed_(std::move(allowed)), host_suffixes_(std::move(host_suffixes)), outside_(outside), scope_(scope) {}

  // The x-ms-copy-source of a request.
  [[nodiscard]] ApiResult<CopySource> parse(const http::Request& request) const;
  // Another URL of a request that came to `own_authority`, of a blob of this cloud.
  [[nodiscard]] ApiResult<CopySource> parse_here(std::string_view url, std::string_view own_authority) const;
  // The URL that a row kept: of this cloud only, since what it takes to read another isn't kept.
  [[nodiscard]] ApiResult<CopySource> parse_again(std::string_view url) const;
  // Asks. In the account `caller_account` the caller's own right suffices; elsewhere the URL or the question has to
  // bring one, or the blob has to be public. Refusals as source_refused().
  [[nodiscard]] Task<ApiResult<OpenedSource>> open(CopySource source, SourceQuestion question, AskDoor door,
                                                   std::string caller_account);
  // Asks as whom it is told: a job in its own name, or as a question before was answered.
  [[nodiscard]] Task<ApiResult<OpenedSource>> open_as(CopySource source, SourceQuestion question, AskDoor door,
                                                      gate::AskedBy asked_by);

 private:
  [[nodiscard]] Task<ApiResult<OpenedSource>> ask_here(CopySource source, SourceQuestion question, AskDoor door,
                                                       gate::AskedBy asked_by);
  [[nodiscard]] Task<ApiResult<OpenedSource>> ask_outside(CopySource source, SourceQuestion question);
  [[nodiscard]] Task<Result<http::ClientResponse>> fetch(CopySource source, SourceQuestion question);

  AllowedSources allowed_;
  std::vector<std::string> host_suffixes_;
  http::Client* outside_;
  runtime::TaskScope& scope_;
  std::atomic<int> outside_now_{0};
};

}  // namespace freehold::blob
