// Rows that take their content from a URL.
#include "src/route_rows.h"

namespace freehold::blob {

void add_from_url_routes(gate::ServiceGate& gate, BlobParts& /*parts*/) {
  not_yet(gate, "PutBlobFromUrl", with_headers(put_row(), {{"x-ms-blob-type", "BlockBlob"}, kFromUrl}));
  not_yet(gate, "PutBlockFromUrl", with_headers(put_comp_row("block", "w", kContent), {kFromUrl}));
  not_yet(gate, "AppendBlockFromUrl", with_headers(put_comp_row("appendblock", "aw", kContent), {kFromUrl}));
  not_yet(gate, "PutPageFromUrl", with_headers(put_comp_row("page", "w", kContent), {kFromUrl}));
}

void add_copy_routes(gate::ServiceGate& gate, BlobParts& /*parts*/) {
  not_yet(gate, "CopyBlobFromUrl", with_headers(put_row(), {{"x-ms-requires-sync", "true"}, kFromUrl}));
  not_yet(gate, "CopyBlob", with_headers(put_row(), {kFromUrl}));
  not_yet(gate, "AbortCopyBlob", put_comp_row("copy"));
  not_yet(gate, "IncrementalCopyBlob", put_comp_row("incrementalcopy"));
}

}  // namespace freehold::blob
