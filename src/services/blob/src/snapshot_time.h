// The time that names a snapshot, as clients write it: microseconds since 1970, of which Azure's seven digits show six.
#pragma once

#include <cstdint>
#include <string>

#include "http/message.h"
#include "src/blob_errors.h"

namespace freehold::blob {

[[nodiscard]] std::string snapshot_text(std::uint64_t snapshot);
// ?snapshot= (or another parameter that names one), or 0 if it is absent. 400 InvalidQueryParameterValue for what is no
// time, 404 BlobNotFound for a time that no snapshot can have.
[[nodiscard]] ApiResult<std::uint64_t> parse_snapshot(const http::Request& request,
                                                      std::string_view parameter = "snapshot");

}  // namespace freehold::blob
