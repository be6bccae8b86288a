#include "directory/directory_store.h"

#include <algorithm>

#include "src/changes.h"
#include "src/client_secret.h"
#include "src/draft.h"
#include "src/load_objects.h"
#include "src/local_identity.h"
#include "src/object_row.h"
#include "src/personal_rows.h"
#include "src/puid.h"

namespace freehold::directory {
namespace {

constexpr std::size_t kErasedAtOnce = 200;  // rows in a commit

std::unexpected<Error> no_such(std::string_view what) {
  return fail(ErrorCode::kNotFound, "there is no such " + std::string(what));
}

}  // namespace

struct DirectoryStore::Table {
  Table(keys::SealedStore store, keys::ErasureTree& erasure, TenantId id)
      : tenant(id), rows(store, store::make_partition_id(id, "directory")), personal(store, erasure) {}
  const TenantId tenant;
  const keys::SealedRows rows;
  runtime::Turn turn;                        // whoever changes
  bool ended = false;                        // its rows are going; guarded by the turn
  PersonalRows personal;                     // guarded by the turn
  std::shared_ptr<const Snapshot> snapshot;  // guarded by the store's mutex once it is among the tables
};

DirectoryStore::DirectoryStore(keys::SealedStore store, keys::ErasureTree& erasure)
    : store_(store), erasure_(erasure) {}
DirectoryStore::~DirectoryStore() = default;

namespace {

void put_az(Draft& draft, Random& random) {
  draft.put(ServicePrincipal{.object = random_id<PrincipalId>(random),
                             .application = *parse_guid<PrincipalId>(kAzureCli),
                             .name = "Microsoft Azure CLI"});
}

User guest_of(const User& user, const Home& home, const ExternalDirectory& external, DirectoryRoleId role,
              Random& random) {
  User out{.object = random_id<PrincipalId>(random), .puid = make_puid(random), .directory_roles = {role}};
  const std::string name = text_of(user.attributes, "userPrincipalName");
  out.attributes = {{"userPrincipalName", guest_name(name, external.domain)},
                    {"displayName", text_of(user.attributes, "displayName")},
                    {"mail", name},
                    {"userType", std::string("Guest")},
                    {"externalUserState", std::string("Accepted")}};
  set_home(out.attributes, home);
  out.created = external.created;
  return out;
}

// Two service principals of a first start: the administrator, and the az CLI as in every tenant.
void make_first(Draft& draft, const FirstAdministrator& administrator, Random& random) {
  ServicePrincipal admin{.object = random_id<PrincipalId>(random),
                         .application = administrator.application,
                         .name = "First administrator"};
  admin.secrets.push_back(keep(administrator.secret, random, std::nullopt));
  admin.directory_roles.push_back(*parse_guid<DirectoryRoleId>(kGlobalAdministrator));
  draft.put(std::move(admin));
  put_az(draft, random);
}

// Who made an external directory administers it, by the account where it is at home.
void make_first(Draft& draft, const ExternalDirectory& external, const Objects& home, Random& random) {
  const auto role = *parse_guid<DirectoryRoleId>(kGlobalAdministrator);
  const auto& who = external.administrator;
  if (const auto principal = live_in(home.principals, who.object)) {
    ServicePrincipal admin{.object = random_id<PrincipalId>(random),
                           .application = principal->application,
                           .name = principal->name,
                           .directory_roles = {role},
                           .created = external.created};
    set_home(admin.attributes, who);
    draft.put(std::move(admin));
  } else if (const auto user = live_in(home.users, who.object)) {
    draft.put(guest_of(*user, who, external, role, random));
  }
  put_az(draft, random);
}

}  // namespace

Task<Result<>> DirectoryStore::open(TenantId tenant, FirstAdministrator administrator) {
  auto table = std::make_shared<Table>(store_, erasure_, tenant);
  FH_CO_TRY(Objects objects, co_await load_objects(table->rows, table->personal));
  if (objects.principals.empty() && objects.groups.empty()) {
    Draft draft(std::move(objects));
    make_first(draft, administrator, store_.random);
    FH_CO_TRY(auto rows, draft.take_rows());
    FH_CO_CHECK_OK(co_await table->personal.prepare(rows));
    FH_CO_CHECK_OK(co_await table->rows.change(std::move(rows)));
    objects = draft.take_objects();
  }
  // What is kept is taken as it is: the limit is of changes.
  FH_CO_TRY(table->snapshot, Snapshot::of(tenant, std::move(objects), std::numeric_limits<std::size_t>::max()));
  const std::unique_lock lock(mutex_);
  tables_[tenant] = std::move(table);
  co_return Result<>();
}

Task<Result<>> DirectoryStore::open_external(std::shared_ptr<const ExternalDirectory> external) {
  const auto home = snapshot(external->administrator.tenant);
  if (!home) co_return no_such("tenant");
  if (has(external->tenant)) co_return Result<>();
  auto table = std::make_shared<Table>(store_, erasure_, external->tenant);
  FH_CO_TRY(Objects objects, co_await load_objects(table->rows, table->personal));
  if (objects.principals.empty() && objects.groups.empty()) {
    Draft draft(std::move(objects));
    make_first(draft, *external, home->objects, store_.random);
    FH_CO_TRY(auto rows, draft.take_rows());
    FH_CO_CHECK_OK(co_await table->personal.prepare(rows));
    FH_CO_CHECK_OK(co_await table->rows.change(std::move(rows)));
    objects = draft.take_objects();
  }
  objects.self = external;
  FH_CO_TRY(table->snapshot,
            Snapshot::of(external->tenant, std::move(objects), std::numeric_limits<std::size_t>::max()));
  const std::unique_lock lock(mutex_);
  tables_.try_emplace(external->tenant, std::move(table));
  co_return Result<>();
}

Task<Result<>> DirectoryStore::erase_external(TenantId tenant, Condition may) {
  const auto table = table_of(tenant);
  if (!table) co_return no_such("tenant");
  FH_CO_TRY(const auto turn, co_await table->turn.take());
  const auto now = snapshot(tenant);
  if (!now || !now->is_external()) co_return no_such("tenant");
  FH_CO_CHECK_OK(may(now->objects));
  table->ended = true;
  {
    const std::unique_lock lock(mutex_);
    tables_.erase(tenant);
  }
  constexpr std::string_view kPrefixes = {"rewudgps"};  // who signs in goes first, the service principals last
  for (const char prefix : kPrefixes) {
    FH_CO_TRY(const auto stored, co_await table->rows.load(Bytes(1, prefix), SIZE_MAX));
    for (std::size_t at = 0; at < stored.size(); at += kErasedAtOnce) {
      keys::RowChange gone;
      const std::size_t end = std::min(stored.size(), at + kErasedAtOnce);
      for (std::size_t i = at; i < end; ++i) gone.deletes.push_back(stored[i].key);
      FH_CO_CHECK_OK(co_await table->personal.prepare(gone));
      FH_CO_CHECK_OK(co_await table->rows.change(std::move(gone)));
    }
  }
  co_return Result<>();
}

std::shared_ptr<DirectoryStore::Table> DirectoryStore::table_of(TenantId tenant) const {
  const std::shared_lock lock(mutex_);
  const auto at = tables_.find(tenant);
  return at == tables_.end() ? nullptr : at->second;
}

std::shared_ptr<const Snapshot> DirectoryStore::snapshot(TenantId tenant) const {
  const std::shared_lock lock(mutex_);
  const auto at = tables_.find(tenant);
  return at == tables_.end() ? nullptr : at->second->snapshot;
}

bool DirectoryStore::has(TenantId tenant) const { return snapshot(tenant) != nullptr; }

std::vector<TenantId> DirectoryStore::tenants() const {
  const std::shared_lock lock(mutex_);
  std::vector<TenantId> out;
  for (const auto& [tenant, table] : tables_) out.push_back(tenant);
  return out;
}

std::vector<TenantId> DirectoryStore::home_tenants() const {
  const std::shared_lock lock(mutex_);
  std::vector<TenantId> out;
  for (const auto& [tenant, table] : tables_) {
    if (!table->snapshot->is_external()) out.push_back(tenant);
  }
  return out;
}

bool DirectoryStore::is_external(TenantId tenant) const {
  const auto now = snapshot(tenant);
  return now && now->is_external();
}

std::vector<store::PartitionId> DirectoryStore::partitions() const {
  const std::shared_lock lock(mutex_);
  std::vector<store::PartitionId> out;
  for (const auto& [tenant, table] : tables_) out.push_back(table->rows.partition());
  return out;
}

std::shared_ptr<const gate::Identity> DirectoryStore::find(TenantId tenant, PrincipalId object) const {
  const auto now = snapshot(tenant);
  if (!now) return nullptr;
  const auto at = now->identities.find(object);
  if (at == now->identities.end()) return nullptr;
  // Who comes from another tenant is here as long as they are there.
  const auto home = now->homes.find(object);
  if (home == now->homes.end()) return at->second;
  const auto there = snapshot(home->second.tenant);
  const auto account = there ? there->identities.find(home->second.object) : decltype(at){};
  return there && account != there->identities.end() && account->second->enabled ? at->second : nullptr;
}

std::optional<gate::PrincipalKind> DirectoryStore::kind_of(TenantId tenant, PrincipalId object) const {
  const auto now = snapshot(tenant);
  if (!now) return std::nullopt;
  if (live_in(now->objects.users, object)) return gate::PrincipalKind::kUser;
  if (live_in(now->objects.groups, object)) return gate::PrincipalKind::kGroup;
  if (live_in(now->objects.principals, object)) return gate::PrincipalKind::kServicePrincipal;
  return std::nullopt;
}

std::shared_ptr<const ServicePrincipal> DirectoryStore::service_principal(TenantId tenant, PrincipalId object) const {
  const auto now = snapshot(tenant);
  return now ? live_in(now->objects.principals, object) : nullptr;
}

std::shared_ptr<const Group> DirectoryStore::group(TenantId tenant, PrincipalId object) const {
  const auto now = snapshot(tenant);
  return now ? live_in(now->objects.groups, object) : nullptr;
}

std::vector<DirectoryStore::Client> DirectoryStore::clients(PrincipalId application,
                                                            std::optional<TenantId> tenant) const {
  std::vector<Client> out;
  for (const TenantId id : tenant ? std::vector{*tenant} : home_tenants()) {
    const auto now = snapshot(id);
    auto principal = now ? now->principal(application) : nullptr;
    if (principal) out.push_back({id, std::move(principal)});
  }
  return out;
}

Task<Result<>> DirectoryStore::change(TenantId tenant, Edit edit, AuditRow audit) {
  const auto table = table_of(tenant);
  if (!table) co_return no_such("tenant");
  FH_CO_TRY(const auto turn, co_await table->turn.take());
  if (table->ended) co_return no_such("tenant");
  Draft draft(snapshot(tenant)->objects);
  FH_CO_CHECK_OK(edit(draft));
  FH_CO_TRY(auto rows, draft.take_rows());
  FH_CO_TRY(auto next, Snapshot::of(tenant, draft.take_objects()));
  FH_CO_CHECK_OK(co_await table->personal.prepare(rows));
  if (audit) rows.as_is.push_back(audit(table->rows.partition()));
  FH_CO_CHECK_OK(co_await table->rows.change(std::move(rows)));
  const std::unique_lock lock(mutex_);
  table->snapshot = std::move(next);
  co_return Result<>();
}

Task<Result<PrincipalId>> DirectoryStore::add_service_principal(TenantId tenant, PrincipalId application,
                                                                std::string name, AuditRow audit) {
  const auto id = random_id<PrincipalId>(store_.random);
  Edit edit = [id, application, name = std::move(name)](Draft& draft) {
    return changes::add(draft, ServicePrincipal{.object = id, .application = application, .name = name});
  };
  FH_CO_CHECK_OK(co_await change(tenant, std::move(edit), std::move(audit)));
  co_return id;
}

Task<Result<>> DirectoryStore::remove_service_principal(TenantId tenant, PrincipalId object, AuditRow audit) {
  Edit edit = [object](Draft& draft) -> Result<> {
    if (!find_in(draft.objects().principals, object)) return no_such("service principal");
    draft.remove(object);
    return {};
  };
  co_return co_await change(tenant, std::move(edit), std::move(audit));
}

Task<Result<DirectoryStore::Managed>> DirectoryStore::add_managed_identity(TenantId tenant, std::string name,
                                                                           std::vector<std::string> alternative_names,
                                                                           WallTime created) {
  ServicePrincipal made{.object = random_id<PrincipalId>(store_.random),
                        .application = random_id<PrincipalId>(store_.random),
                        .name = std::move(name),
                        .created = created};
  made.attributes["servicePrincipalType"] = std::string(kManagedIdentity);
  const auto resource = std::ranges::find_if(alternative_names, [](const auto& one) { return one.starts_with('/'); });
  if (resource != alternative_names.end()) made.attributes["actsFor"] = *resource;
  // The schema's length; a resource's id may be longer.
  const auto* spec = find_attribute(ObjectKind::kServicePrincipal, "alternativeNames");
  std::erase_if(alternative_names, [spec](const std::string& one) { return one.size() > spec->most; });
  made.attributes["alternativeNames"] = std::move(alternative_names);
  Edit edit = [made](Draft& draft) { return changes::add(draft, made); };
  FH_CO_CHECK_OK(co_await change(tenant, std::move(edit)));
  co_return Managed{made.object, made.application};
}

Task<Result<>> DirectoryStore::remove_managed_identity(TenantId tenant, PrincipalId object) {
  const auto now = snapshot(tenant);
  if (!now || !find_in(now->objects.principals, object)) co_return Result<>();
  Edit edit = [object](Draft& draft) -> Result<> {
    const auto found = find_in(draft.objects().principals, object);
    if (!found) return {};
    if (!is_managed(*found)) return fail(ErrorCode::kInvalidArgument, "it is no managed identity");
    draft.remove(object);
    return {};
  };
  co_return co_await change(tenant, std::move(edit));
}

std::vector<PrincipalId> DirectoryStore::managed_identities(TenantId tenant) const {
  std::vector<PrincipalId> out;
  const auto now = snapshot(tenant);
  if (!now) return out;
  for (const auto& [id, principal] : now->objects.principals) {
    if (is_managed(*principal)) out.push_back(id);
  }
  return out;
}

Task<Result<>> DirectoryStore::set_enabled(TenantId tenant, PrincipalId object, bool enabled, AuditRow audit) {
  Edit edit = [object, enabled](Draft& draft) -> Result<> {
    const auto found = live_in(draft.objects().principals, object);
    if (!found) return no_such("service principal");
    ServicePrincipal principal = *found;
    principal.enabled = enabled;
    draft.put(std::move(principal));
    return {};
  };
  co_return co_await change(tenant, std::move(edit), std::move(audit));
}

Task<Result<Secret>> DirectoryStore::add_secret(TenantId tenant, PrincipalId object, std::optional<WallTime> expiry,
                                                AuditRow audit) {
  NewSecret made = make_secret(store_.random, expiry);
  Edit edit = [object, kept = made.kept](Draft& draft) { return changes::add_secret(draft, object, kept); };
  FH_CO_CHECK_OK(co_await change(tenant, std::move(edit), std::move(audit)));
  co_return std::move(made.text);
}

Task<Result<>> DirectoryStore::remove_secret(TenantId tenant, PrincipalId object, SecretId secret, AuditRow audit) {
  Edit edit = [object, secret](Draft& draft) { return changes::remove_secret(draft, object, secret); };
  co_return co_await change(tenant, std::move(edit), std::move(audit));
}

Task<Result<PrincipalId>> DirectoryStore::add_group(TenantId tenant, std::string name, AuditRow audit) {
  const auto id = random_id<PrincipalId>(store_.random);
  Edit edit = [id, name = std::move(name)](Draft& draft) {
    return changes::add(draft, Group{.object = id, .name = name});
  };
  FH_CO_CHECK_OK(co_await change(tenant, std::move(edit), std::move(audit)));
  co_return id;
}

Task<Result<>> DirectoryStore::remove_group(TenantId tenant, PrincipalId group, AuditRow audit) {
  Edit edit = [group](Draft& draft) -> Result<> {
    if (!find_in(draft.objects().groups, group)) return no_such("group");
    draft.remove(group);
    return {};
  };
  co_return co_await change(tenant, std::move(edit), std::move(audit));
}

Task<Result<>> DirectoryStore::add_member(TenantId tenant, PrincipalId group, PrincipalId member, AuditRow audit) {
  Edit edit = [group, member](Draft& draft) { return changes::add_member(draft, group, member); };
  co_return co_await change(tenant, std::move(edit), std::move(audit));
}

Task<Result<>> DirectoryStore::remove_member(TenantId tenant, PrincipalId group, PrincipalId member, AuditRow audit) {
  Edit edit = [group, member](Draft& draft) { return changes::remove_member(draft, group, member); };
  co_return co_await change(tenant, std::move(edit), std::move(audit));
}

}  // namespace freehold::directory
