#include "pseudonyms.h"

#include "audit/log_layout.h"
#include "base/encoding.h"
#include "crypto/aead.h"
#include "crypto/digest.h"
#include "runtime/task_scope.h"

namespace freehold::gate::audit {
namespace {

constexpr std::size_t kNameBytes = 16;
constexpr std::size_t kValueBytes = 1024;          // a longer value is cut: no caller's id or address comes near
constexpr std::size_t kCachedPseudonyms = 65'536;  // all tenants; a full cache starts anew
constexpr std::size_t kRowsACommit = 500;          // 1,200 bytes each at most
constexpr std::uint32_t kGenerations = 1'000;      // erasures of one value

Bytes name_of(const Secret& key, PseudonymKind kind, std::uint32_t generation, std::string_view value) {
  Bytes input;
  append_u8(input, static_cast<std::uint8_t>(kind));
  append_u32(input, generation);
  input += value;
  return Bytes(crypto::view(crypto::hmac_sha256(key.view(), input)).substr(0, kNameBytes));
}

// Not the name itself: it may begin with 0xff, as keys must not.
Bytes row_key(const Bytes& name) { return "p/" + name; }

Bytes context_of(TenantId tenant, const Bytes& name) {
  return "freehold audit pseudonym row" + Bytes(tenant.view()) + name;
}

std::unexpected<Error> unknown() { return fail(ErrorCode::kNotFound, "unknown or erased pseudonym"); }

}  // namespace

Result<std::string> Pseudonyms::of(TenantId tenant, PseudonymKind kind, std::string_view value) {
  if (value.empty()) return std::string();
  value = value.substr(0, kValueBytes);
  auto& tenant_cache = cache_[tenant];
  auto& cache = kind == PseudonymKind::kCaller ? tenant_cache.callers : tenant_cache.addresses;
  if (const auto found = cache.find(value); found != cache.end()) return found->second;
  FH_TRY(auto pseudonym, find_or_make(tenant, kind, value));
  if (++cached_ > kCachedPseudonyms) {
    cache_.clear();
    cached_ = 0;
    return pseudonym;
  }
  cache.emplace(value, pseudonym);
  return pseudonym;
}

Result<std::string> Pseudonyms::find_or_make(TenantId tenant, PseudonymKind kind, std::string_view value) {
  FH_TRY(const Keys keys, keys_of(tenant));
  for (std::uint32_t generation = 0; generation < kGenerations; ++generation) {
    const auto name = name_of(keys.name, kind, generation, value);
    if (new_[tenant].contains(name)) return to_base64url(name);
    FH_TRY(const auto row, read(keys, tenant, name));
    if (row && row->kind == PseudonymKind::kErased) continue;
    if (!row) new_[tenant].emplace(name, sealed_row(keys, tenant, name, {kind, std::string(value)}));
    return to_base64url(name);
  }
  return fail(ErrorCode::kExhausted, "a pseudonym was erased too often");
}

Result<> Pseudonyms::write_new() {
  for (auto tenant = new_.begin(); tenant != new_.end(); tenant = new_.erase(tenant)) {
    auto& waiting = tenant->second;
    while (!waiting.empty()) {
      const auto end = std::next(waiting.begin(), static_cast<std::ptrdiff_t>(std::min(waiting.size(), kRowsACommit)));
      std::vector<store::KeyValue> rows;
      for (auto row = waiting.begin(); row != end; ++row) rows.push_back({row_key(row->first), row->second});
      FH_CHECK_OK(write(tenant->first, std::move(rows)));
      waiting.erase(waiting.begin(), end);
    }
  }
  return {};
}

Result<std::string> Pseudonyms::resolve(TenantId tenant, std::string_view pseudonym) {
  const auto name = from_base64url(pseudonym);
  if (!name || name->size() != kNameBytes) return unknown();
  FH_TRY(const Keys keys, keys_of(tenant));
  FH_TRY(auto row, read(keys, tenant, *name));
  if (!row || row->kind == PseudonymKind::kErased) return unknown();
  return std::move(row->value);
}

Result<> Pseudonyms::erase(TenantId tenant, std::string_view pseudonym) {
  const auto name = from_base64url(pseudonym);
  if (!name || name->size() != kNameBytes) return unknown();
  FH_TRY(const Keys keys, keys_of(tenant));
  FH_TRY(const auto row, read(keys, tenant, *name));
  if (!row || row->kind == PseudonymKind::kErased) return unknown();
  FH_CHECK_OK(write(tenant, {{row_key(*name), sealed_row(keys, tenant, *name, {PseudonymKind::kErased, {}})}}));
  cache_.erase(tenant);
  return {};
}

Result<Pseudonyms::Keys> Pseudonyms::keys_of(TenantId tenant) {
  FH_TRY(const Secret key, keys_.pseudonym_key(tenant));
  return Keys{crypto::hkdf_expand(key.view(), "freehold audit pseudonym", 32),
              crypto::hkdf_expand(key.view(), "freehold audit pseudonym map", 32)};
}

Result<std::optional<Pseudonyms::Row>> Pseudonyms::read(const Keys& keys, TenantId tenant, const Bytes& name) {
  FH_TRY(const auto sealed, runtime::run_blocking(store_.get(pseudonym_partition(tenant), row_key(name))));
  if (!sealed) return std::optional<Row>();
  FH_TRY(const auto plain, crypto::open(keys.seal, context_of(tenant, name), *sealed));
  ByteReader in(plain);
  const auto kind = in.u8();
  if (!in.ok() || kind > static_cast<std::uint8_t>(PseudonymKind::kAddress)) {
    return fail(ErrorCode::kCorrupt, "a row of the pseudonym map is damaged");
  }
  return std::optional(Row{static_cast<PseudonymKind>(kind), std::string(in.rest())});
}

Bytes Pseudonyms::sealed_row(const Keys& keys, TenantId tenant, const Bytes& name, const Row& row) {
  Bytes plain;
  append_u8(plain, static_cast<std::uint8_t>(row.kind));
  plain += row.value;
  return crypto::seal(keys.seal, context_of(tenant, name), plain, random_);
}

Result<> Pseudonyms::write(TenantId tenant, std::vector<store::KeyValue> rows) {
  store::Commit commit;
  commit.partition = pseudonym_partition(tenant);
  commit.epoch = epoch_;
  commit.transaction = hybrid_.next_transaction();
  commit.reserve = store::DiskReserve::kMayUse;
  commit.puts = std::move(rows);
  const auto result = runtime::run_blocking(store::commit_settled(store_, std::move(commit)));
  if (result.outcome == store::CommitOutcome::kOk) return {};
  return fail(ErrorCode::kUnavailable, "the pseudonym map can't be written", result.error.message);
}

}  // namespace freehold::gate::audit
