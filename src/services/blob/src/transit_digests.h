// Which digest of a body is computed and told, by version.
#pragma once

#include "http/message.h"
#include "src/upload_rules.h"

namespace freehold::blob {

// From 2019-02-02 on answers tell CRC64s.
[[nodiscard]] bool tells_crc64(int api_version);
// Of blocks, pages, what is appended and block lists: the CRC64, unless the client sent an MD5; before 2019-02-02
// always the MD5.
[[nodiscard]] Digest transit_digest(const SentDigests& sent, int api_version);
void add_transit_digest(http::Response& response, const SentDigests& sent, int api_version, const Ingested& ingested);

}  // namespace freehold::blob
