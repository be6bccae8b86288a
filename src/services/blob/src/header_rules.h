// What request headers may say about a blob or container: metadata, content headers, and the features that must be
// refused rather than ignored.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "http/message.h"
#include "src/blob_errors.h"

namespace freehold::blob {

// Names as they were sent, in order of their lower case, which is what tells them apart.
using Metadata = std::vector<std::pair<std::string, std::string>>;

inline constexpr std::size_t kMetadataBytes = 8 * 1024;
inline constexpr std::size_t kContentHeaderBytes = 4 * 1024;  // each; a disposition may carry a percent-encoded name

// The headers that a read gives back as they were set.
struct ContentHeaders {
  std::string type;
  std::string encoding;
  std::string language;
  std::string disposition;
  std::string cache_control;
  Bytes md5;  // 16 bytes or none
  friend bool operator==(const ContentHeaders&, const ContentHeaders&) = default;
};

// x-ms-meta-*: names are C# identifiers, values printable ASCII, the whole at most 8 KiB. Twice the same name is one
// value joined by a comma, as everywhere in HTTP.
[[nodiscard]] ApiResult<Metadata> parse_metadata(const http::Headers& headers);

// Can these be given back as they are, in headers and in XML? 400 InvalidHeaderValue names the one that can't.
[[nodiscard]] ApiResult<> check_content_headers(const ContentHeaders& content);

// x-ms-blob-content-* alone (Set Blob Properties, Put Block List). 400 InvalidHeaderValue for what is too long, no
// UTF-8 or nothing that XML can hold.
[[nodiscard]] ApiResult<ContentHeaders> parse_blob_content_headers(const http::Headers& headers);
// For Put Blob: x-ms-blob-content-*, and the plain headers where those are absent.
[[nodiscard]] ApiResult<ContentHeaders> parse_put_blob_headers(const http::Headers& headers);

// The 16 bytes of a base64 MD5 header, empty if it is absent; 400 InvalidMd5.
[[nodiscard]] ApiResult<Bytes> parse_md5(const http::Headers& headers, std::string_view name);

// A header that is true or false, in any case of letters; false if it is absent, 400 InvalidHeaderValue for anything
// else.
[[nodiscard]] ApiResult<bool> parse_flag(const http::Headers& headers, std::string_view name);

// The names among x-ms-blob-content-* etc. that this request sets: Set Blob Properties with none of them is refused.
[[nodiscard]] bool sets_content_headers(const http::Headers& headers);

// Features that aren't here yet and would be lied about if they were passed over: immutability, legal hold and
// structured bodies are 501; and so are customer-provided keys and encryption scopes for operations that don't say that
// they know them. Those that write content or what is said about it know both.
enum class CustomerKeys { kRefused, kTaken, kTakenWithScopes };
[[nodiscard]] ApiResult<> refuse_unsupported_for_blob(const http::Headers& headers,
                                                      CustomerKeys customer_keys = CustomerKeys::kRefused);
[[nodiscard]] ApiResult<> refuse_customer_keys(const http::Headers& headers);
enum class ContainerScopes { kRefused, kTaken };  // what Create Container alone may say
[[nodiscard]] ApiResult<> refuse_unsupported_for_container(const http::Headers& headers,
                                                           ContainerScopes scopes = ContainerScopes::kRefused);

}  // namespace freehold::blob
