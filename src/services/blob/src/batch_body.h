// The body of Blob Batch: requests in a multipart/mixed body and their answers ("Blob Batch"; RFC 2046 section 5.1,
// read strictly). Pure.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "http/message.h"
#include "src/blob_errors.h"

namespace freehold::blob {

inline constexpr std::size_t kBatchBytes = 4 * 1024 * 1024;
inline constexpr std::size_t kBatchParts = 256;

// One request as it is written in the body.
struct BatchPart {
  std::string content_id;
  http::Method method = http::Method::kDelete;
  std::string target;                                        // path and query, from the '/'
  std::vector<std::pair<std::string, std::string>> headers;  // names in lower case
};

// The boundary that a Content-Type names. 400 MissingRequiredHeader, InvalidHeaderValue.
[[nodiscard]] ApiResult<std::string> parse_batch_type(std::string_view content_type);

// 400 InvalidInput: not such a body, a part that is no request without a body, an id twice or no part at all;
// ExceedsMaxBatchRequestCount: more than 256.
[[nodiscard]] ApiResult<std::vector<BatchPart>> parse_batch(std::string_view body, std::string_view boundary);

// The body of the answer: each part's, in order.
class BatchAnswer {
 public:
  explicit BatchAnswer(std::string boundary) : boundary_(std::move(boundary)) {}
  // Without an id: what the batch as a whole was refused for.
  void add(std::string_view content_id, const http::Response& response);
  [[nodiscard]] std::string content_type() const { return "multipart/mixed; boundary=" + boundary_; }
  [[nodiscard]] std::string finish();

 private:
  std::string boundary_;
  std::string out_;
};

}  // namespace freehold::blob
