// Which digest of a body is computed and told: Append Block and Put Page (and what else says so) by version.
#pragma once

#include "http/message.h"
#include "src/upload_rules.h"

namespace freehold::blob {

// From 2019-02-02 on the CRC64 is returned, unless the client sent an MD5; before that always the MD5.
[[nodiscard]] Digest transit_digest(const SentDigests& sent, int api_version);
void add_transit_digest(http::Response& response, const SentDigests& sent, int api_version, const Ingested& ingested);

}  // namespace freehold::blob
