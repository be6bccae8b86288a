// Rows about containers and what is in them.
#include "src/route_rows.h"

namespace freehold::blob {

void add_container_routes(gate::ServiceGate& gate, BlobParts& parts) {
  const auto with = [](std::string_view comp) {
    return std::vector<Selector>{{"restype", "container"}, {"comp", comp}};
  };
  const std::vector<Selector> plain = {{"restype", "container"}};
  gate.add<ListBlobs>(row(Method::kGet, kContainer, with("list"), "l", kReadBlob), bind(parts, list_blobs));
  gate.add<SetContainerMetadata>(write_row(Method::kPut, kContainer, with("metadata"), "w", kWriteContainer),
                                 bind(parts, set_container_metadata));
  for (const auto method : {Method::kGet, Method::kHead}) {
    gate.add<GetContainerMetadata>(row(method, kContainer, with("metadata"), "r", kReadContainer),
                                   bind(parts, get_container_metadata));
    not_yet(gate, "GetContainerAcl",
            row(method, kContainer, with("acl"), "r",
                "Microsoft.Storage/storageAccounts/blobServices/containers/getAcl/action"));
  }
  not_yet(gate, "SetContainerAcl",
          write_row(Method::kPut, kContainer, with("acl"), "w",
                    "Microsoft.Storage/storageAccounts/blobServices/containers/setAcl/action"));
  not_yet(gate, "LeaseContainer", write_row(Method::kPut, kContainer, with("lease"), "w", kWriteContainer));
  not_yet(gate, "RestoreContainer", write_row(Method::kPut, kContainer, with("undelete"), "w", kWriteContainer));
  not_yet(gate, "RenameContainer", write_row(Method::kPut, kContainer, with("rename"), "w", kWriteContainer));
  not_yet(gate, "ContainerBlobBatch", write_row(Method::kPost, kContainer, with("batch"), "wd", kWriteBlob));
  not_yet(gate, "FindBlobsByTagsInContainer", row(Method::kGet, kContainer, with("blobs"), "f", kFilter));
  gate.add<CreateContainer>(write_row(Method::kPut, kContainer, plain, "cw", kWriteContainer),
                            bind(parts, create_container));
  gate.add<DeleteContainer>(write_row(Method::kDelete, kContainer, plain, "d", kDeleteContainer),
                            bind(parts, delete_container));
  for (const auto method : {Method::kGet, Method::kHead}) {
    gate.add<GetContainerProperties>(row(method, kContainer, plain, "r", kReadContainer),
                                     bind(parts, get_container_properties));
  }
}

}  // namespace freehold::blob
