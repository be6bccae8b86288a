// Where a copy's content comes from: which URLs are blobs of this cloud, which the operator allows, and what a source's
// answer means for the request that asked for it. Pure. "Copy Blob", "Put Blob From URL" and their siblings.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "blob/allowed_sources.h"
#include "http/message.h"
#include "http/url.h"
#include "route/route.h"
#include "src/blob_errors.h"

namespace freehold::blob {

// A source whose place was found good.
struct CopySource {
  http::Url url;
  std::optional<gate::Target> here;         // a blob of this cloud; nullopt: a server outside that the operator allows
  bool has_signature = false;               // a SAS in the URL
  [[nodiscard]] std::string shown() const;  // the URL without its secrets, as x-ms-copy-source tells it
};

// x-ms-copy-source of a request that came to `own_authority` (its Host header). A host name of this cloud, or an
// address by which this very request reached it, names a blob here and is never connected to. 400 InvalidHeaderValue
// for what is no URL of a blob, 403 CannotVerifyCopySource for what isn't allowed.
[[nodiscard]] ApiResult<CopySource> parse_copy_source(std::string_view text, std::string_view own_authority,
                                                      const std::vector<std::string>& host_suffixes,
                                                      const AllowedSources& allowed);

// A range of the source that a request asks for with x-ms-source-range: "bytes=a-b", both ends given.
struct SourceRange {
  std::uint64_t first = 0;
  std::uint64_t last = 0;
  [[nodiscard]] std::uint64_t length() const { return last - first + 1; }
  [[nodiscard]] std::string text() const;  // "bytes=a-b"
};
[[nodiscard]] ApiResult<std::optional<SourceRange>> parse_source_range(const http::Headers& headers);

// What the read of the source says: the conditions, the customer's key and the authorisation that the request has for
// it, under the names that a read gives them. 400 for conditions and authorisations that are none.
[[nodiscard]] ApiResult<http::Headers> read_headers_for_source(const http::Headers& headers);

// The refusal of a request whose source answered this instead of 200 or 206. What `said` has that isn't a code of 1 to
// 64 letters is passed over.
[[nodiscard]] ApiError source_refused(int status, std::string_view said);

// Is this 206 the range that was asked for, no more and no less?
[[nodiscard]] bool answers_range(const http::Headers& answer, const SourceRange& range);

}  // namespace freehold::blob
