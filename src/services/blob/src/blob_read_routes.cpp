// Rows that read blobs of any type.
#include "src/route_rows.h"

namespace freehold::blob {

void add_blob_read_routes(gate::ServiceGate& gate, BlobParts& parts) {
  for (const auto method : {Method::kGet, Method::kHead}) {
    gate.add<GetBlobMetadata>(also_public(row(method, kAboutBlob, {{"comp", "metadata"}}, "r", kReadBlob)),
                              bind(parts, get_blob_metadata));
  }
  gate.add<GetBlobTags>(row(Method::kGet, kAboutBlob, {{"comp", "tags"}}, "t", kTagsRead), bind(parts, get_blob_tags));
  not_yet(gate, "QueryBlobContents", row(Method::kPost, kContent, {{"comp", "query"}}, "r", kReadBlob));
  gate.add<GetBlob>(also_for_jobs(also_public(row(Method::kGet, kContent, {}, "r", kReadBlob))), bind(parts, get_blob));
  gate.add<GetBlobProperties>(also_for_jobs(also_public(row(Method::kHead, kAboutBlob, {}, "r", kReadBlob))),
                              bind(parts, get_blob_properties));
}

}  // namespace freehold::blob
