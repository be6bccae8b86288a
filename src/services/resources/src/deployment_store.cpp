#include "src/deployment_store.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "base/encoding.h"
#include "src/arm_errors.h"

namespace freehold::resources {
namespace {

constexpr std::string_view kVersion = "1";
constexpr char kDeploymentRow = 'd';
constexpr char kOperationRow = 'o';
constexpr std::size_t kPieceBytes = 48 * 1024;  // a row's value holds 64 KiB, sealed
constexpr std::size_t kPieces = kMaxDeploymentBytes / kPieceBytes + 1;
constexpr std::size_t kDeletesAtOnce = 500;

// No id and no name has a line feed.
Bytes scope_prefix(char kind, std::string_view scope) { return fmt::format("{}{}\n", kind, to_lower(scope)); }
Bytes prefix_of(char kind, const DeploymentKey& key) {
  return scope_prefix(kind, key.scope) + to_lower(key.name) + "\n";
}
Bytes numbered(Bytes prefix, std::size_t number) { return prefix + fmt::format("{:06}", number); }

gate::ApiResult<OrderedJson> parse(std::string_view text) {
  auto json = text.starts_with(kVersion) ? OrderedJson::parse(text.substr(kVersion.size()), nullptr, false)
                                         : OrderedJson(OrderedJson::value_t::discarded);
  if (json.is_discarded()) return std::unexpected(arm_errors::unavailable("a deployment's row can't be read"));
  return json;
}

// Rows come in the order of their keys: the pieces of one deployment stand together.
gate::ApiResult<std::vector<OrderedJson>> join(const std::vector<store::KeyValue>& rows) {
  std::map<std::string, std::string> texts;
  for (const auto& row : rows) texts[std::string(row.key.substr(0, row.key.rfind('\n')))] += row.value;
  std::vector<OrderedJson> out;
  for (const auto& [key, text] : texts) {
    FH_TRY(auto json, parse(text));
    out.push_back(std::move(json));
  }
  return out;
}

}  // namespace

keys::SealedRows DeploymentStore::rows(TenantId tenant) const {
  return {store_, store::make_partition_id(tenant, "deployments")};
}

runtime::Task<gate::ApiResult<std::optional<OrderedJson>>> DeploymentStore::find(DeploymentKey key) const {
  const auto table = rows(key.tenant);
  const auto found = co_await table.load(prefix_of(kDeploymentRow, key), kPieces);
  if (!found) co_return std::unexpected(arm_errors::of(found.error()));
  FH_CO_TRY(auto joined, join(*found));
  if (joined.empty()) co_return std::nullopt;
  co_return std::move(joined.front());
}

runtime::Task<gate::ApiResult<std::vector<OrderedJson>>> DeploymentStore::list(TenantId tenant,
                                                                               std::string scope) const {
  const auto table = rows(tenant);
  const auto found = co_await table.load(scope_prefix(kDeploymentRow, scope), (kMaxDeployments + 64) * kPieces);
  if (!found) co_return std::unexpected(arm_errors::of(found.error()));
  co_return join(*found);
}

runtime::Task<gate::ApiResult<>> DeploymentStore::put(DeploymentKey key, OrderedJson deployment) const {
  const std::string text =
      std::string(kVersion) + deployment.dump(-1, ' ', false, OrderedJson::error_handler_t::replace);
  if (text.size() > kMaxDeploymentBytes) {
    co_return std::unexpected(arm_errors::make(
        413, "RequestContentTooLarge",
        fmt::format("Parameters and outputs of a deployment are at most {} bytes together.", kMaxDeploymentBytes)));
  }
  const auto prefix = prefix_of(kDeploymentRow, key);
  keys::RowChange change;
  std::size_t pieces = 0;
  for (; pieces * kPieceBytes < text.size(); ++pieces) {
    change.puts.push_back({numbered(prefix, pieces), text.substr(pieces * kPieceBytes, kPieceBytes)});
  }
  // What an earlier and longer one left.
  for (auto more = pieces; more < kPieces; ++more) change.deletes.push_back(numbered(prefix, more));
  const auto table = rows(key.tenant);
  const auto done = co_await table.change(std::move(change));
  if (!done) co_return std::unexpected(arm_errors::of(done.error()));
  co_return gate::ApiResult<>();
}

runtime::Task<gate::ApiResult<>> DeploymentStore::put_operation(DeploymentKey key, std::size_t number,
                                                                OrderedJson operation) const {
  keys::RowChange change;
  change.puts.push_back(
      {numbered(prefix_of(kOperationRow, key), number),
       std::string(kVersion) + operation.dump(-1, ' ', false, OrderedJson::error_handler_t::replace)});
  const auto table = rows(key.tenant);
  const auto done = co_await table.change(std::move(change));
  if (!done) co_return std::unexpected(arm_errors::of(done.error()));
  co_return gate::ApiResult<>();
}

runtime::Task<gate::ApiResult<std::vector<OrderedJson>>> DeploymentStore::operations(DeploymentKey key) const {
  const auto table = rows(key.tenant);
  const auto found = co_await table.load(prefix_of(kOperationRow, key), kMaxDeploymentOperations);
  if (!found) co_return std::unexpected(arm_errors::of(found.error()));
  std::vector<OrderedJson> out;
  for (const auto& row : *found) {
    FH_CO_TRY(auto json, parse(row.value));
    out.push_back(std::move(json));
  }
  co_return out;
}

runtime::Task<gate::ApiResult<>> DeploymentStore::remove_operations(DeploymentKey key) const {
  co_return co_await remove_rows(key.tenant, prefix_of(kOperationRow, key), kMaxDeploymentOperations);
}

runtime::Task<gate::ApiResult<>> DeploymentStore::remove(DeploymentKey key) const {
  // The deployment last: while it can be seen, removing it again finds what is left.
  FH_CO_CHECK_OK(co_await remove_operations(key));
  const auto deployment = prefix_of(kDeploymentRow, key);
  co_return co_await remove_rows(key.tenant, deployment, kPieces);
}

runtime::Task<gate::ApiResult<>> DeploymentStore::remove_rows(TenantId tenant, Bytes prefix, std::size_t most) const {
  const auto table = rows(tenant);
  const auto found = co_await table.load(prefix, most);
  if (!found) co_return std::unexpected(arm_errors::of(found.error()));
  for (std::size_t i = 0; i < found->size(); i += kDeletesAtOnce) {
    keys::RowChange change;
    for (auto j = i; j < std::min(found->size(), i + kDeletesAtOnce); ++j) change.deletes.push_back((*found)[j].key);
    const auto done = co_await table.change(std::move(change));
    if (!done) co_return std::unexpected(arm_errors::of(done.error()));
  }
  co_return gate::ApiResult<>();
}

}  // namespace freehold::resources
