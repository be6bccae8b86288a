// The rows of Microsoft.Storage: what the resource manager knows of its types.
#include "base/encoding.h"
#include "src/storage_provider.h"

namespace freehold::blob {
namespace {

using gate::DataClass;
using gate::resource::ResourceAction;
using At = ResourceAction::At;

std::vector<ResourceAction> account_actions() {
  const std::string prefix = "Microsoft.Storage/storageAccounts/";
  return {
      {.name = "listKeys",
       .action = prefix + "listkeys/action",
       .reveals_keys = true,
       .data = DataClass::kCustomerData},
      {.name = "regenerateKey",
       .action = prefix + "regeneratekey/action",
       .alters = true,
       .reveals_keys = true,
       .data = DataClass::kCustomerData},
      {.name = "ListAccountSas",
       .action = prefix + "listAccountSas/action",
       .reveals_keys = true,
       .data = DataClass::kCustomerData},
      {.name = "ListServiceSas",
       .action = prefix + "listServiceSas/action",
       .reveals_keys = true,
       .data = DataClass::kCustomerData},
      {.name = "revokeUserDelegationKeys", .action = prefix + "revokeUserDelegationKeys/action", .alters = true},
      {.name = "checkNameAvailability",
       .at = At::kSubscription,
       .action = "Microsoft.Storage/checknameavailability/read"},
      {.name = "skus", .at = At::kSubscription, .method = http::Method::kGet, .action = "Microsoft.Storage/skus/read"},
      {.name = "usages",
       .at = At::kSubscription,
       .method = http::Method::kGet,
       .action = "Microsoft.Storage/usages/read"},
      {.name = "locations/{location}/usages",
       .at = At::kSubscription,
       .method = http::Method::kGet,
       .action = "Microsoft.Storage/locations/usages/read"},
      {.name = "operations", .at = At::kTenant, .method = http::Method::kGet, .any_caller = true}};
}

}  // namespace

std::vector<std::string> storage_api_versions() {
  return {"2024-01-01",         "2023-05-01", "2023-04-01", "2023-01-01", "2022-09-01", "2022-05-01",
          "2021-09-01",         "2021-08-01", "2021-06-01", "2021-04-01", "2021-02-01", "2021-01-01",
          "2020-08-01-preview", "2019-06-01", "2019-04-01", "2018-11-01", "2018-07-01", "2018-02-01",
          "2017-10-01",         "2017-06-01", "2016-12-01", "2016-01-01"};
}

void StorageAccountProvider::add_types(gate::resource::Registry& registry) {
  registry.add({.provider = std::string(kStorageProvider),
                .type = "storageAccounts",
                .api_versions = storage_api_versions(),
                .movable = true,
                .actions = account_actions(),
                .data = {DataClass::kCustomerData},
                .aliases = storage_account_aliases(),
                .absent_types = absent_storage_types(),
                .behind = this});
}

void BlobServicesProvider::add_types(gate::resource::Registry& registry) {
  using namespace gate::resource;
  registry.add({.provider = std::string(kStorageProvider),
                .type = "storageAccounts/blobServices",
                .api_versions = storage_api_versions(),
                .verbs = kGet | kPut | kListInGroup,
                .tracked = false,
                .taggable = false,
                .data = {DataClass::kCustomerData},
                .aliases = blob_service_aliases(),
                .behind = this});
}

void ContainersProvider::add_types(gate::resource::Registry& registry) {
  using namespace gate::resource;
  registry.add({.provider = std::string(kStorageProvider),
                .type = "storageAccounts/blobServices/containers",
                .api_versions = storage_api_versions(),
                .verbs = kGet | kPut | kPatch | kDelete | kListInGroup,
                .tracked = false,
                .taggable = false,
                .data = {DataClass::kCustomerData},
                .aliases = container_aliases(),
                .pages = true,
                .behind = this});
}

void EncryptionScopesProvider::add_types(gate::resource::Registry& registry) {
  using namespace gate::resource;
  registry.add({.provider = std::string(kStorageProvider),
                .type = "storageAccounts/encryptionScopes",
                .api_versions = storage_api_versions(),
                .verbs = kGet | kPut | kPatch | kListInGroup,
                .tracked = false,
                .taggable = false,
                .data = {DataClass::kCustomerData},
                .aliases = encryption_scope_aliases(),
                .behind = this});
}

}  // namespace freehold::blob
