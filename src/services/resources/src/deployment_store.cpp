#include "src/deployment_store.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/encoding.h"
#include "src/arm_errors.h"

namespace freehold::resources {
namespace {

using gate::expression::text_member;

constexpr std::string_view kVersion = "1";
constexpr char kDeploymentRow = 'd';
constexpr char kOperationRow = 'o';
constexpr char kSourceRow = 't';
constexpr char kSummaryRow = 'i';
constexpr char kRunningRow = 'a';
constexpr std::size_t kPieceBytes = 48 * 1024;  // a row's value holds 64 KiB, sealed
constexpr std::size_t kPieces = kMaxDeploymentBytes / kPieceBytes + 1;
constexpr std::size_t kSourcePieces = kMaxTemplateBytes / kPieceBytes + 1;
constexpr std::size_t kPiecesAtOnce = 12;
constexpr std::size_t kDeletesAtOnce = 500;

// No id and no name has a line feed.
Bytes scope_prefix(char kind, std::string_view scope) { return fmt::format("{}{}\n", kind, to_lower(scope)); }
Bytes row_of(char kind, const DeploymentKey& key) { return scope_prefix(kind, key.scope) + to_lower(key.name); }
Bytes prefix_of(char kind, const DeploymentKey& key) { return row_of(kind, key) + "\n"; }
Bytes numbered(Bytes prefix, std::size_t number) { return prefix + fmt::format("{:06}", number); }

std::string text_of(const OrderedJson& json) {
  return std::string(kVersion) + json.dump(-1, ' ', false, OrderedJson::error_handler_t::replace);
}

gate::ApiResult<OrderedJson> parse(std::string_view text) {
  auto json = text.starts_with(kVersion) ? OrderedJson::parse(text.substr(kVersion.size()), nullptr, false)
                                         : OrderedJson(OrderedJson::value_t::discarded);
  if (json.is_discarded()) return std::unexpected(arm_errors::unavailable("a deployment's row can't be read"));
  return json;
}

// The pieces of a text, from the piece `from` on, at most `most` of them.
std::vector<store::KeyValue> pieces_of(const Bytes& prefix, const std::string& text, std::size_t from,
                                       std::size_t most) {
  std::vector<store::KeyValue> out;
  for (auto at = from; at * kPieceBytes < text.size() && out.size() < most; ++at) {
    out.push_back({numbered(prefix, at), text.substr(at * kPieceBytes, kPieceBytes)});
  }
  return out;
}

}  // namespace

bool is_ended(std::string_view state) { return state == "Succeeded" || state == "Failed" || state == "Canceled"; }

keys::SealedRows DeploymentStore::rows(TenantId tenant) const {
  return {store_, store::make_partition_id(tenant, "deployments")};
}

runtime::Task<gate::ApiResult<>> DeploymentStore::change(TenantId tenant, keys::RowChange change) const {
  const auto table = rows(tenant);
  const auto done = co_await table.change(std::move(change));
  if (!done) co_return std::unexpected(arm_errors::of(done.error()));
  co_return gate::ApiResult<>();
}

runtime::Task<gate::ApiResult<std::optional<OrderedJson>>> DeploymentStore::load_pieces(TenantId tenant, Bytes prefix,
                                                                                        std::size_t most) const {
  const auto table = rows(tenant);
  const auto found = co_await table.load(prefix, most);
  if (!found) co_return std::unexpected(arm_errors::of(found.error()));
  if (found->empty()) co_return std::nullopt;
  std::string text;
  for (const auto& row : *found) text += row.value;
  FH_CO_TRY(auto json, parse(text));
  co_return std::move(json);
}

runtime::Task<gate::ApiResult<std::optional<OrderedJson>>> DeploymentStore::find(DeploymentKey key) const {
  co_return co_await load_pieces(key.tenant, prefix_of(kDeploymentRow, key), kPieces);
}

runtime::Task<gate::ApiResult<std::vector<DeploymentSummary>>> DeploymentStore::list(TenantId tenant,
                                                                                     std::string scope) const {
  const auto table = rows(tenant);
  const auto prefix = scope_prefix(kSummaryRow, scope);
  const auto found = co_await table.load(prefix, kMaxDeployments + kMaxRunningDeployments);
  if (!found) co_return std::unexpected(arm_errors::of(found.error()));
  std::vector<DeploymentSummary> out;
  for (const auto& row : *found) {
    FH_CO_TRY(const auto json, parse(row.value));
    out.push_back({.name = std::string(row.key.substr(prefix.size())),
                   .state = std::string(text_member(json, "state")),
                   .timestamp = std::string(text_member(json, "timestamp")),
                   .bytes = json.value("bytes", std::size_t{0})});
  }
  co_return out;
}

runtime::Task<gate::ApiResult<>> DeploymentStore::put(DeploymentKey key, OrderedJson deployment,
                                                      std::size_t source_bytes) const {
  const auto text = text_of(deployment);
  if (text.size() > kMaxDeploymentBytes) {
    co_return std::unexpected(arm_errors::make(
        413, "RequestContentTooLarge",
        fmt::format("Parameters and outputs of a deployment are at most {} bytes together.", kMaxDeploymentBytes)));
  }
  const auto prefix = prefix_of(kDeploymentRow, key);
  keys::RowChange rows{.puts = pieces_of(prefix, text, 0, kPieces)};
  // What an earlier and longer one left.
  for (auto more = rows.puts.size(); more < kPieces; ++more) rows.deletes.push_back(numbered(prefix, more));
  const auto& properties = deployment["properties"];
  const std::string state(text_member(properties, "provisioningState"));
  rows.puts.push_back(
      {row_of(kSummaryRow, key), text_of({{"state", state},
                                          {"timestamp", std::string(text_member(properties, "timestamp"))},
                                          {"bytes", text.size() + source_bytes}})});
  if (is_ended(state)) {
    rows.deletes.push_back(row_of(kRunningRow, key));
  } else {
    rows.puts.push_back({row_of(kRunningRow, key), Bytes(kVersion)});
  }
  co_return co_await change(key.tenant, std::move(rows));
}

runtime::Task<gate::ApiResult<>> DeploymentStore::put_operation(DeploymentKey key, std::size_t number,
                                                                OrderedJson operation) const {
  keys::RowChange rows;
  rows.puts.push_back({numbered(prefix_of(kOperationRow, key), number), text_of(operation)});
  co_return co_await change(key.tenant, std::move(rows));
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

runtime::Task<gate::ApiResult<std::size_t>> DeploymentStore::put_source(DeploymentKey key, OrderedJson source) const {
  const auto text = text_of(source);
  if (text.size() > kMaxTemplateBytes) co_return 0;
  const auto prefix = prefix_of(kSourceRow, key);
  for (std::size_t at = 0; at * kPieceBytes < text.size(); at += kPiecesAtOnce) {
    FH_CO_CHECK_OK(co_await change(key.tenant, {.puts = pieces_of(prefix, text, at, kPiecesAtOnce)}));
  }
  co_return text.size();
}

runtime::Task<gate::ApiResult<std::optional<OrderedJson>>> DeploymentStore::source(DeploymentKey key) const {
  co_return co_await load_pieces(key.tenant, prefix_of(kSourceRow, key), kSourcePieces);
}

runtime::Task<gate::ApiResult<>> DeploymentStore::remove_details(DeploymentKey key) const {
  FH_CO_CHECK_OK(co_await remove_rows(key.tenant, prefix_of(kOperationRow, key), kMaxDeploymentOperations));
  co_return co_await remove_rows(key.tenant, prefix_of(kSourceRow, key), kSourcePieces);
}

runtime::Task<gate::ApiResult<>> DeploymentStore::remove(DeploymentKey key) const {
  // The deployment last: while it can be seen, removing it again finds what is left.
  FH_CO_CHECK_OK(co_await remove_details(key));
  keys::RowChange rows;
  rows.deletes = {row_of(kSummaryRow, key), row_of(kRunningRow, key)};
  for (std::size_t piece = 0; piece < kPieces; ++piece) {
    rows.deletes.push_back(numbered(prefix_of(kDeploymentRow, key), piece));
  }
  co_return co_await change(key.tenant, std::move(rows));
}

runtime::Task<gate::ApiResult<std::vector<DeploymentKey>>> DeploymentStore::running(TenantId tenant) const {
  const auto table = rows(tenant);
  const auto found = co_await table.load(Bytes(1, kRunningRow), kMaxRunningDeployments);
  if (!found) co_return std::unexpected(arm_errors::of(found.error()));
  std::vector<DeploymentKey> out;
  for (const auto& row : *found) {
    const auto end = row.key.rfind('\n');
    if (end == row.key.npos) co_return std::unexpected(arm_errors::unavailable("a deployment's mark can't be read"));
    out.push_back({.tenant = tenant, .scope = row.key.substr(1, end - 1), .name = row.key.substr(end + 1)});
  }
  co_return out;
}

runtime::Task<gate::ApiResult<>> DeploymentStore::remove_rows(TenantId tenant, Bytes prefix, std::size_t most) const {
  const auto table = rows(tenant);
  const auto found = co_await table.load(prefix, most);
  if (!found) co_return std::unexpected(arm_errors::of(found.error()));
  for (std::size_t i = 0; i < found->size(); i += kDeletesAtOnce) {
    keys::RowChange rows;
    for (auto j = i; j < std::min(found->size(), i + kDeletesAtOnce); ++j) rows.deletes.push_back((*found)[j].key);
    FH_CO_CHECK_OK(co_await change(tenant, std::move(rows)));
  }
  co_return gate::ApiResult<>();
}

}  // namespace freehold::resources
