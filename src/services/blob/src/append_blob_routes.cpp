// Rows of append blobs.
#include "src/route_rows.h"

namespace freehold::blob {

void add_append_blob_routes(gate::ServiceGate& gate, BlobParts& parts) {
  gate.add<CreateAppendBlob>(also_for_jobs(with_headers(put_row(), {{"x-ms-blob-type", "AppendBlob"}})),
                             bind(parts, create_append_blob));
  gate.add<AppendBlock>(also_for_jobs(write_row(Method::kPut, kContent, {{"comp", "appendblock"}}, "aw", kAddBlob)),
                        bind(parts, append_block));
  gate.add<SealAppendBlob>(put_comp_row("seal"), bind(parts, seal_append_blob));
}

}  // namespace freehold::blob
