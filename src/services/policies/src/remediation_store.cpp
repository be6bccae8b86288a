#include "src/remediation_store.h"

#include <fmt/format.h>

#include "base/encoding.h"
#include "crypto/digest.h"
#include "src/policy_errors.h"
#include "store/json_row.h"

namespace freehold::policies {
namespace {

using gate::ApiResult;

constexpr char kRemediationRow = 'r';
constexpr char kRemedyRow = 'd';
constexpr char kAwaitedRow = 't';
constexpr int kAwaitedVersion = 1;
constexpr std::size_t kRowsAtOnce = 400;  // of a commit
constexpr std::size_t kLoadedRemediations = 2 * kMaxRemediations;
constexpr std::size_t kLoadedAwaited = 2 * kMaxAwaited;

Bytes digested(char kind, std::string_view key) {
  Bytes out(1, kind);
  out.append(crypto::view(crypto::sha256(key)));
  return out;
}

// Six digits: the first three are the block's.
Bytes remedy_row(std::string_view key, std::size_t number) {
  return digested(kRemedyRow, key) + fmt::format("{:06}", number);
}

}  // namespace

std::string key_of(const AwaitedRemedy& awaited) {
  return to_lower(awaited.resource) + "\n" + to_lower(awaited.assignment_id) + "\n" + to_lower(awaited.reference_id);
}

Bytes encode(const AwaitedRemedy& awaited) {
  const Json json = {{"v", kAwaitedVersion},
                     {"resource", awaited.resource},
                     {"assignment", awaited.assignment_id},
                     {"reference", awaited.reference_id},
                     {"origin", awaited.origin},
                     {"correlation", awaited.correlation},
                     {"first", awaited.first.time_since_epoch().count()},
                     {"due", awaited.due.time_since_epoch().count()}};
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

Result<AwaitedRemedy> decode_awaited(BytesView row) {
  FH_TRY(const Json json, store::parse_json_row(row, kAwaitedVersion, "a row of what policies wait for"));
  AwaitedRemedy out;
  store::MemberReader reader(json);
  reader.take("resource", out.resource)
      .take("assignment", out.assignment_id)
      .take("reference", out.reference_id)
      .take("origin", out.origin)
      .take("correlation", out.correlation)
      .time("first", out.first)
      .time("due", out.due);
  if (!reader.ok()) return fail(ErrorCode::kCorrupt, "a row of what policies wait for is damaged");
  return out;
}

struct RemediationStore::Table {
  runtime::Turn turn;
  std::shared_ptr<const Map> all = std::make_shared<const Map>();  // guarded by the store's mutex
};

keys::SealedRows RemediationStore::rows(TenantId tenant) const {
  return {store_, store::make_partition_id(tenant, "remediations")};
}

std::shared_ptr<RemediationStore::Table> RemediationStore::table_of(TenantId tenant) const {
  const std::lock_guard lock(mutex_);
  const auto at = tables_.find(tenant);
  return at == tables_.end() ? nullptr : at->second;
}

Task<Result<>> RemediationStore::load(TenantId tenant) {
  const auto table_rows = rows(tenant);
  FH_CO_TRY(const auto found, co_await table_rows.load(Bytes(1, kRemediationRow), kLoadedRemediations));
  Map all;
  for (const auto& row : found) {
    FH_CO_TRY(auto one, decode_remediation(row.value));
    auto key = one.key();
    all[std::move(key)] = std::make_shared<const Remediation>(std::move(one));
  }
  auto table = std::make_shared<Table>();
  table->all = std::make_shared<const Map>(std::move(all));
  const std::lock_guard lock(mutex_);
  tables_[tenant] = std::move(table);
  co_return Result<>();
}

RemediationStore::Map RemediationStore::all(TenantId tenant) const {
  const std::lock_guard lock(mutex_);
  const auto at = tables_.find(tenant);
  return at == tables_.end() ? Map() : *at->second->all;
}

RemediationPtr RemediationStore::find(TenantId tenant, const std::string& key) const {
  const std::lock_guard lock(mutex_);
  const auto table = tables_.find(tenant);
  if (table == tables_.end()) return nullptr;
  const auto at = table->second->all->find(key);
  return at == table->second->all->end() ? nullptr : at->second;
}

Task<ApiResult<>> RemediationStore::change(TenantId tenant, Edit edit) {
  return change_rows(tenant, std::move(edit), std::nullopt);
}

Task<ApiResult<>> RemediationStore::change(TenantId tenant, Edit edit, Remedy remedy) {
  return change_rows(tenant, std::move(edit), std::move(remedy));
}

Task<ApiResult<>> RemediationStore::change_rows(TenantId tenant, Edit edit, std::optional<Remedy> remedy) {
  const auto table = table_of(tenant);
  if (table == nullptr) co_return std::unexpected(policy_errors::unavailable("the tenant isn't loaded"));
  const auto turn = co_await table->turn.take();
  if (!turn) co_return std::unexpected(policy_errors::of(turn.error()));
  const auto before = all(tenant);
  FH_CO_TRY(auto next, edit(before));
  if (!next) co_return ApiResult<>();
  const auto key = next->key();
  keys::RowChange change;
  change.puts.push_back({digested(kRemediationRow, key), encode(*next)});
  if (remedy) change.puts.push_back({remedy_row(key, remedy->number), encode(*remedy)});
  const auto table_rows = rows(tenant);
  const auto written = co_await table_rows.change(std::move(change));
  if (!written) co_return std::unexpected(policy_errors::of(written.error()));
  auto after = before;
  after[key] = std::make_shared<const Remediation>(std::move(*next));
  const std::lock_guard lock(mutex_);
  table->all = std::make_shared<const Map>(std::move(after));
  co_return ApiResult<>();
}

Task<ApiResult<>> RemediationStore::add_remedies(TenantId tenant, std::string key, std::vector<Remedy> remedies) {
  const auto table_rows = rows(tenant);
  for (std::size_t at = 0; at < remedies.size(); at += kRowsAtOnce) {
    keys::RowChange change;
    for (auto i = at; i < std::min(remedies.size(), at + kRowsAtOnce); ++i) {
      change.puts.push_back({remedy_row(key, remedies[i].number), encode(remedies[i])});
    }
    const auto written = co_await table_rows.change(std::move(change));
    if (!written) co_return std::unexpected(policy_errors::of(written.error()));
  }
  co_return ApiResult<>();
}

Task<ApiResult<std::vector<Remedy>>> RemediationStore::remedies(TenantId tenant, std::string key,
                                                                std::size_t block) const {
  const auto table_rows = rows(tenant);
  auto prefix = digested(kRemedyRow, key) + fmt::format("{:03}", block);
  const auto found = co_await table_rows.load(std::move(prefix), kRemediesInBlock);
  if (!found) co_return std::unexpected(policy_errors::of(found.error()));
  std::vector<Remedy> out;
  for (const auto& row : *found) {
    auto one = decode_remedy(row.value);
    if (!one) co_return std::unexpected(policy_errors::of(one.error()));
    out.push_back(std::move(*one));
  }
  co_return out;
}

// Every block: what was cut off in the middle of being written or removed may have any of them.
Task<ApiResult<>> RemediationStore::remove_remedies(TenantId tenant, std::string key) const {
  const auto table_rows = rows(tenant);
  for (std::size_t block = 0; block <= kMostResourcesToRemedy / kRemediesInBlock; ++block) {
    auto prefix = digested(kRemedyRow, key) + fmt::format("{:03}", block);
    const auto found = co_await table_rows.load(std::move(prefix), kRemediesInBlock);
    if (!found) co_return std::unexpected(policy_errors::of(found.error()));
    for (std::size_t at = 0; at < found->size(); at += kRowsAtOnce) {
      keys::RowChange change;
      for (auto i = at; i < std::min(found->size(), at + kRowsAtOnce); ++i) change.deletes.push_back((*found)[i].key);
      const auto written = co_await table_rows.change(std::move(change));
      if (!written) co_return std::unexpected(policy_errors::of(written.error()));
    }
  }
  co_return ApiResult<>();
}

Task<ApiResult<>> RemediationStore::remove(TenantId tenant, std::string key) {
  const auto table = table_of(tenant);
  if (table == nullptr) co_return std::unexpected(policy_errors::unavailable("the tenant isn't loaded"));
  FH_CO_CHECK_OK(co_await remove_remedies(tenant, key));
  const auto turn = co_await table->turn.take();
  if (!turn) co_return std::unexpected(policy_errors::of(turn.error()));
  const auto table_rows = rows(tenant);
  keys::RowChange change;
  change.deletes.push_back(digested(kRemediationRow, key));
  const auto written = co_await table_rows.change(std::move(change));
  if (!written) co_return std::unexpected(policy_errors::of(written.error()));
  auto after = all(tenant);
  after.erase(key);
  const std::lock_guard lock(mutex_);
  table->all = std::make_shared<const Map>(std::move(after));
  co_return ApiResult<>();
}

Task<Result<std::vector<AwaitedRemedy>>> RemediationStore::awaited(TenantId tenant) const {
  const auto table_rows = rows(tenant);
  FH_CO_TRY(const auto found, co_await table_rows.load(Bytes(1, kAwaitedRow), kLoadedAwaited));
  std::vector<AwaitedRemedy> out;
  for (const auto& row : found) {
    FH_CO_TRY(auto one, decode_awaited(row.value));
    out.push_back(std::move(one));
  }
  co_return out;
}

Task<Result<>> RemediationStore::put_awaited(TenantId tenant, std::vector<AwaitedRemedy> awaited) const {
  const auto table_rows = rows(tenant);
  for (std::size_t at = 0; at < awaited.size(); at += kRowsAtOnce) {
    keys::RowChange change;
    for (auto i = at; i < std::min(awaited.size(), at + kRowsAtOnce); ++i) {
      change.puts.push_back({digested(kAwaitedRow, policies::key_of(awaited[i])), encode(awaited[i])});
    }
    FH_CO_CHECK_OK(co_await table_rows.change(std::move(change)));
  }
  co_return Result<>();
}

Task<Result<>> RemediationStore::remove_awaited(TenantId tenant, std::string key) const {
  const auto table_rows = rows(tenant);
  keys::RowChange change;
  change.deletes.push_back(digested(kAwaitedRow, key));
  co_return co_await table_rows.change(std::move(change));
}

}  // namespace freehold::policies
