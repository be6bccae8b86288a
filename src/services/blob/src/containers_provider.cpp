// storageAccounts/blobServices/default/containers: containers by the control plane.
//
// Source: "Blob Containers" (Storage Resource Provider REST API). The same rows as the data plane's: a container made
// here is there at once.
#include <algorithm>
#include <span>

#include "base/check.h"
#include "base/encoding.h"
#include "src/container_changes.h"
#include "src/encryption_scopes.h"
#include "src/json_input.h"
#include "src/lease_rules.h"
#include "src/name_rules.h"
#include "src/storage_provider.h"
#include "src/storage_provider_errors.h"

namespace freehold::blob {
namespace {

using gate::resource::ProposedChange;
using gate::resource::Written;
using provider_errors::unsupported_feature;

constexpr std::string_view kNotHere = "this cloud doesn't have it yet.";
constexpr std::size_t kListed = 100'000;
constexpr std::string_view kShown[] = {"version",      "deleted",    "deletedTime",           "remainingRetentionDays",
                                       "leaseStatus",  "leaseState", "leaseDuration",         "lastModifiedTime",
                                       "hasLegalHold", "legalHold",  "hasImmutabilityPolicy", "immutabilityPolicy"};
constexpr std::string_view kSwitches[] = {"enableNfsV3RootSquash", "enableNfsV3AllSquash"};

bool is_one_of(std::string_view name, std::span<const std::string_view> names) {
  return std::ranges::find(names, name) != names.end();
}

// Which container, of which account; nullopt where an id can't name one.
struct Place {
  std::shared_ptr<const AccountRecord> account;
  std::string name;
  [[nodiscard]] AccountRef ref() const { return ref_of(*account->account); }
};
std::optional<Place> place_of(const AccountStore& accounts, const ResourceId& id, TenantId tenant) {
  auto account = find_account(accounts, id, tenant);
  if (!account) return std::nullopt;
  const auto& names = id.parts.front().names;
  if (names.size() != 3 || !equals_ignoring_case(names[1], "default")) return std::nullopt;
  return Place{std::move(account), names[2]};
}

std::string path_of(const gate::StorageAccount& account, std::string_view name) {
  return account_path(account) + "/blobServices/default/containers/" + std::string(name);
}

std::string_view to_word(gate::PublicAccess access) {
  switch (access) {
    case gate::PublicAccess::kBlob:
      return "Blob";
    case gate::PublicAccess::kContainer:
      return "Container";
    case gate::PublicAccess::kNone:
      break;
  }
  return "None";
}

Json show(const gate::StorageAccount& account, const std::string& name, const ContainerRow& row, WallTime now) {
  const auto state = lease_state(row.lease, now);
  Json properties = {{"publicAccess", to_word(row.public_access)},
                     {"leaseStatus", is_locked(state) ? "Locked" : "Unlocked"},
                     {"leaseState", to_string(state)},
                     {"lastModifiedTime", rfc3339_ticks(row.last_modified())},
                     {"hasImmutabilityPolicy", false},
                     {"hasLegalHold", false},
                     {"defaultEncryptionScope", scope_shown(row.scope)},
                     {"denyEncryptionScopeOverride", row.scope.only},
                     {"immutableStorageWithVersioning", {{"enabled", false}}},
                     {"deleted", false},
                     {"remainingRetentionDays", 0}};
  auto word = properties["leaseState"].get<std::string>();
  if (!word.empty()) word[0] = static_cast<char>(word[0] - 'a' + 'A');
  properties["leaseState"] = word;
  if (row.lease && state == LeaseState::kLeased) {
    properties["leaseDuration"] = duration_text(*row.lease) == "infinite" ? "Infinite" : "Fixed";
  }
  // Withheld with the account's key: the container is there all the same, and the data plane says why.
  if (const auto notes = row.notes.read()) {
    for (const auto& [key, value] : (*notes)->metadata) properties["metadata"][key] = value;
  }
  const auto etag = quoted_etag(row.etag);
  properties["etag"] = etag;
  return {{"id", path_of(account, name)},
          {"name", name},
          {"type", "Microsoft.Storage/storageAccounts/blobServices/containers"},
          {"etag", etag},
          {"properties", std::move(properties)}};
}

ApiResult<std::optional<Metadata>> read_metadata(const Json& properties) {
  FH_TRY(const auto* given, object_member(properties, "metadata"));
  if (given == nullptr) return std::nullopt;
  http::Headers headers;
  for (const auto& [name, value] : given->items()) {
    if (!value.is_string()) return provider_errors::invalid_value("metadata");
    headers.add_as_sent("x-ms-meta-" + name, value.get<std::string>());
  }
  FH_TRY(auto metadata, parse_metadata(headers));
  return metadata;
}

ApiResult<> check_members(const Json& properties) {
  constexpr std::string_view kTaken[] = {"publicAccess",
                                         "metadata",
                                         "defaultEncryptionScope",
                                         "denyEncryptionScopeOverride",
                                         "immutableStorageWithVersioning",
                                         "etag"};
  for (const auto& [name, value] : properties.items()) {
    if (!is_one_of(name, kTaken) && !is_one_of(name, kShown) && !is_one_of(name, kSwitches)) {
      return provider_errors::unknown_property(name);
    }
  }
  for (const auto name : kSwitches) {
    FH_TRY(const auto on, bool_member(properties, name));
    if (on.value_or(false)) return unsupported_feature(name, kNotHere);
  }
  FH_TRY(const auto* worm, object_member(properties, "immutableStorageWithVersioning"));
  if (worm != nullptr && member(*worm, "enabled") != Json(false)) {
    return unsupported_feature("immutableStorageWithVersioning", kNotHere);
  }
  return {};
}

// What content goes under is said when a container is made, and stays.
ApiResult<ScopePolicy> read_scope(const ContainerRow& row, bool fresh, const Json& properties,
                                  const EncryptionScopes& scopes, AccountId account) {
  FH_TRY(const auto name, text_member(properties, "defaultEncryptionScope"));
  FH_TRY(const auto only, bool_member(properties, "denyEncryptionScopeOverride"));
  ScopePolicy asked{row.scope.name, only.value_or(row.scope.only)};
  if (name) asked.name = equals_ignoring_case(*name, kAccountScope) ? std::string() : *name;
  if (!fresh) {
    const bool same = equals_ignoring_case(asked.name, row.scope.name) && asked.only == row.scope.only;
    return same ? ApiResult<ScopePolicy>(row.scope) : provider_errors::read_only_property("defaultEncryptionScope");
  }
  const auto scope = asked.name.empty() ? nullptr : scopes.find(account, asked.name);
  const bool usable = asked.name.empty() || (scope != nullptr && scope->enabled);
  if (!usable || (asked.only && !name)) return provider_errors::invalid_value("defaultEncryptionScope");
  return asked;
}

// The row as the body wants it; what it leaves out stays.
ApiResult<ContainerRow> read_container_body(ContainerRow row, bool fresh, const Json& resource,
                                            const EncryptionScopes& scopes, const gate::StorageAccount& account) {
  FH_TRY(const auto* given, object_member(resource, "properties"));
  if (given == nullptr) return row;
  FH_CHECK_OK(check_members(*given));
  FH_TRY(const auto access, word_member(*given, "publicAccess", {"None", "Blob", "Container"}));
  if (access && *access == "None") row.public_access = gate::PublicAccess::kNone;
  if (access && *access != "None") {
    if (!account.allow_public_access) return provider_errors::public_access_not_permitted();
    row.public_access = *access == "Blob" ? gate::PublicAccess::kBlob : gate::PublicAccess::kContainer;
  }
  FH_TRY(row.scope, read_scope(row, fresh, *given, scopes, account.id));
  FH_TRY(auto metadata, read_metadata(*given));
  if (metadata) row.notes.set({std::move(*metadata), {}});
  return row;
}

ApiResult<> check_conditions(const ProposedChange& change, const std::optional<StoredContainer>& there) {
  const auto etag = there ? quoted_etag(there->row.etag) : std::string();
  const auto& wanted = change.if_match;
  if (!wanted.empty() && (!there || (wanted != "*" && wanted != etag))) return provider_errors::precondition_failed();
  const auto& unwanted = change.if_none_match;
  if (!unwanted.empty() && there && (unwanted == "*" || unwanted == etag))
    return provider_errors::precondition_failed();
  return {};
}

provider_errors::Refusal not_known() {
  return provider_errors::of({ErrorCode::kUnavailable, "the outcome of a commit isn't known yet", ""});
}

}  // namespace

Task<ApiResult<Json>> ContainersProvider::get(ResourceId id, gate::resource::Reading reading) {
  const auto place = place_of(parts_.accounts, id, reading.caller.tenant);
  if (!place || !check_container_name(place->name)) co_return Json(nullptr);
  const auto stored = co_await parts_.containers.read(place->ref(), place->name);
  if (!stored) co_return provider_errors::of(stored.error());
  if (!*stored) co_return Json(nullptr);
  co_return show(*place->account->account, place->name, (*stored)->row, reading.caller.now);
}

Task<ApiResult<std::vector<Json>>> ContainersProvider::list(const gate::resource::ResourceType&,
                                                            gate::resource::ListScope scope,
                                                            gate::resource::Reading reading) {
  std::vector<Json> found;
  const auto record = scope.parent ? find_account(parts_.accounts, *scope.parent, scope.tenant) : nullptr;
  if (!record) co_return found;
  // Their ids are alike but for the name, which has no capitals.
  std::string from = reading.behind.substr(reading.behind.rfind('/') + 1);
  if (!from.empty()) from += '\0';
  while (true) {
    const auto wanted = static_cast<std::uint32_t>(std::min<std::size_t>(1'000, reading.most - found.size()));
    const auto page = co_await parts_.containers.list(ref_of(*record->account), from, "", wanted);
    if (!page) co_return provider_errors::of(page.error());
    for (const auto& [name, row] : page->containers) {
      found.push_back(show(*record->account, name, row, reading.caller.now));
    }
    if (!page->more || page->containers.empty() || found.size() >= reading.most) co_return found;
    if (found.size() >= kListed) {
      co_return provider_errors::invalid_content("there are too many containers for one list; use List Containers.");
    }
    from = page->containers.back().first + '\0';
  }
}

Task<ApiResult<Written>> ContainersProvider::put(gate::resource::ApprovedChange change) {
  const auto place = place_of(parts_.accounts, change->id, change->caller.tenant);
  if (!place) co_return provider_errors::account_not_found(change->id.parts.front().names.front());
  FH_CO_CHECK_OK(check_container_name(place->name));
  const auto& account = *place->account->account;
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    auto stored = co_await parts_.containers.read(place->ref(), place->name);
    if (!stored) co_return provider_errors::of(stored.error());
    FH_CO_CHECK_OK(check_conditions(*change, *stored));
    const bool fresh = !*stored;
    FH_CO_TRY(auto row, read_container_body(fresh ? ContainerRow() : (*stored)->row, fresh, change->after,
                                            parts_.accounts.scopes(), account));
    row.etag = parts_.hybrid.next();
    Result<Committed> done;
    if (fresh) {
      row.id = random_id<ContainerId>(parts_.random);
      row.created = row.etag;
      done = co_await parts_.containers.create(place->ref(), place->name, row, std::nullopt);
    } else {
      done = co_await parts_.containers.replace(place->ref(), place->name, std::move(**stored), row, std::nullopt);
    }
    if (!done) co_return provider_errors::of(done.error());
    if (done->unknown) co_return not_known();
    if (!done->applied) continue;
    co_return Written{.status = fresh ? 201 : 200, .resource = show(account, place->name, row, change->caller.now)};
  }
  co_return provider_errors::conflict();
}

// A container with a lease is deleted by nobody: the control plane has no way to name one.
Task<ApiResult<Written>> ContainersProvider::remove(gate::resource::ApprovedChange change) {
  const auto place = place_of(parts_.accounts, change->id, change->caller.tenant);
  if (!place) co_return Written{.status = 204};
  const auto ref = place->ref();
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    auto stored = co_await parts_.containers.read(ref, place->name);
    if (!stored) co_return provider_errors::of(stored.error());
    FH_CO_CHECK_OK(check_conditions(*change, *stored));
    if (!*stored) co_return Written{.status = 204};
    if (is_locked(lease_state((*stored)->row.lease, change->caller.now))) co_return provider_errors::container_leased();
    const auto id = (*stored)->row.id;
    const auto done = co_await parts_.containers.erase(ref, place->name, std::move(**stored), std::nullopt);
    if (!done) co_return provider_errors::of(done.error());
    if (done->unknown) co_return not_known();
    if (!done->applied) continue;
    parts_.collector.add_container(ref, {id, row_keys::deleted_container(id)});
    const auto fenced = co_await parts_.containers.fence(row_keys::container_partition(ref.tenant, ref.account, id));
    if (!fenced) co_return provider_errors::of(fenced.error());
    co_return Written{.status = 200};
  }
  co_return provider_errors::conflict();
}

Task<ApiResult<gate::resource::ActionAnswer>> ContainersProvider::act(gate::resource::ActionCall) {
  co_return unsupported_feature("action", kNotHere);
}

}  // namespace freehold::blob
