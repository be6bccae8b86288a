// Rows that write blobs of any type.
#include "src/route_rows.h"

namespace freehold::blob {

void add_blob_write_routes(gate::ServiceGate& gate, BlobParts& parts) {
  gate.add<SetBlobProperties>(put_comp_row("properties"), bind(parts, set_blob_properties));
  gate.add<SetBlobMetadata>(put_comp_row("metadata"), bind(parts, set_blob_metadata));
  gate.add<DeleteBlob>(write_row(Method::kDelete, kContent, {}, "d", kDeleteBlob), bind(parts, delete_blob));
  gate.add<SetBlobTags>(write_row(Method::kPut, kAboutBlob, {{"comp", "tags"}}, "t", kTagsWrite),
                        bind(parts, set_blob_tags));
  gate.add<LeaseBlob>(put_comp_row("lease", "wd"), bind(parts, lease_blob));
  gate.add<SnapshotBlob>(put_comp_row("snapshot", "cw"), bind(parts, snapshot_blob));
  not_yet(gate, "UndeleteBlob", put_comp_row("undelete"));
  gate.add<SetBlobTier>(put_comp_row("tier"), bind(parts, set_blob_tier));
  not_yet(gate, "SetBlobExpiry", put_comp_row("expiry"));
  not_yet(gate, "SetBlobImmutabilityPolicy", put_comp_row("immutabilitypolicies"));
  not_yet(gate, "SetBlobLegalHold", put_comp_row("legalhold"));
  not_yet(gate, "DeleteBlobImmutabilityPolicy",
          write_row(Method::kDelete, kAboutBlob, {{"comp", "immutabilitypolicies"}}, "w", kWriteBlob));
}

}  // namespace freehold::blob
