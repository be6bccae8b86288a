#include "src/item_store.h"

#include <algorithm>

#include "base/encoding.h"
#include "src/backup.h"
#include "src/vault_errors.h"

namespace freehold::vault {
namespace {

constexpr int kTries = 16;
constexpr std::uint32_t kPurgePage = 100;        // of rows, which can be long
constexpr std::uint32_t kBackupPage = 25;        // ... and are opened, too
constexpr std::size_t kClearedTogether = 1'000;  // rows

const store::PartitionId& partition_of(const Vault& vault) { return vault.rows->partition; }

// As its rows have it.
ItemKind in_rows(const Vault& vault, ItemKind kind) {
  return kind == ItemKind::kKey && vault.pool && vault.pool->second_place ? kSecondKeys : kind;
}

Bytes after(Bytes prefix) {
  prefix.back() = static_cast<char>(prefix.back() + 1);
  return prefix;
}

Result<ItemHead> open_head(const RowSeal& seal, const store::KeyValue& row) {
  FH_TRY(const Secret plain, seal.open(row.key, row.value));
  return decode_head(plain.view());
}

}  // namespace

// An item as a change finds it, and the rows that it was read from.
struct ItemStore::Seen {
  ItemState state;
  std::vector<store::Expectation> rows;
};

Task<Result<std::optional<ItemHead>>> ItemStore::head(VaultPtr vault, ItemKind kind, Life life, std::string name) {
  const Bytes key = head_key(in_rows(*vault, kind), life, name);
  FH_CO_TRY(auto row, co_await store_.rows.get(partition_of(*vault), key));
  if (!row) co_return std::nullopt;
  FH_CO_TRY(auto head, open_head(RowSeal(*vault), {key, std::move(*row)}));
  co_return std::optional<ItemHead>(std::move(head));
}

Task<Result<std::shared_ptr<const ItemContent>>> ItemStore::content(VaultPtr vault, Bytes key) {
  FH_CO_TRY(const auto row, co_await store_.rows.get(partition_of(*vault), key));
  if (!row) co_return nullptr;
  FH_CO_TRY(const Secret plain, RowSeal(*vault).open(key, *row));
  FH_CO_TRY(auto content, decode_content(plain.view()));
  const auto opened = co_await open(content);
  if (!opened && opened.error().code == ErrorCode::kNotFound) co_return nullptr;  // it is being purged
  if (!opened) co_return std::unexpected(opened.error());
  co_return std::make_shared<const ItemContent>(std::move(content));
}

Task<Result<>> ItemStore::open(ItemContent& content) {
  if (content.erasure == keys::ErasureId{}) co_return Result<>();
  FH_CO_TRY(const Secret under, co_await erasure_.find(content.erasure));
  co_return open_material(content, under);
}

Task<Result<std::shared_ptr<const ItemContent>>> ItemStore::find(VaultPtr vault, ItemKind kind, std::string name,
                                                                 std::string version) {
  FH_CO_TRY(const auto live, co_await head(vault, kind, Life::kLive, name));
  if (!live) co_return nullptr;
  co_return co_await content(
      vault, version_key(in_rows(*vault, kind), name, version.empty() ? live->current.version : version));
}

Task<Result<store::ScanPage>> ItemStore::page(VaultPtr vault, Bytes prefix, std::string from, std::uint32_t limit) {
  Bytes begin = prefix + from;
  if (!from.empty()) begin.push_back('\0');  // behind it
  co_return co_await store_.rows.scan(partition_of(*vault), std::move(begin), after(prefix), limit);
}

Task<Result<ListedItems>> ItemStore::list(VaultPtr vault, ItemKind kind, Life life, std::string from,
                                          std::uint32_t limit) {
  FH_CO_TRY(const auto found, co_await page(vault, heads_prefix(in_rows(*vault, kind), life), std::move(from), limit));
  const RowSeal seal(*vault);
  ListedItems out;
  for (const auto& row : found.rows) {
    FH_CO_TRY(auto head, open_head(seal, row));
    out.items.push_back(std::move(head));
  }
  if (found.more && !out.items.empty()) out.next = to_lower(out.items.back().name);
  co_return out;
}

Task<Result<ListedVersions>> ItemStore::versions(VaultPtr vault, ItemKind kind, std::string name, std::string from,
                                                 std::uint32_t limit) {
  FH_CO_TRY(const auto found,
            co_await page(vault, versions_prefix(in_rows(*vault, kind), name), std::move(from), limit));
  const RowSeal seal(*vault);
  ListedVersions out;
  for (const auto& row : found.rows) {
    FH_CO_TRY(const Secret plain, seal.open(row.key, row.value));
    FH_CO_TRY(auto content, decode_content(plain.view()));
    out.versions.push_back(std::move(content.shown));
  }
  if (found.more && !out.versions.empty()) out.next = out.versions.back().version;
  co_return out;
}

Task<Result<std::vector<ItemContent>>> ItemStore::contents(VaultPtr vault, ItemKind kind, std::string name) {
  std::vector<ItemContent> out;
  const RowSeal seal(*vault);
  std::string from;
  std::size_t bytes = 0;
  while (true) {
    FH_CO_TRY(const auto found, co_await page(vault, versions_prefix(in_rows(*vault, kind), name), from, kBackupPage));
    for (const auto& row : found.rows) {
      bytes += row.value.size();
      if (out.size() == kMaxBackupVersions || bytes > kMaxBackupBytes) {
        co_return fail(ErrorCode::kInvalidArgument,
                       "It has more versions than a backup holds (500), or is longer than one may be.");
      }
      FH_CO_TRY(const Secret plain, seal.open(row.key, row.value));
      FH_CO_TRY(auto content, decode_content(plain.view()));
      FH_CO_CHECK_OK(co_await open(content));
      content.erasure = {};  // what is taken along doesn't rest here
      out.push_back(std::move(content));
    }
    if (!found.more || found.rows.empty()) co_return out;
    from = out.back().shown.version;
  }
}

Task<Result<ItemStore::ContentPage>> ItemStore::contents_page(VaultPtr vault, ItemKind kind, std::string name,
                                                              std::string from) {
  const RowSeal seal(*vault);
  const Bytes prefix = versions_prefix(in_rows(*vault, kind), name);
  FH_CO_TRY(const auto found, co_await page(vault, prefix, std::move(from), kBackupPage));
  ContentPage out;
  for (const auto& row : found.rows) {
    FH_CO_TRY(const Secret plain, seal.open(row.key, row.value));
    FH_CO_TRY(auto content, decode_content(plain.view()));
    const auto opened = co_await open(content);
    if (!opened && opened.error().code == ErrorCode::kNotFound) co_return ContentPage{};  // it is being purged
    if (!opened) co_return std::unexpected(opened.error());
    content.erasure = {};  // what is taken along doesn't rest here
    out.versions.push_back(std::move(content));
  }
  if (found.more && !out.versions.empty()) out.next = out.versions.back().shown.version;
  co_return out;
}

Task<Result<ItemStore::Seen>> ItemStore::look(VaultPtr vault, ItemKind kind, std::string name, VersionWanted wanted) {
  Seen seen;
  const RowSeal seal(*vault);
  for (const Life life : {Life::kLive, Life::kDeleted}) {
    const Bytes key = head_key(in_rows(*vault, kind), life, name);
    FH_CO_TRY(auto row, co_await store_.rows.get(partition_of(*vault), key));
    seen.rows.push_back({key, row});
    if (!row) continue;
    FH_CO_TRY(auto head, open_head(seal, {key, std::move(*row)}));
    (life == Life::kLive ? seen.state.live : seen.state.deleted) = std::move(head);
  }
  if (wanted.which == VersionWanted::Which::kNone || !seen.state.live) co_return seen;
  const bool named = wanted.which == VersionWanted::Which::kNamed;
  const Bytes key = version_key(in_rows(*vault, kind), name, named ? wanted.version : seen.state.live->current.version);
  FH_CO_TRY(auto row, co_await store_.rows.get(partition_of(*vault), key));
  if (!row) co_return seen;
  seen.rows.push_back({key, row});
  FH_CO_TRY(const Secret plain, seal.open(key, *row));
  FH_CO_TRY(auto content, decode_content(plain.view()));
  const auto opened = co_await open(content);
  if (!opened && opened.error().code == ErrorCode::kNotFound) co_return seen;  // it is being purged
  if (!opened) co_return std::unexpected(opened.error());
  seen.state.version = std::make_shared<const ItemContent>(std::move(content));
  co_return seen;
}

Task<Result<gate::ApiResult<>>> ItemStore::change(VaultPtr vault, ItemKind kind, std::string name, VersionWanted wanted,
                                                  Edit edit, AuditRow audit) {
  const auto one = [kind, edit](const States& states) -> gate::ApiResult<Changes> {
    FH_TRY(auto change, edit(states.at(kind)));
    Changes out;
    out.emplace(kind, std::move(change));
    return out;
  };
  return change_together(std::move(vault), {kind}, std::move(name), std::move(wanted), one, std::move(audit));
}

static bool all_fit(const ItemStore::Changes& changes) {
  return std::ranges::all_of(changes, [](const auto& each) {
    const ItemChange& change = each.second;
    return (!change.live || fits(*change.live)) && (!change.deleted || fits(*change.deleted)) &&
           std::ranges::all_of(change.versions, [](const auto& version) { return fits(*version); });
  });
}

Task<Result<ItemStore::Secrets>> ItemStore::secrets_for(const Changes& changes, TenantId tenant,
                                                        std::vector<keys::Erasable>& fresh) {
  Secrets out;
  std::size_t taken = 0;
  for (const auto& [kind, change] : changes) {
    for (const auto& version : change.versions) {
      if (version->material.empty()) continue;
      if (version->erasure != keys::ErasureId{}) {
        FH_CO_TRY(Secret known, co_await erasure_.find(version->erasure));
        out.emplace(version.get(), keys::Erasable{version->erasure, std::move(known)});
        continue;
      }
      if (taken == fresh.size()) {
        FH_CO_TRY(auto made, co_await erasure_.make(tenant));
        fresh.push_back(std::move(made));
      }
      out.emplace(version.get(), fresh[taken++].clone());
    }
  }
  co_return out;
}

void ItemStore::give_back(std::vector<keys::Erasable> fresh) {
  for (auto& unused : fresh) erasure_.give_back(std::move(unused));
}

Result<> ItemStore::put_changes(const Vault& vault, const std::string& name, const Changes& changes,
                                const Secrets& secrets, store::Commit& commit) const {
  const RowSeal seal(vault);
  bool fit = all_fit(changes);
  const auto put = [&](Bytes key, BytesView plain) {
    fit = fit && plain.size() <= kMaxPlainRow;
    if (!fit) return;
    Bytes sealed = seal.seal(key, plain, store_.random);
    commit.puts.push_back({std::move(key), std::move(sealed)});
  };
  bool adds = false;
  for (const auto& [each, change] : changes) {
    const auto kind = in_rows(vault, each);
    if (change.live) put(head_key(kind, Life::kLive, name), encode_head(*change.live));
    if (change.deleted) put(head_key(kind, Life::kDeleted, name), encode_head(*change.deleted));
    if (change.remove_live) commit.deletes.push_back(head_key(kind, Life::kLive, name));
    if (change.remove_deleted) commit.deletes.push_back(head_key(kind, Life::kDeleted, name));
    for (const auto& version : change.versions) {
      const Bytes key = version_key(kind, name, version->shown.version);
      if (change.only_if_new) commit.expect.push_back(store::absent(key));
      const auto under = secrets.find(version.get());
      if (under == secrets.end()) {
        put(key, encode_content(*version).view());
      } else {
        put(key, encode_content(seal_material(*version, under->second, store_.random)).view());
      }
      adds = true;
    }
  }
  if (!fit) return fail(ErrorCode::kInvalidArgument, "The object is longer than what is kept of one may be.");
  if (!adds) commit.reserve = store::DiskReserve::kMayUse;
  return {};
}

Task<Result<gate::ApiResult<>>> ItemStore::change_together(VaultPtr vault, std::vector<ItemKind> kinds,
                                                           std::string name, VersionWanted wanted, EditTogether edit,
                                                           AuditRow audit) {
  const auto partition = partition_of(*vault);
  std::vector<keys::Erasable> fresh;
  for (int i = 0; i < kTries; ++i) {
    States states;
    store::Commit commit{.partition = partition,
                         .epoch = store_.epoch,
                         .transaction = store_.hybrid.next_transaction(),
                         .expect = {},
                         .puts = {},
                         .deletes = {}};
    for (const auto kind : kinds) {
      FH_CO_TRY(auto seen, co_await look(vault, kind, name, wanted));
      states.emplace(kind, std::move(seen.state));
      for (auto& row : seen.rows) commit.expect.push_back(std::move(row));
    }
    auto made = edit(states);
    if (!made) {
      give_back(std::move(fresh));
      co_return gate::ApiResult<>(std::unexpected(std::move(made.error())));
    }
    const auto secrets = co_await secrets_for(*made, vault->tenant, fresh);
    if (!secrets && secrets.error().code == ErrorCode::kExhausted) {
      FH_CO_TRY(const bool full, co_await erasure_.is_full_for(vault->tenant));
      if (full) co_return gate::ApiResult<>(vault_errors::too_many_objects());
    }
    if (!secrets) co_return std::unexpected(secrets.error());
    FH_CO_CHECK_OK(put_changes(*vault, name, *made, *secrets, commit));
    if (audit) commit.puts.push_back(audit(partition));
    const auto done = co_await store::commit_settled(store_.rows, std::move(commit));
    if (done.outcome == store::CommitOutcome::kOk) co_return gate::ApiResult<>();
    if (done.outcome == store::CommitOutcome::kConflict) continue;
    if (done.error.code == ErrorCode::kExhausted) co_return std::unexpected(done.error);
    co_return fail(ErrorCode::kUnavailable, "the change could not be kept", done.error.message);
  }
  co_return fail(ErrorCode::kConflict, "others change it at the same time, time and again");
}

Task<Result<>> ItemStore::erase(VaultPtr vault, std::vector<ItemKind> kinds, std::string name) {
  const RowSeal seal(*vault);
  std::vector<keys::ErasureId> ids;
  for (const auto kind : kinds) {
    FH_CO_TRY(const auto head, co_await this->head(vault, kind, Life::kDeleted, name));
    if (!head || !head->purging) continue;
    std::string from;
    while (true) {
      FH_CO_TRY(const auto found, co_await page(vault, versions_prefix(in_rows(*vault, kind), name), from, kPurgePage));
      for (const auto& row : found.rows) {
        FH_CO_TRY(const Secret plain, seal.open(row.key, row.value));
        FH_CO_TRY(const auto content, decode_content(plain.view()));
        if (content.erasure != keys::ErasureId{}) ids.push_back(content.erasure);
        from = content.shown.version;
      }
      if (!found.more || found.rows.empty()) break;
    }
  }
  co_return co_await erasure_.erase(std::move(ids));
}

Task<Result<>> ItemStore::purge(VaultPtr vault, ItemKind kind, std::string name) {
  const auto partition = partition_of(*vault);
  const auto remove = [&](std::vector<Bytes> keys, store::Expectation seen) {
    return store::Commit{.partition = partition,
                         .epoch = store_.epoch,
                         .transaction = store_.hybrid.next_transaction(),
                         .expect = {std::move(seen)},
                         .puts = {},
                         .deletes = std::move(keys),
                         .reserve = store::DiskReserve::kMayUse};
  };
  FH_CO_CHECK_OK(co_await erase(vault, {kind}, name));
  const Bytes head = head_key(in_rows(*vault, kind), Life::kDeleted, name);
  while (true) {
    FH_CO_TRY(const auto row, co_await store_.rows.get(partition, head));
    if (!row) co_return Result<>();
    FH_CO_TRY(const auto opened, open_head(RowSeal(*vault), {head, *row}));
    if (!opened.purging) co_return Result<>();
    FH_CO_TRY(auto found, co_await page(vault, versions_prefix(in_rows(*vault, kind), name), "", kPurgePage));
    std::vector<Bytes> keys;
    for (auto& each : found.rows) keys.push_back(std::move(each.key));
    const bool last = keys.empty();
    if (last) keys.push_back(head);
    const auto done = co_await store::commit_settled(store_.rows, remove(std::move(keys), {head, row}));
    if (done.outcome == store::CommitOutcome::kConflict) continue;
    if (done.outcome != store::CommitOutcome::kOk) {
      co_return fail(ErrorCode::kUnavailable, "it can't be purged now", done.error.message);
    }
    if (last) co_return Result<>();
  }
}

Task<Result<bool>> ItemStore::is_empty(VaultPtr vault, ItemKind kind) {
  const Bytes all(1, static_cast<char>(in_rows(*vault, kind)));
  FH_CO_TRY(const auto found, co_await store_.rows.scan(partition_of(*vault), all, after(all), 1));
  co_return found.rows.empty();
}

Task<Result<>> ItemStore::clear(VaultPtr vault, ItemKind kind, GoOn go_on) {
  const auto partition = partition_of(*vault);
  const RowSeal seal(*vault);
  const Bytes all(1, static_cast<char>(in_rows(*vault, kind)));
  while (true) {
    FH_CO_CHECK_OK(go_on());
    std::vector<Bytes> keys;
    std::vector<keys::ErasureId> ids;
    for (Bytes from = all; keys.size() < kClearedTogether; from = keys.back() + '\0') {
      auto found = co_await store_.rows.scan(partition, from, after(all), kPurgePage);
      if (!found) co_return std::unexpected(found.error());
      for (auto& row : found->rows) {
        if (row.key.size() > 1 && row.key[1] == 'v') {
          FH_CO_TRY(const Secret plain, seal.open(row.key, row.value));
          FH_CO_TRY(const auto content, decode_content(plain.view()));
          if (content.erasure != keys::ErasureId{}) ids.push_back(content.erasure);
        }
        keys.push_back(std::move(row.key));
      }
      if (!found->more || found->rows.empty()) break;
    }
    if (keys.empty()) co_return Result<>();
    FH_CO_CHECK_OK(co_await erasure_.erase(std::move(ids)));
    store::Commit commit{.partition = partition,
                         .epoch = store_.epoch,
                         .transaction = store_.hybrid.next_transaction(),
                         .expect = {},
                         .puts = {},
                         .deletes = std::move(keys),
                         .reserve = store::DiskReserve::kMayUse};
    const auto done = co_await store::commit_settled(store_.rows, std::move(commit));
    if (done.outcome != store::CommitOutcome::kOk) {
      co_return fail(ErrorCode::kUnavailable, "what a restore replaced can't be removed now", done.error.message);
    }
  }
}

}  // namespace freehold::vault
