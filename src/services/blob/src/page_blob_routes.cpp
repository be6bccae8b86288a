// Rows of page blobs.
#include "src/route_rows.h"

namespace freehold::blob {

void add_page_blob_routes(gate::ServiceGate& gate, BlobParts& /*parts*/) {
  not_yet(gate, "CreatePageBlob", with_headers(put_row(), {{"x-ms-blob-type", "PageBlob"}}));
  not_yet(gate, "PutPage", put_comp_row("page", "w", kContent));
  not_yet(gate, "GetPageRanges", also_public(row(Method::kGet, kAboutBlob, {{"comp", "pagelist"}}, "r", kReadBlob)));
}

}  // namespace freehold::blob
