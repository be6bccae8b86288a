// Rows of page blobs.
#include "src/route_rows.h"

namespace freehold::blob {

void add_page_blob_routes(gate::ServiceGate& gate, BlobParts& parts) {
  gate.add<CreatePageBlob>(with_headers(put_row(), {{"x-ms-blob-type", "PageBlob"}}), bind(parts, create_page_blob));
  gate.add<PutPage>(put_comp_row("page", "w", kContent), bind(parts, put_page));
  gate.add<GetPageRanges>(
      also_for_jobs(also_public(row(Method::kGet, kAboutBlob, {{"comp", "pagelist"}}, "r", kReadBlob))),
      bind(parts, get_page_ranges));
}

}  // namespace freehold::blob
