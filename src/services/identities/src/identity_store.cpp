#include "src/identity_store.h"

#include <mutex>

#include "store/json_row.h"

namespace freehold::identities {
namespace {

using gate::resource::key_of;
using gate::resource::ResourceId;
using Json = nlohmann::json;

constexpr char kPrefix = 'i';
constexpr int kVersion = 1;

Bytes row_key(const ResourceId& id) { return Bytes(1, kPrefix) + key_of(id); }

Bytes encode(const AssignableIdentity& identity) {
  const Json json = {{"v", kVersion},
                     {"id", identity.id.text()},
                     {"location", identity.location},
                     {"tags", identity.tags},
                     {"object", to_string(identity.principal.object)},
                     {"application", to_string(identity.principal.application)}};
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

Result<AssignableIdentity> decode(BytesView row) {
  FH_TRY(const auto json, store::parse_json_row(row, kVersion, "an identity's row"));
  AssignableIdentity out;
  std::string id;
  store::MemberReader in(json);
  in.take("id", id).take("location", out.location).take("tags", out.tags);
  in.id("object", out.principal.object).id("application", out.principal.application);
  auto parsed = gate::resource::parse_resource_id(id);
  if (!in.ok() || !parsed) return fail(ErrorCode::kCorrupt, "an identity's row is damaged");
  out.id = std::move(*parsed);
  return out;
}

}  // namespace

struct IdentityStore::Table {
  Table(keys::SealedStore store, TenantId id) : rows(store, store::make_partition_id(id, "identities")) {}
  const keys::SealedRows rows;
  runtime::Turn turn;
  std::map<std::string, IdentityPtr> identities;  // by id in lower case
};

IdentityStore::IdentityStore(keys::SealedStore store) : store_(store) {}
IdentityStore::~IdentityStore() = default;

std::shared_ptr<IdentityStore::Table> IdentityStore::table_of(TenantId tenant) const {
  const std::shared_lock lock(mutex_);
  const auto at = tables_.find(tenant);
  return at == tables_.end() ? nullptr : at->second;
}

Task<Result<>> IdentityStore::load(TenantId tenant) {
  auto table = std::make_shared<Table>(store_, tenant);
  FH_CO_TRY(const auto rows, co_await table->rows.load(Bytes(1, kPrefix), kMaxIdentities));
  for (const auto& row : rows) {
    FH_CO_TRY(auto identity, decode(row.value));
    auto key = key_of(identity.id);
    table->identities.emplace(std::move(key), std::make_shared<const AssignableIdentity>(std::move(identity)));
  }
  const std::unique_lock lock(mutex_);
  tables_[tenant] = std::move(table);
  co_return Result<>();
}

IdentityPtr IdentityStore::find(TenantId tenant, const ResourceId& id) const {
  const std::shared_lock lock(mutex_);
  const auto table = tables_.find(tenant);
  if (table == tables_.end()) return nullptr;
  const auto at = table->second->identities.find(key_of(id));
  return at == table->second->identities.end() ? nullptr : at->second;
}

std::vector<IdentityPtr> IdentityStore::all(TenantId tenant) const {
  const std::shared_lock lock(mutex_);
  std::vector<IdentityPtr> out;
  const auto table = tables_.find(tenant);
  if (table == tables_.end()) return out;
  for (const auto& [key, identity] : table->second->identities) out.push_back(identity);
  return out;
}

Task<Result<>> IdentityStore::put(TenantId tenant, AssignableIdentity identity) {
  const auto table = table_of(tenant);
  if (table == nullptr) co_return fail(ErrorCode::kNotFound, "there is no such tenant");
  FH_CO_TRY(const auto turn, co_await table->turn.take());
  const auto key = key_of(identity.id);
  if (find(tenant, identity.id) == nullptr && all(tenant).size() >= kMaxIdentities) {
    co_return fail(ErrorCode::kExhausted, "the tenant has as many identities as it may have");
  }
  keys::RowChange change;
  change.puts.push_back({row_key(identity.id), encode(identity)});
  FH_CO_CHECK_OK(co_await table->rows.change(std::move(change)));
  const std::unique_lock lock(mutex_);
  table->identities[key] = std::make_shared<const AssignableIdentity>(std::move(identity));
  co_return Result<>();
}

Task<Result<>> IdentityStore::remove(TenantId tenant, ResourceId id) {
  const auto table = table_of(tenant);
  if (table == nullptr) co_return Result<>();
  FH_CO_TRY(const auto turn, co_await table->turn.take());
  keys::RowChange change;
  change.deletes.push_back(row_key(id));
  FH_CO_CHECK_OK(co_await table->rows.change(std::move(change)));
  const std::unique_lock lock(mutex_);
  table->identities.erase(key_of(id));
  co_return Result<>();
}

}  // namespace freehold::identities
