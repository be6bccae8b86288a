#include "directory/directory_store.h"

#include <algorithm>
#include <unordered_map>

#include "base/encoding.h"
#include "src/client_secret.h"
#include "src/membership_rules.h"
#include "src/object_row.h"

namespace freehold::directory {
namespace {

std::unexpected<Error> no_such(std::string_view what) {
  return fail(ErrorCode::kNotFound, "there is no such " + std::string(what));
}

Result<> check_name(const std::string& name) {
  if (name.empty() || name.size() > kMaxNameBytes || !is_valid_utf8(name)) {
    return fail(ErrorCode::kInvalidArgument, "a name has 1 to 256 bytes of UTF-8");
  }
  return {};
}

}  // namespace

// What a tenant's directory holds, to be changed; only whoever has the turn touches it.
struct DirectoryStore::Objects {
  std::map<PrincipalId, ServicePrincipal> principals;
  std::map<PrincipalId, Group> groups;

  [[nodiscard]] ServicePrincipal* principal(PrincipalId id) {
    const auto at = principals.find(id);
    return at == principals.end() ? nullptr : &at->second;
  }
  [[nodiscard]] Group* group(PrincipalId id) {
    const auto at = groups.find(id);
    return at == groups.end() ? nullptr : &at->second;
  }
  [[nodiscard]] bool has(PrincipalId id) const { return principals.contains(id) || groups.contains(id); }
  [[nodiscard]] bool has_application(PrincipalId id) const {
    return std::ranges::any_of(principals, [id](const auto& entry) { return entry.second.application == id; });
  }
};

// The same for readers: immutable, made anew by each change.
struct DirectoryStore::View {
  std::unordered_map<PrincipalId, std::shared_ptr<const gate::Identity>> identities;
  std::unordered_map<PrincipalId, std::shared_ptr<const ServicePrincipal>> principals;
  std::unordered_map<PrincipalId, PrincipalId> by_application;
  std::unordered_map<PrincipalId, std::shared_ptr<const Group>> groups;

