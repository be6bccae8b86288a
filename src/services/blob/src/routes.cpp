// All rows of the Blob service.
#include "src/route_rows.h"

namespace freehold::blob {

void add_routes(gate::ServiceGate& gate, BlobParts& parts) {
  add_service_routes(gate, parts);
  add_container_routes(gate, parts);
  add_from_url_routes(gate, parts);
  add_block_blob_routes(gate, parts);
  add_append_blob_routes(gate, parts);
  add_page_blob_routes(gate, parts);
  add_copy_routes(gate, parts);
  add_blob_write_routes(gate, parts);
  add_blob_read_routes(gate, parts);
}

}  // namespace freehold::blob
