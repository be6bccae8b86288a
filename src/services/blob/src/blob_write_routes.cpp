// Rows that write blobs of any type.
#include "src/route_rows.h"

namespace freehold::blob {

void add_blob_write_routes(gate::ServiceGate& gate, BlobParts& parts) {
  gate.add<SetBlobProperties>(put_comp_row("properties"), bind(parts, set_blob_properties));
  gate.add<SetBlobMetadata>(put_comp_row("metadata"), bind(parts, set_blob_metadata));
  gate.add<DeleteBlob>(write_row(Method::kDelete, kContent, {}, "d", kDeleteBlob), bind(parts, delete_blob));
  not_yet(gate, "SetBlobTags", write_row(Method::kPut, kAboutBlob, {{"comp", "tags"}}, "t", kTagsWrite));
  not_yet(gate, "LeaseBlob", put_comp_row("lease"));
  not_yet(gate, "SnapshotBlob", put_comp_row("snapshot"));
  not_yet(gate, "UndeleteBlob", put_comp_row("undelete"));
  not_yet(gate, "SetBlobTier", put_comp_row("tier"));
  not_yet(gate, "SetBlobExpiry", put_comp_row("expiry"));
  not_yet(gate, "SetBlobImmutabilityPolicy", put_comp_row("immutabilitypolicies"));
  not_yet(gate, "SetBlobLegalHold", put_comp_row("legalhold"));
  not_yet(gate, "DeleteBlobImmutabilityPolicy",
          write_row(Method::kDelete, kAboutBlob, {{"comp", "immutabilitypolicies"}}, "w", kWriteBlob));
}

}  // namespace freehold::blob
