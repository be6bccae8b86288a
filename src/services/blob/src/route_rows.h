// How a row of the Blob service is written, for the files that list them (*_routes.cpp). docs/compatibility.md says the
// same in words.
#pragma once

#include "src/blob_gate.h"
#include "src/operations.h"

namespace freehold::blob {

using gate::AuditClass;
using gate::DataClass;
using gate::RouteSpec;
using gate::Scope;
using gate::Selector;
using http::Method;

inline constexpr gate::CredentialSet kKeys = gate::kSharedKey | gate::kAccountSas | gate::kBearer;
inline constexpr gate::CredentialSet kResourceSas = gate::kServiceSas | gate::kUserDelegationSas;

// What the operations of one kind share; a row names only what differs.
struct Family {
  Scope scope;
  DataClass data;
  char resource_type;
};
inline constexpr Family kService{Scope::kService, DataClass::kSystemMetadata, 's'};
inline constexpr Family kContainer{Scope::kContainer, DataClass::kCustomerData, 'c'};
inline constexpr Family kContent{Scope::kBlob, DataClass::kCustomerContent, 'o'};
inline constexpr Family kAboutBlob{Scope::kBlob, DataClass::kCustomerData, 'o'};

inline constexpr std::string_view kReadService = "Microsoft.Storage/storageAccounts/blobServices/read";
inline constexpr std::string_view kWriteService = "Microsoft.Storage/storageAccounts/blobServices/write";
inline constexpr std::string_view kReadContainer = "Microsoft.Storage/storageAccounts/blobServices/containers/read";
inline constexpr std::string_view kWriteContainer = "Microsoft.Storage/storageAccounts/blobServices/containers/write";
inline constexpr std::string_view kDeleteContainer = "Microsoft.Storage/storageAccounts/blobServices/containers/delete";
inline constexpr std::string_view kReadBlob = "Microsoft.Storage/storageAccounts/blobServices/containers/blobs/read";
inline constexpr std::string_view kWriteBlob = "Microsoft.Storage/storageAccounts/blobServices/containers/blobs/write";
inline constexpr std::string_view kAddBlob =
    "Microsoft.Storage/storageAccounts/blobServices/containers/blobs/add/action";
inline constexpr std::string_view kDeleteBlob =
    "Microsoft.Storage/storageAccounts/blobServices/containers/blobs/delete";
inline constexpr std::string_view kTagsRead =
    "Microsoft.Storage/storageAccounts/blobServices/containers/blobs/tags/read";
inline constexpr std::string_view kTagsWrite =
    "Microsoft.Storage/storageAccounts/blobServices/containers/blobs/tags/write";
inline constexpr std::string_view kFilter =
    "Microsoft.Storage/storageAccounts/blobServices/containers/blobs/filter/action";

// Tags have actions of their own, whatever the operation that sets them or depends on them. Tags that a copy takes from
// its source are set on its destination; with REPLACE only x-ms-tags counts.
inline std::vector<gate::FurtherAction> tag_actions() {
  return {{.name = "x-ms-tags", .value = "", .action = kTagsWrite},
          {.name = "x-ms-copy-source-tag-option", .value = "COPY", .action = kTagsWrite},
          {.name = "x-ms-if-tags", .value = "", .action = kTagsRead}};
}

inline RouteSpec row(Method method, Family family, std::vector<Selector> query, std::string_view permissions,
                     std::string_view action, AuditClass audit = AuditClass::kRead) {
  RouteSpec spec;
  spec.method = method;
  spec.scope = family.scope;
  spec.query = std::move(query);
  spec.credentials = kKeys;
  spec.sas = {'b', family.resource_type, permissions, {}};
  // What is done to a blob, a SAS on it or its container may grant by the same letters.
  if (family.scope == Scope::kBlob) {
    spec.credentials |= kResourceSas;
    spec.sas.resource_permissions = permissions;
  }
  spec.data_action = action;
  // Azure lets in by either action where a new blob is made; only the first lets one be overwritten.
  if (action == kWriteBlob && permissions.contains('c')) spec.create_action = kAddBlob;
  if (action == kAddBlob) {  // appending overwrites nothing
    spec.data_action = kWriteBlob;
    spec.create_action = kAddBlob;
  }
  if (family.scope == Scope::kBlob) spec.further_actions = tag_actions();
  spec.data = family.data;
  spec.audit = audit;
  return spec;
}

inline RouteSpec write_row(Method method, Family family, std::vector<Selector> query, std::string_view permissions,
                           std::string_view action) {
  return row(method, family, std::move(query), permissions, action, AuditClass::kWrite);
}

// What may be done to a container with a SAS on it: listings. The rest of it belongs to whoever has the account.
inline RouteSpec with_resource_sas(RouteSpec spec, std::string_view permissions) {
  spec.credentials |= kResourceSas;
  spec.sas.resource_permissions = permissions;
  return spec;
}
// What strangers may read where the container is public.
inline RouteSpec also_public(RouteSpec spec) {
  spec.credentials |= gate::kAnonymous;
  return spec;
}
// Who may come in at all is said by whoever has an account key, not by who got a SAS.
inline RouteSpec by_key_only(RouteSpec spec) {
  spec.credentials = gate::kSharedKey;
  return spec;
}

inline RouteSpec with_headers(RouteSpec spec, std::vector<Selector> headers) {
  spec.headers = std::move(headers);
  return spec;
}

// The cloud's own jobs come this way too: to read what a copy goes on to read in the background, and to keep what
// diagnostic settings deliver.
inline RouteSpec also_for_jobs(RouteSpec spec) {
  spec.credentials |= gate::kSystemJob;
  return spec;
}

// Binds a handler to its parts. Not a coroutine: it only calls one.
template <class Operation>
auto bind(BlobParts& parts, Task<Reply> (*operation)(BlobParts&, Permit<Operation>)) {
  return [&parts, operation](Permit<Operation> permit) { return operation(parts, std::move(permit)); };
}

// Answers 501 once the caller is known.
inline void not_yet(gate::ServiceGate& gate, std::string_view operation, RouteSpec spec) {
  spec.operation = operation;
  gate.add_unimplemented(std::move(spec));
}

// One family a file. The first row that fits is taken, so rows that name more stand before those that name less.
void add_service_routes(gate::ServiceGate& gate, BlobParts& parts);
void add_container_routes(gate::ServiceGate& gate, BlobParts& parts);
void add_from_url_routes(gate::ServiceGate& gate, BlobParts& parts);
void add_block_blob_routes(gate::ServiceGate& gate, BlobParts& parts);
void add_append_blob_routes(gate::ServiceGate& gate, BlobParts& parts);
void add_page_blob_routes(gate::ServiceGate& gate, BlobParts& parts);
void add_copy_routes(gate::ServiceGate& gate, BlobParts& parts);
void add_blob_write_routes(gate::ServiceGate& gate, BlobParts& parts);
void add_blob_read_routes(gate::ServiceGate& gate, BlobParts& parts);

// A write to a blob: PUT, with or without ?comp=.
inline RouteSpec put_row(std::string_view permissions = "cw") {
  return write_row(Method::kPut, kContent, {}, permissions, kWriteBlob);
}
inline RouteSpec put_comp_row(std::string_view comp, std::string_view permissions = "w", Family family = kAboutBlob) {
  return write_row(Method::kPut, family, {{"comp", comp}}, permissions, kWriteBlob);
}
inline const Selector kFromUrl{"x-ms-copy-source", ""};

}  // namespace freehold::blob
