// Rows that take their content from a URL.
#include "src/copier.h"
#include "src/route_rows.h"

namespace freehold::blob {

void add_from_url_routes(gate::ServiceGate& gate, BlobParts& parts) {
  gate.add<PutBlobFromUrl>(with_headers(put_row(), {{"x-ms-blob-type", "BlockBlob"}, kFromUrl}),
                           bind(parts, put_blob_from_url));
  gate.add<PutBlockFromUrl>(with_headers(put_comp_row("block", "w", kContent), {kFromUrl}),
                            bind(parts, put_block_from_url));
  gate.add<AppendBlockFromUrl>(with_headers(put_comp_row("appendblock", "aw", kContent), {kFromUrl}),
                               bind(parts, append_block_from_url));
  gate.add<PutPageFromUrl>(with_headers(put_comp_row("page", "w", kContent), {kFromUrl}),
                           bind(parts, put_page_from_url));
}

void add_copy_routes(gate::ServiceGate& gate, BlobParts& parts) {
  gate.add<CopyBlobFromUrl>(with_headers(put_row(), {{"x-ms-requires-sync", "true"}, kFromUrl}),
                            bind(parts, copy_blob_from_url));
  gate.add<CopyBlob>(with_headers(put_row(), {kFromUrl}), bind(parts, copy_blob));
  gate.add<AbortCopyBlob>(put_comp_row("copy"), bind(parts, abort_copy_blob));
  gate.add_job<ContinueCopy>(DataClass::kCustomerContent, AuditClass::kWrite);
  gate.add_job<FindPendingCopies>(DataClass::kCustomerData, AuditClass::kRead);
  gate.add<IncrementalCopyBlob>(put_comp_row("incrementalcopy"), bind(parts, incremental_copy_blob));
}

}  // namespace freehold::blob
