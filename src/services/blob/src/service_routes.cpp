// Rows at the root of an account, and account information wherever it is asked for.
#include "src/route_rows.h"

namespace freehold::blob {
namespace {

// A browser asks about the very URL that it is going to use, whatever operation that names. Nobody calls, and whatever
// credentials the URL carries prove nobody.
void add_preflight_routes(gate::ServiceGate& gate, BlobParts& parts) {
  const std::vector<std::vector<Selector>> queries = {
      {{"restype", ""}, {"comp", ""}}, {{"restype", ""}}, {{"comp", ""}}, {}};
  for (const auto scope : {Scope::kService, Scope::kContainer, Scope::kBlob}) {
    for (const auto& query : queries) {
      if (scope == Scope::kContainer && (query.empty() || query.front().name != "restype"))
        continue;  // a blob of $root
      RouteSpec spec;
      spec.method = Method::kOptions;
      spec.scope = scope;
      spec.query = query;
      spec.credentials = gate::kPreflight;
      spec.data = DataClass::kSystemMetadata;
      gate.add<PreflightBlobRequest>(std::move(spec), bind(parts, preflight_blob_request));
    }
  }
}

}  // namespace

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
      auto spec = row(method, family, account, "rwdlacup", kReadService);
      if (family.scope != Scope::kService) spec = with_resource_sas(std::move(spec), "racwdxltmeopif");
      gate.add<GetAccountInformation>(std::move(spec), bind(parts, get_account_information));
    }
  }
  gate.add<SetBlobServiceProperties>(
      write_row(Method::kPut, kService, {{"restype", "service"}, {"comp", "properties"}}, "w", kWriteService),
      bind(parts, set_blob_service_properties));
  gate.add<GetBlobServiceStats>(
      row(Method::kGet, kService, {{"restype", "service"}, {"comp", "stats"}}, "r", kReadService),
      bind(parts, get_blob_service_stats));
  // Who has an account key needs no key to delegate with: only principals ask. It is given on record.
  auto delegation =
      row(Method::kPost, kService, {{"restype", "service"}, {"comp", "userdelegationkey"}}, "",
          "Microsoft.Storage/storageAccounts/blobServices/generateUserDelegationKey/action", AuditClass::kControl);
  delegation.credentials = gate::kBearer;
  gate.add<GetUserDelegationKey>(std::move(delegation), bind(parts, get_user_delegation_key));
  // Its parts are writes and have their own records. In path style the JavaScript SDK takes the account for a
  // container.
  gate.add<BlobBatch>(row(Method::kPost, kService, {{"restype", "container"}, {"comp", "batch"}}, "wd", kWriteBlob),
                      bind(parts, blob_batch));
  gate.add<BlobBatch>(row(Method::kPost, kService, {{"comp", "batch"}}, "wd", kWriteBlob), bind(parts, blob_batch));
  gate.add<FindBlobsByTags>(
      row(Method::kGet, {Scope::kService, DataClass::kCustomerData, 's'}, {{"comp", "blobs"}}, "f", kFilter),
      bind(parts, find_blobs_by_tags));
  add_preflight_routes(gate, parts);
}

}  // namespace freehold::blob
