// Rows of block blobs.
#include "src/route_rows.h"

namespace freehold::blob {

void add_block_blob_routes(gate::ServiceGate& gate, BlobParts& parts) {
  gate.add<PutBlob>(with_headers(put_row(), {{"x-ms-blob-type", "BlockBlob"}}), bind(parts, put_blob));
  gate.add<PutBlock>(put_comp_row("block", "w", kContent), bind(parts, put_block));
  gate.add<PutBlockList>(put_comp_row("blocklist", "w", kContent), bind(parts, put_block_list));
  gate.add<GetBlockList>(
      also_for_jobs(also_public(row(Method::kGet, kAboutBlob, {{"comp", "blocklist"}}, "r", kReadBlob))),
      bind(parts, get_block_list));
}

}  // namespace freehold::blob
