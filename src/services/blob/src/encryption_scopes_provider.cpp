// storageAccounts/encryptionScopes: keys besides the account's own, as resources.
//
// Source: "Encryption Scopes" (Storage Resource Provider REST API). None is ever deleted, as in Azure: disabled, what
// is in it can be neither read nor written.
#include "base/encoding.h"
#include "src/encryption_scopes.h"
#include "src/json_input.h"
#include "src/storage_provider.h"
#include "src/storage_provider_errors.h"

namespace freehold::blob {
namespace {

using gate::resource::Written;
using provider_errors::Refusal;
using provider_errors::unsupported_feature;
using Source = ScopeChange::Source;

// Which scope, of which account; nullopt where an id can't name one.
struct Place {
  std::shared_ptr<const AccountRecord> account;
  std::string name;
};
std::optional<Place> place_of(const AccountStore& accounts, const ResourceId& id, TenantId tenant) {
  auto account = find_account(accounts, id, tenant);
  if (!account) return std::nullopt;
  const auto& names = id.parts.front().names;
  if (names.size() != 2) return std::nullopt;
  return Place{std::move(account), names[1]};
}

std::string key_uri(const keys::CustomerKey& key, std::string_view version, const AccountPlace& place,
                    std::string_view port) {
  auto uri = key_host_uri(key, place, port) + "/keys/" + key.name;
  if (!version.empty()) uri += "/" + std::string(version);
  return uri;
}

// What an account has holds for all that is in it.
bool sealed_twice(const AccountRecord& account, const ScopeRecord& scope) {
  return account.settings.infrastructure_encryption || scope.infrastructure_encryption;
}

Json show(const AccountRecord& record, const ScopeRecord& scope, const AccountPlace& place, std::string_view port) {
  const auto& account = *record.account;
  Json properties = {{"source", scope.by ? "Microsoft.KeyVault" : "Microsoft.Storage"},
                     {"state", scope.enabled ? "Enabled" : "Disabled"},
                     {"creationTime", rfc3339_ticks(scope.created)},
                     {"lastModifiedTime", rfc3339_ticks(scope.modified)},
                     {"requireInfrastructureEncryption", sealed_twice(record, scope)}};
  if (scope.by) {
    properties["keyVaultProperties"] = {
        {"keyUri", key_uri(*scope.by, scope.by->version, place, port)},
        {"currentVersionedKeyIdentifier", key_uri(*scope.by, scope.by_version, place, port)}};
  }
  return {{"id", account_path(account) + "/encryptionScopes/" + scope.name},
          {"name", scope.name},
          {"type", "Microsoft.Storage/storageAccounts/encryptionScopes"},
          {"properties", std::move(properties)}};
}

// Who uses the keys of vaults for the account: whoever does for its own, or else its own identity, or its only one.
PrincipalId actor_of(const AccountRecord& account) {
  if (account.customer_key) return account.customer_key->identity;
  if (account.identity.own != PrincipalId{}) return account.identity.own;
  return account.identity.assigned.size() == 1 ? account.identity.assigned.front().principal.object : PrincipalId{};
}

// "https://VAULT.vault.D:8443/keys/NAME" or ".../NAME/VERSION", or a pool's.
ApiResult<keys::CustomerKey> read_key_uri(const std::string& uri, const AccountRecord& account,
                                          const AccountPlace& place) {
  constexpr std::string_view kKeys = "/keys/";
  const auto host = key_host_of(uri, place);
  const auto at = uri.find(kKeys);
  if (!host || at == uri.npos) return provider_errors::invalid_value("keyVaultProperties.keyUri");
  auto name = to_lower(uri.substr(at + kKeys.size()));
  std::string version;
  if (const auto slash = name.find('/'); slash != name.npos) {
    version = name.substr(slash + 1);
    name.resize(slash);
  }
  if (name.empty() || version.find('/') != version.npos) {
    return provider_errors::invalid_value("keyVaultProperties.keyUri");
  }
  const auto actor = actor_of(account);
  if (actor == PrincipalId{}) {
    return provider_errors::key_policy("The account needs an identity that may use the key: 'identity'.");
  }
  return keys::CustomerKey{.tenant = account.account->tenant,
                           .identity = actor,
                           .vault = host->name,
                           .name = std::move(name),
                           .version = std::move(version),
                           .home = host->home};
}

ApiResult<> check_members(const Json& properties) {
  constexpr std::string_view kKnown[] = {
      "source", "state", "keyVaultProperties", "creationTime", "lastModifiedTime", "requireInfrastructureEncryption"};
  for (const auto& [name, value] : properties.items()) {
    if (std::ranges::find(kKnown, name) == std::end(kKnown)) return provider_errors::unknown_property(name);
  }
  return {};
}

// Of a new scope; later it stays as it is.
ApiResult<bool> read_infrastructure(const Json& properties, const AccountRecord& account, const ScopeRecord* there) {
  FH_TRY(const auto twice, bool_member(properties, "requireInfrastructureEncryption"));
  const bool differs = there != nullptr && twice && *twice != sealed_twice(account, *there);
  if (differs) return provider_errors::read_only_property("requireInfrastructureEncryption");
  return twice.value_or(false);
}

ApiResult<ScopeChange> read_change(const Json& resource, const AccountRecord& account, const ScopeRecord* there,
                                   const AccountPlace& place) {
  ScopeChange change;
  FH_TRY(const auto* given, object_member(resource, "properties"));
  if (given == nullptr) return change;
  FH_CHECK_OK(check_members(*given));
  FH_TRY(change.infrastructure_encryption, read_infrastructure(*given, account, there));
  FH_TRY(const auto state, word_member(*given, "state", {"Enabled", "Disabled"}));
  if (state) change.enabled = *state == "Enabled";
  FH_TRY(const auto source, word_member(*given, "source", {"Microsoft.Storage", "Microsoft.KeyVault"}));
  FH_TRY(const auto* key, object_member(*given, "keyVaultProperties"));
  if (source && *source == "Microsoft.Storage") change.source = Source::kService;
  if (!source || *source == "Microsoft.Storage") return change;
  change.source = Source::kCustomer;
  if (key == nullptr) return provider_errors::missing_property("keyVaultProperties");
  FH_TRY(const auto uri, text_member(*key, "keyUri", 1'024));
  if (!uri) return provider_errors::missing_property("keyVaultProperties.keyUri");
  FH_TRY(change.by, read_key_uri(*uri, account, place));
  return change;
}

Refusal refusal_of(const Error& error) {
  if (error.code == ErrorCode::kDenied) return provider_errors::key_refused(error.message);
  if (error.code == ErrorCode::kInvalidArgument) return provider_errors::key_policy(error.message);
  if (error.code == ErrorCode::kExhausted) return provider_errors::too_many_scopes(kScopesPerAccount);
  return provider_errors::of(error);
}

}  // namespace

Task<ApiResult<Json>> EncryptionScopesProvider::get(ResourceId id, gate::resource::Reading reading) {
  const auto place = place_of(parts_.accounts, id, reading.caller.tenant);
  if (!place) co_return Json(nullptr);
  const auto scope = parts_.accounts.scopes().find(place->account->account->id, place->name);
  if (scope == nullptr) co_return Json(nullptr);
  co_return show(*place->account, *scope, place_, port_of_origin(reading.caller.origin));
}

Task<ApiResult<std::vector<Json>>> EncryptionScopesProvider::list(const gate::resource::ResourceType&,
                                                                  gate::resource::ListScope scope,
                                                                  gate::resource::Reading reading) {
  std::vector<Json> found;
  const auto record = scope.parent ? find_account(parts_.accounts, *scope.parent, scope.tenant) : nullptr;
  if (!record) co_return found;
  const auto port = port_of_origin(reading.caller.origin);
  for (const auto& one : parts_.accounts.scopes().list(record->account->id)) {
    found.push_back(show(*record, *one, place_, port));
  }
  co_return found;
}

Task<ApiResult<Written>> EncryptionScopesProvider::put(gate::resource::ApprovedChange change) {
  const auto place = place_of(parts_.accounts, change->id, change->caller.tenant);
  if (!place) co_return provider_errors::account_not_found(change->id.parts.front().names.front());
  if (!is_scope_name(place->name)) {
    co_return provider_errors::invalid_resource_name("An encryption scope's name is 3 to 63 letters and digits.");
  }
  // Azure gives them no ETag.
  const auto& account = *place->account->account;
  const auto there = parts_.accounts.scopes().find(account.id, place->name);
  const bool fresh = there == nullptr;
  if ((!change->if_none_match.empty() && (!fresh || change->if_none_match != "*")) ||
      (!change->if_match.empty() && (fresh || change->if_match != "*"))) {
    co_return provider_errors::precondition_failed();
  }
  FH_CO_TRY(auto wanted, read_change(change->after, *place->account, there.get(), place_));
  const auto done =
      co_await parts_.accounts.scopes().change(account.tenant, account.id, place->name, std::move(wanted));
  if (!done) co_return refusal_of(done.error());
  co_return Written{.status = fresh ? 201 : 200,
                    .resource = show(*place->account, **done, place_, port_of_origin(change->caller.origin))};
}

// No row has these verbs, and nothing else calls them.
Task<ApiResult<Written>> EncryptionScopesProvider::remove(gate::resource::ApprovedChange) {
  co_return unsupported_feature("delete", "an encryption scope goes with its account.");
}
Task<ApiResult<gate::resource::ActionAnswer>> EncryptionScopesProvider::act(gate::resource::ActionCall) {
  co_return unsupported_feature("action", "there is none.");
}

}  // namespace freehold::blob
