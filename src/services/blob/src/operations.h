// The operations, one a file. Each takes the Permit of its own route and nothing else gets it in.
#pragma once

#include "src/operation.h"

namespace freehold::blob {

#define FH_BLOB_OPERATION(Type, function)            \
  struct Type {                                      \
    static constexpr std::string_view kName = #Type; \
  };                                                 \
  [[nodiscard]] Task<Reply> function(BlobParts& parts, Permit<Type> permit)

FH_BLOB_OPERATION(ListContainers, list_containers);
FH_BLOB_OPERATION(GetAccountInformation, get_account_information);
FH_BLOB_OPERATION(GetBlobServiceProperties, get_blob_service_properties);
FH_BLOB_OPERATION(GetUserDelegationKey, get_user_delegation_key);
FH_BLOB_OPERATION(SetBlobServiceProperties, set_blob_service_properties);
FH_BLOB_OPERATION(GetBlobServiceStats, get_blob_service_stats);
FH_BLOB_OPERATION(PreflightBlobRequest, preflight_blob_request);
FH_BLOB_OPERATION(FindBlobsByTags, find_blobs_by_tags);
FH_BLOB_OPERATION(FindBlobsByTagsInContainer, find_blobs_by_tags_in_container);
FH_BLOB_OPERATION(BlobBatch, blob_batch);
FH_BLOB_OPERATION(ContainerBlobBatch, container_blob_batch);

FH_BLOB_OPERATION(CreateContainer, create_container);
FH_BLOB_OPERATION(GetContainerProperties, get_container_properties);
FH_BLOB_OPERATION(GetContainerMetadata, get_container_metadata);
FH_BLOB_OPERATION(SetContainerMetadata, set_container_metadata);
FH_BLOB_OPERATION(DeleteContainer, delete_container);
FH_BLOB_OPERATION(GetContainerAcl, get_container_acl);
FH_BLOB_OPERATION(SetContainerAcl, set_container_acl);
FH_BLOB_OPERATION(ListBlobs, list_blobs);
FH_BLOB_OPERATION(LeaseContainer, lease_container);

FH_BLOB_OPERATION(PutBlob, put_blob);
FH_BLOB_OPERATION(GetBlob, get_blob);
FH_BLOB_OPERATION(GetBlobProperties, get_blob_properties);
FH_BLOB_OPERATION(SetBlobProperties, set_blob_properties);
FH_BLOB_OPERATION(GetBlobMetadata, get_blob_metadata);
FH_BLOB_OPERATION(SetBlobMetadata, set_blob_metadata);
FH_BLOB_OPERATION(DeleteBlob, delete_blob);
FH_BLOB_OPERATION(LeaseBlob, lease_blob);
FH_BLOB_OPERATION(SnapshotBlob, snapshot_blob);
FH_BLOB_OPERATION(GetBlobTags, get_blob_tags);
FH_BLOB_OPERATION(SetBlobTags, set_blob_tags);
FH_BLOB_OPERATION(SetBlobTier, set_blob_tier);
FH_BLOB_OPERATION(PutBlock, put_block);
FH_BLOB_OPERATION(PutBlockList, put_block_list);
FH_BLOB_OPERATION(GetBlockList, get_block_list);

FH_BLOB_OPERATION(CreateAppendBlob, create_append_blob);
FH_BLOB_OPERATION(AppendBlock, append_block);
FH_BLOB_OPERATION(SealAppendBlob, seal_append_blob);

FH_BLOB_OPERATION(CreatePageBlob, create_page_blob);
FH_BLOB_OPERATION(PutPage, put_page);
FH_BLOB_OPERATION(GetPageRanges, get_page_ranges);

FH_BLOB_OPERATION(PutBlobFromUrl, put_blob_from_url);
FH_BLOB_OPERATION(PutBlockFromUrl, put_block_from_url);
FH_BLOB_OPERATION(CopyBlobFromUrl, copy_blob_from_url);
FH_BLOB_OPERATION(CopyBlob, copy_blob);
FH_BLOB_OPERATION(IncrementalCopyBlob, incremental_copy_blob);
FH_BLOB_OPERATION(AbortCopyBlob, abort_copy_blob);
FH_BLOB_OPERATION(AppendBlockFromUrl, append_block_from_url);
FH_BLOB_OPERATION(PutPageFromUrl, put_page_from_url);

#undef FH_BLOB_OPERATION

}  // namespace freehold::blob
