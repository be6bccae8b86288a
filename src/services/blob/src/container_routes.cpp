// Rows about containers and what is in them.
#include "src/route_rows.h"

namespace freehold::blob {

void add_container_routes(gate::ServiceGate& gate, BlobParts& parts) {
  const auto with = [](std::string_view comp) {
    return std::vector<Selector>{{"restype", "container"}, {"comp", comp}};
  };
  const std::vector<Selector> plain = {{"restype", "container"}};
  auto list = also_public(with_resource_sas(row(Method::kGet, kContainer, with("list"), "l", kReadBlob), "l"));
  list.further_actions = {
      {.in = gate::FurtherAction::In::kList, .name = "include", .value = "tags", .action = kTagsRead}};
  gate.add<ListBlobs>(std::move(list), bind(parts, list_blobs));
  gate.add<SetContainerMetadata>(write_row(Method::kPut, kContainer, with("metadata"), "w", kWriteContainer),
                                 bind(parts, set_container_metadata));
  for (const auto method : {Method::kGet, Method::kHead}) {
    gate.add<GetContainerMetadata>(also_public(row(method, kContainer, with("metadata"), "r", kReadContainer)),
                                   bind(parts, get_container_metadata));
    gate.add<GetContainerAcl>(
        by_key_only(row(method, kContainer, with("acl"), "r",
                        "Microsoft.Storage/storageAccounts/blobServices/containers/getAcl/action")),
        bind(parts, get_container_acl));
  }
  gate.add<SetContainerAcl>(
      by_key_only(write_row(Method::kPut, kContainer, with("acl"), "w",
                            "Microsoft.Storage/storageAccounts/blobServices/containers/setAcl/action")),
      bind(parts, set_container_acl));
  gate.add<LeaseContainer>(write_row(Method::kPut, kContainer, with("lease"), "wd", kWriteContainer),
                           bind(parts, lease_container));
  not_yet(gate, "RestoreContainer", write_row(Method::kPut, kContainer, with("undelete"), "w", kWriteContainer));
  not_yet(gate, "RenameContainer", write_row(Method::kPut, kContainer, with("rename"), "w", kWriteContainer));
  gate.add<ContainerBlobBatch>(with_resource_sas(row(Method::kPost, kContainer, with("batch"), "wd", kWriteBlob), "wd"),
                               bind(parts, container_blob_batch));
  gate.add<FindBlobsByTagsInContainer>(
      with_resource_sas(row(Method::kGet, kContainer, with("blobs"), "f", kFilter), "f"),
      bind(parts, find_blobs_by_tags_in_container));
  gate.add<CreateContainer>(also_for_jobs(write_row(Method::kPut, kContainer, plain, "cw", kWriteContainer)),
                            bind(parts, create_container));
  gate.add<DeleteContainer>(write_row(Method::kDelete, kContainer, plain, "d", kDeleteContainer),
                            bind(parts, delete_container));
  for (const auto method : {Method::kGet, Method::kHead}) {
    gate.add<GetContainerProperties>(also_public(row(method, kContainer, plain, "r", kReadContainer)),
                                     bind(parts, get_container_properties));
  }
}

}  // namespace freehold::blob