  // kExhausted: somebody would be in too many groups. What decides must know all of them or not begin.
  static Result<std::shared_ptr<const View>> of(TenantId tenant, const Objects& objects) {
    auto view = std::make_shared<View>();
    auto memberships = all_groups(objects.groups);
    for (const auto& [id, principal] : objects.principals) {
      auto& groups = memberships[id];
      if (groups.size() > kMaxGroupsOfPrincipal)
        return fail(ErrorCode::kExhausted, "a principal is in too many groups");
      view->identities.emplace(id, std::make_shared<const gate::Identity>(tenant, id, principal.application,
                                                                          principal.enabled, std::move(groups)));
      view->principals.emplace(id, std::make_shared<const ServicePrincipal>(principal));
      view->by_application.emplace(principal.application, id);
    }
    for (const auto& [id, group] : objects.groups) view->groups.emplace(id, std::make_shared<const Group>(group));
    return view;
  }
};

struct DirectoryStore::Table {
  Table(keys::SealedStore store, TenantId id) : tenant(id), rows(store, store::make_partition_id(id, "directory")) {}
  const TenantId tenant;
  const keys::SealedRows rows;
  runtime::Turn turn;
  Objects objects;
  std::shared_ptr<const View> view;  // guarded by the store's mutex once it is among the tables
};

DirectoryStore::DirectoryStore(keys::SealedStore store) : store_(store) {}
DirectoryStore::~DirectoryStore() = default;

Task<Result<>> DirectoryStore::open(TenantId tenant, FirstAdministrator administrator) {
  auto table = std::make_shared<Table>(store_, tenant);
  FH_CO_TRY(const auto principals, co_await table->rows.load(Bytes(1, kServicePrincipalPrefix), kMaxServicePrincipals));
  for (const auto& row : principals) {
    FH_CO_TRY(auto principal, decode_service_principal(row.key, row.value));
    table->objects.principals.emplace(principal.object, std::move(principal));
  }
  FH_CO_TRY(const auto groups, co_await table->rows.load(Bytes(1, kGroupPrefix), kMaxGroups));
  for (const auto& row : groups) {
    FH_CO_TRY(auto group, decode_group(row.key, row.value));
    table->objects.groups.emplace(group.object, std::move(group));
  }
  if (principals.empty() && groups.empty()) {
    ServicePrincipal admin{.object = random_id<PrincipalId>(store_.random),
                           .application = administrator.application,
                           .name = "First administrator"};
    admin.secrets.push_back(keep(administrator.secret, store_.random, std::nullopt));
    admin.directory_roles.push_back(*parse_guid<DirectoryRoleId>(kGlobalAdministrator));
    const ServicePrincipal cli{.object = random_id<PrincipalId>(store_.random),
                               .application = *parse_guid<PrincipalId>(kAzureCli),
                               .name = "Microsoft Azure CLI"};
    keys::RowChange change;
    for (const ServicePrincipal& made : {admin, cli}) {
      change.puts.push_back({row_key(kServicePrincipalPrefix, made.object), encode(made)});
      table->objects.principals.emplace(made.object, made);
    }
    FH_CO_CHECK_OK(co_await table->rows.change(std::move(change)));
  }
  FH_CO_TRY(table->view, View::of(tenant, table->objects));
  const std::unique_lock lock(mutex_);
  tables_[tenant] = std::move(table);
  co_return Result<>();
}

std::shared_ptr<DirectoryStore::Table> DirectoryStore::table_of(TenantId tenant) const {
  const std::shared_lock lock(mutex_);
  const auto at = tables_.find(tenant);
  return at == tables_.end() ? nullptr : at->second;
}

std::shared_ptr<const DirectoryStore::View> DirectoryStore::view_of(TenantId tenant) const {
  const std::shared_lock lock(mutex_);
  const auto at = tables_.find(tenant);
  return at == tables_.end() ? nullptr : at->second->view;
}

bool DirectoryStore::has(TenantId tenant) const { return view_of(tenant) != nullptr; }

std::vector<TenantId> DirectoryStore::tenants() const {
  const std::shared_lock lock(mutex_);
  std::vector<TenantId> out;
  for (const auto& [tenant, table] : tables_) out.push_back(tenant);
  return out;
}

std::vector<store::PartitionId> DirectoryStore::partitions() const {
  const std::shared_lock lock(mutex_);
  std::vector<store::PartitionId> out;
  for (const auto& [tenant, table] : tables_) out.push_back(table->rows.partition());
  return out;
}

namespace {

template <class Map>
typename Map::mapped_type value_or_null(const Map& map, PrincipalId id) {
  const auto at = map.find(id);
  return at == map.end() ? nullptr : at->second;
}

}  // namespace

std::shared_ptr<const gate::Identity> DirectoryStore::find(TenantId tenant, PrincipalId object) const {
  const auto view = view_of(tenant);
  return view ? value_or_null(view->identities, object) : nullptr;
}

std::shared_ptr<const ServicePrincipal> DirectoryStore::service_principal(TenantId tenant, PrincipalId object) const {
  const auto view = view_of(tenant);
  return view ? value_or_null(view->principals, object) : nullptr;
}

std::shared_ptr<const Group> DirectoryStore::group(TenantId tenant, PrincipalId object) const {
  const auto view = view_of(tenant);
  return view ? value_or_null(view->groups, object) : nullptr;
}

std::vector<DirectoryStore::Client> DirectoryStore::clients(PrincipalId application,
                                                            std::optional<TenantId> tenant) const {
  std::vector<Client> out;
  for (const TenantId id : tenant ? std::vector{*tenant} : tenants()) {
    const auto view = view_of(id);
    if (!view) continue;
    const auto at = view->by_application.find(application);
    if (at != view->by_application.end()) out.push_back({id, view->principals.at(at->second)});
  }
  return out;
}

// The edit is made on a copy: if the commit fails, or the result may not be, nothing has changed.
Task<Result<>> DirectoryStore::change(TenantId tenant, Edit edit, AuditRow audit) {
  const auto table = table_of(tenant);
  if (!table) co_return no_such("tenant");
  FH_CO_TRY(const auto turn, co_await table->turn.take());
  Objects objects = table->objects;
  keys::RowChange change;
  FH_CO_CHECK_OK(edit(objects, change));
  FH_CO_TRY(auto view, View::of(tenant, objects));
  if (audit) change.as_is.push_back(audit(table->rows.partition()));
  FH_CO_CHECK_OK(co_await table->rows.change(std::move(change)));
  table->objects = std::move(objects);
  const std::unique_lock lock(mutex_);
  table->view = std::move(view);
  co_return Result<>();
}

namespace {

void put(keys::RowChange& change, const ServicePrincipal& principal) {
  change.puts.push_back({row_key(kServicePrincipalPrefix, principal.object), encode(principal)});
}

void put(keys::RowChange& change, const Group& group) {
  change.puts.push_back({row_key(kGroupPrefix, group.object), encode(group)});
}

// Takes a deleted object out of every group.
void leave_groups(std::map<PrincipalId, Group>& groups, PrincipalId gone, keys::RowChange& change) {
  for (auto& [id, group] : groups) {
    if (std::erase(group.members, gone) != 0) put(change, group);
  }
}

}  // namespace

Task<Result<PrincipalId>> DirectoryStore::add_service_principal(TenantId tenant, PrincipalId application,
                                                                std::string name, AuditRow audit) {
  FH_CO_CHECK_OK(check_name(name));
  const auto id = random_id<PrincipalId>(store_.random);
  const Edit edit = [&](Objects& objects, keys::RowChange& change) -> Result<> {
    if (objects.has_application(application)) return fail(ErrorCode::kConflict, "the application is there already");
    if (objects.principals.size() >= kMaxServicePrincipals) {
      return fail(ErrorCode::kExhausted, "too many service principals");
    }
    const ServicePrincipal made{.object = id, .application = application, .name = name};
    put(change, made);
    objects.principals.emplace(id, made);
    return {};
  };
  FH_CO_CHECK_OK(co_await this->change(tenant, edit, std::move(audit)));
  co_return id;
}

Task<Result<>> DirectoryStore::remove_service_principal(TenantId tenant, PrincipalId object, AuditRow audit) {
  const Edit edit = [object](Objects& objects, keys::RowChange& change) -> Result<> {
    if (objects.principals.erase(object) == 0) return no_such("service principal");
    change.deletes.push_back(row_key(kServicePrincipalPrefix, object));
    leave_groups(objects.groups, object, change);
    return {};
  };
  co_return co_await change(tenant, edit, std::move(audit));
}

Task<Result<>> DirectoryStore::set_enabled(TenantId tenant, PrincipalId object, bool enabled, AuditRow audit) {
  const Edit edit = [object, enabled](Objects& objects, keys::RowChange& change) -> Result<> {
    auto* principal = objects.principal(object);
    if (principal == nullptr) return no_such("service principal");
    principal->enabled = enabled;
    put(change, *principal);
    return {};
  };
  co_return co_await change(tenant, edit, std::move(audit));
}

Task<Result<Secret>> DirectoryStore::add_secret(TenantId tenant, PrincipalId object, std::optional<WallTime> expiry,
                                                AuditRow audit) {
  NewSecret made = make_secret(store_.random, expiry);
  const ClientSecret kept = made.kept;
  const Edit edit = [object, &kept](Objects& objects, keys::RowChange& change) -> Result<> {
    auto* principal = objects.principal(object);
    if (principal == nullptr) return no_such("service principal");
    if (principal->secrets.size() >= kMaxSecrets) return fail(ErrorCode::kExhausted, "too many secrets");
    principal->secrets.push_back(kept);
    put(change, *principal);
    return {};
  };
  FH_CO_CHECK_OK(co_await change(tenant, edit, std::move(audit)));
  co_return std::move(made.text);
}

Task<Result<>> DirectoryStore::remove_secret(TenantId tenant, PrincipalId object, SecretId secret, AuditRow audit) {
  const Edit edit = [object, secret](Objects& objects, keys::RowChange& change) -> Result<> {
    auto* principal = objects.principal(object);
    if (principal == nullptr) return no_such("service principal");
    if (std::erase_if(principal->secrets, [secret](const ClientSecret& s) { return s.id == secret; }) == 0) {
      return no_such("secret");
    }
    put(change, *principal);
    return {};
  };
  co_return co_await change(tenant, edit, std::move(audit));
}

Task<Result<PrincipalId>> DirectoryStore::add_group(TenantId tenant, std::string name, AuditRow audit) {
  FH_CO_CHECK_OK(check_name(name));
  const auto id = random_id<PrincipalId>(store_.random);
  const Edit edit = [&](Objects& objects, keys::RowChange& change) -> Result<> {
    if (objects.groups.size() >= kMaxGroups) return fail(ErrorCode::kExhausted, "too many groups");
    const Group made{id, name, {}};
    put(change, made);
    objects.groups.emplace(id, made);
    return {};
  };
  FH_CO_CHECK_OK(co_await change(tenant, edit, std::move(audit)));
  co_return id;
}

Task<Result<>> DirectoryStore::remove_group(TenantId tenant, PrincipalId group, AuditRow audit) {
  const Edit edit = [group](Objects& objects, keys::RowChange& change) -> Result<> {
    if (objects.groups.erase(group) == 0) return no_such("group");
    change.deletes.push_back(row_key(kGroupPrefix, group));
    leave_groups(objects.groups, group, change);
    return {};
  };
  co_return co_await change(tenant, edit, std::move(audit));
}

Task<Result<>> DirectoryStore::add_member(TenantId tenant, PrincipalId group, PrincipalId member, AuditRow audit) {
  const Edit edit = [group, member](Objects& objects, keys::RowChange& change) -> Result<> {
    auto* joined = objects.group(group);
    if (joined == nullptr) return no_such("group");
    if (!objects.has(member)) return no_such("member");
    if (std::ranges::find(joined->members, member) != joined->members.end()) {
      return fail(ErrorCode::kConflict, "it is a member already");
    }
    if (joined->members.size() >= kMaxMembers) return fail(ErrorCode::kExhausted, "the group has too many members");
    joined->members.push_back(member);
    put(change, *joined);
    return {};
  };
  co_return co_await change(tenant, edit, std::move(audit));
}

Task<Result<>> DirectoryStore::remove_member(TenantId tenant, PrincipalId group, PrincipalId member, AuditRow audit) {
  const Edit edit = [group, member](Objects& objects, keys::RowChange& change) -> Result<> {
    auto* left = objects.group(group);
    if (left == nullptr) return no_such("group");
    if (std::erase(left->members, member) == 0) return no_such("member");
    put(change, *left);
    return {};
  };
  co_return co_await change(tenant, edit, std::move(audit));
}

}  // namespace freehold::directory
