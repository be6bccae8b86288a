// Rows of append blobs.
#include "src/route_rows.h"

namespace freehold::blob {

void add_append_blob_routes(gate::ServiceGate& gate, BlobParts& /*parts*/) {
  not_yet(gate, "CreateAppendBlob", with_headers(put_row(), {{"x-ms-blob-type", "AppendBlob"}}));
  not_yet(gate, "AppendBlock", write_row(Method::kPut, kContent, {{"comp", "appendblock"}}, "aw", kAddBlob));
  not_yet(gate, "SealAppendBlob", put_comp_row("seal"));
}

}  // namespace freehold::blob
