// The rows of the Blob service. docs/compatibility.md says the same in words.
#include "src/blob_gate.h"
#include "src/operations.h"

namespace freehold::blob {
namespace {

using gate::AuditClass;
using gate::DataClass;
using gate::RouteSpec;
using gate::Scope;
using gate::Selector;
using http::Method;

constexpr gate::CredentialSet kKeys = gate::kSharedKey | gate::kAccountSas;

// What the operations of one kind share; a row names only what differs.
struct Family {
  Scope scope;
  DataClass data;
  char resource_type;
};
constexpr Family kService{Scope::kService, DataClass::kSystemMetadata, 's'};
constexpr Family kContainer{Scope::kContainer, DataClass::kCustomerData, 'c'};
constexpr Family kContent{Scope::kBlob, DataClass::kCustomerContent, 'o'};
constexpr Family kAboutBlob{Scope::kBlob, DataClass::kCustomerData, 'o'};

constexpr std::string_view kReadService = "Microsoft.Storage/storageAccounts/blobServices/read";
constexpr std::string_view kWriteService = "Microsoft.Storage/storageAccounts/blobServices/write";
constexpr std::string_view kReadContainer = "Microsoft.Storage/storageAccounts/blobServices/containers/read";
constexpr std::string_view kWriteContainer = "Microsoft.Storage/storageAccounts/blobServices/containers/write";
constexpr std::string_view kDeleteContainer = "Microsoft.Storage/storageAccounts/blobServices/containers/delete";
constexpr std::string_view kReadBlob = "Microsoft.Storage/storageAccounts/blobServices/containers/blobs/read";
constexpr std::string_view kWriteBlob = "Microsoft.Storage/storageAccounts/blobServices/containers/blobs/write";
constexpr std::string_view kAddBlob = "Microsoft.Storage/storageAccounts/blobServices/containers/blobs/add/action";
constexpr std::string_view kDeleteBlob = "Microsoft.Storage/storageAccounts/blobServices/containers/blobs/delete";
constexpr std::string_view kTagsRead = "Microsoft.Storage/storageAccounts/blobServices/containers/blobs/tags/read";
constexpr std::string_view kTagsWrite = "Microsoft.Storage/storageAccounts/blobServices/containers/blobs/tags/write";
constexpr std::string_view kFilter = "Microsoft.Storage/storageAccounts/blobServices/containers/blobs/filter/action";

RouteSpec row(Method method, Family family, std::vector<Selector> query, std::string_view permissions,
              std::string_view action, AuditClass audit = AuditClass::kRead) {
  RouteSpec spec;
  spec.method = method;
  spec.scope = family.scope;
  spec.query = std::move(query);
  spec.credentials = kKeys;
  spec.sas = {'b', family.resource_type, permissions};
  spec.data_action = action;
  spec.data = family.data;
  spec.audit = audit;
  return spec;
}

RouteSpec write_row(Method method, Family family, std::vector<Selector> query, std::string_view permissions,
                    std::string_view action) {
  return row(method, family, std::move(query), permissions, action, AuditClass::kWrite);
}

RouteSpec with_headers(RouteSpec spec, std::vector<Selector> headers) {
  spec.headers = std::move(headers);
  return spec;
}

// Binds a handler to its parts. Not a coroutine: it only calls one.
template <class Operation>
auto bind(BlobParts& parts, Task<Reply> (*operation)(BlobParts&, Permit<Operation>)) {
  return [&parts, operation](Permit<Operation> permit) { return operation(parts, std::move(permit)); };
}

// Answers 501 once the caller is known.
void not_yet(gate::ServiceGate& gate, std::string_view operation, RouteSpec spec) {
  spec.operation = operation;
  gate.add_unimplemented(std::move(spec));
}

void add_service_routes(gate::ServiceGate& gate, BlobParts& parts) {
  gate.add<ListContainers>(
      row(Method::kGet, {Scope::kService, DataClass::kCustomerData, 's'}, {{"comp", "list"}}, "l", kReadContainer),
      bind(parts, list_containers));
  gate.add<GetBlobServiceProperties>(
      row(Method::kGet, kService, {{"restype", "service"}, {"comp", "properties"}}, "r", kReadService),
      bind(parts, get_blob_service_properties));
  const std::vector<Selector> account = {{"restype", "account"}, {"comp", "properties"}};
  for (const auto& family : {kService, kContainer, kAboutBlob}) {
    for (const auto method : {Method::kGet, Method::kHead}) {
      // Azure asks for no more than a valid SAS on the service.
      gate.add<GetAccountInformation>(row(method, family, account, "rwdlacup", kReadService),
                                      bind(parts, get_account_information));
    }
  }
  not_yet(gate, "SetBlobServiceProperties",
          write_row(Method::kPut, kService, {{"restype", "service"}, {"comp", "properties"}}, "w", kWriteService));
  not_yet(gate, "GetBlobServiceStats",
          row(Method::kGet, kService, {{"restype", "service"}, {"comp", "stats"}}, "r", kReadService));
  not_yet(gate, "GetUserDelegationKey",
          row(Method::kPost, kService, {{"restype", "service"}, {"comp", "userdelegationkey"}}, "r",
              "Microsoft.Storage/storageAccounts/blobServices/generateUserDelegationKey/action"));
  not_yet(gate, "BlobBatch", write_row(Method::kPost, kService, {{"comp", "batch"}}, "wd", kWriteBlob));
  not_yet(gate, "FindBlobsByTags", row(Method::kGet, kService, {{"comp", "blobs"}}, "f", kFilter));
}

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

void add_blob_writes(gate::ServiceGate& gate, BlobParts& parts) {
  const Selector from_url{"x-ms-copy-source", ""};
  const auto put = [](std::string_view permissions) {
    return write_row(Method::kPut, kContent, {}, permissions, kWriteBlob);
  };
  not_yet(gate, "PutBlobFromUrl", with_headers(put("cw"), {{"x-ms-blob-type", "BlockBlob"}, from_url}));
  gate.add<PutBlob>(with_headers(put("cw"), {{"x-ms-blob-type", "BlockBlob"}}), bind(parts, put_blob));
  not_yet(gate, "CreateAppendBlob", with_headers(put("cw"), {{"x-ms-blob-type", "AppendBlob"}}));
  not_yet(gate, "CreatePageBlob", with_headers(put("cw"), {{"x-ms-blob-type", "PageBlob"}}));
  not_yet(gate, "CopyBlobFromUrl", with_headers(put("cw"), {{"x-ms-requires-sync", "true"}, from_url}));
  not_yet(gate, "CopyBlob", with_headers(put("cw"), {from_url}));
  const auto comp = [](std::string_view name, std::string_view permissions = "w", Family family = kAboutBlob) {
    return write_row(Method::kPut, family, {{"comp", name}}, permissions, kWriteBlob);
  };
  not_yet(gate, "PutBlockFromUrl", with_headers(comp("block", "w", kContent), {from_url}));
  gate.add<PutBlock>(comp("block", "w", kContent), bind(parts, put_block));
  gate.add<PutBlockList>(comp("blocklist", "w", kContent), bind(parts, put_block_list));
  gate.add<SetBlobProperties>(comp("properties"), bind(parts, set_blob_properties));
  gate.add<SetBlobMetadata>(comp("metadata"), bind(parts, set_blob_metadata));
  gate.add<DeleteBlob>(write_row(Method::kDelete, kContent, {}, "d", kDeleteBlob), bind(parts, delete_blob));
  not_yet(gate, "AppendBlockFromUrl", with_headers(comp("appendblock", "aw", kContent), {from_url}));
  not_yet(gate, "AppendBlock", write_row(Method::kPut, kContent, {{"comp", "appendblock"}}, "aw", kAddBlob));
  not_yet(gate, "SealAppendBlob", comp("seal"));
  not_yet(gate, "PutPageFromUrl", with_headers(comp("page", "w", kContent), {from_url}));
  not_yet(gate, "PutPage", comp("page", "w", kContent));
  not_yet(gate, "IncrementalCopyBlob", comp("incrementalcopy"));
  not_yet(gate, "SetBlobTags", write_row(Method::kPut, kAboutBlob, {{"comp", "tags"}}, "t", kTagsWrite));
  for (const auto& [name, operation] : std::initializer_list<std::pair<std::string_view, std::string_view>>{
           {"lease", "LeaseBlob"},
           {"snapshot", "SnapshotBlob"},
           {"copy", "AbortCopyBlob"},
           {"undelete", "UndeleteBlob"},
           {"tier", "SetBlobTier"},
           {"expiry", "SetBlobExpiry"},
           {"immutabilitypolicies", "SetBlobImmutabilityPolicy"},
           {"legalhold", "SetBlobLegalHold"}}) {
    not_yet(gate, operation, comp(name));
  }
  not_yet(gate, "DeleteBlobImmutabilityPolicy",
          write_row(Method::kDelete, kAboutBlob, {{"comp", "immutabilitypolicies"}}, "w", kWriteBlob));
}

void add_blob_reads(gate::ServiceGate& gate, BlobParts& parts) {
  gate.add<GetBlockList>(row(Method::kGet, kAboutBlob, {{"comp", "blocklist"}}, "r", kReadBlob),
                         bind(parts, get_block_list));
  for (const auto method : {Method::kGet, Method::kHead}) {
    gate.add<GetBlobMetadata>(row(method, kAboutBlob, {{"comp", "metadata"}}, "r", kReadBlob),
                              bind(parts, get_blob_metadata));
  }
  not_yet(gate, "GetBlobTags", row(Method::kGet, kAboutBlob, {{"comp", "tags"}}, "t", kTagsRead));
  not_yet(gate, "GetPageRanges", row(Method::kGet, kAboutBlob, {{"comp", "pagelist"}}, "r", kReadBlob));
  not_yet(gate, "QueryBlobContents", row(Method::kPost, kContent, {{"comp", "query"}}, "r", kReadBlob));
  gate.add<GetBlob>(row(Method::kGet, kContent, {}, "r", kReadBlob), bind(parts, get_blob));
  gate.add<GetBlobProperties>(row(Method::kHead, kAboutBlob, {}, "r", kReadBlob), bind(parts, get_blob_properties));
}

}  // namespace

void add_routes(gate::ServiceGate& gate, BlobParts& parts) {
  add_service_routes(gate, parts);
  add_container_routes(gate, parts);
  add_blob_writes(gate, parts);
  add_blob_reads(gate, parts);
}

}  // namespace freehold::blob
