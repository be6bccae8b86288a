#include "src/container_store.h"

#include "src/row_keys.h"

namespace freehold::blob {
namespace {
constexpr std::size_t kCached = 16'384;
}  // namespace

std::string ContainerStore::cache_key(AccountRef account, const std::string& name) {
  std::string key(account.account.view());
  key += name;
  return key;
}

store::Commit ContainerStore::begin(store::PartitionId partition) const {
  return {std::move(partition), epoch_, hybrid_.next_transaction(), {}, {}, {}};
}

Task<Result<std::shared_ptr<const OpenContainer>>> ContainerStore::open(AccountRef account, std::string name) {
  const auto key = cache_key(account, name);
  std::uint64_t generation = 0;
  {
    const std::lock_guard lock(mutex_);
    if (const auto found = open_.find(key); found != open_.end()) co_return found->second;
    generation = generation_;
  }
  FH_CO_TRY(const auto stored, co_await read(account, name));
  if (!stored) co_return nullptr;
  const auto& row = stored->row;
  auto container = std::make_shared<const OpenContainer>(
      OpenContainer{row.id,
                    row_keys::container_partition(account.tenant, account.account, row.id),
                    {row.public_access, row.policies},
                    row.scope});
  const std::lock_guard lock(mutex_);
  if (generation == generation_) {
    if (open_.size() >= kCached) open_.clear();
    open_[key] = container;
  }
  co_return container;
}

void ContainerStore::forget(AccountRef account, const std::string& name) {
  const std::lock_guard lock(mutex_);
  ++generation_;
  open_.erase(cache_key(account, name));
}

Task<Result<std::optional<StoredContainer>>> ContainerStore::read(AccountRef account, std::string name) {
  const auto partition = row_keys::account_partition(account.tenant, account.account);
  const auto key = row_keys::container(name);
  FH_CO_TRY(auto stored, co_await rows_.get(partition, key));
  if (!stored) co_return std::nullopt;
  FH_CO_TRY(const auto plain, sealer_.open(partition, key, *stored));
  FH_CO_TRY(auto row, decode_container_row(plain));
  if (row.notes.is_sealed()) co_await notes_.open(partition, key, row.notes);
  co_return StoredContainer{std::move(row), std::move(*stored)};
}

Task<Result<ContainerPage>> ContainerStore::list(AccountRef account, std::string from, std::string prefix,
                                                 std::uint32_t limit) {
  const auto partition = row_keys::account_partition(account.tenant, account.account);
  auto start = row_keys::container(std::max(from, prefix));
  const auto end = row_keys::after_prefix(row_keys::container(prefix));
  ContainerPage result;
  std::optional<Result<NoteCipher>> cipher;  // asked for where the first notes are
  while (result.containers.size() < limit) {
    const auto want = static_cast<std::uint32_t>(limit - result.containers.size());
    FH_CO_TRY(auto page, co_await rows_.scan(partition, start, end, want));
    for (const auto& row : page.rows) {
      FH_CO_TRY(const auto plain, sealer_.open(partition, row.key, row.value));
      FH_CO_TRY(auto container, decode_container_row(plain));
      if (container.notes.is_sealed() && !cipher) cipher = co_await notes_.cipher(partition);
      if (container.notes.is_sealed()) open_notes(*cipher, row.key, container.notes);
      result.containers.emplace_back(row.key.substr(1), std::move(container));
    }
    result.more = page.more;
    if (!page.more || page.rows.empty()) break;
    start = page.rows.back().key + '\0';
  }
  co_return result;
}

Task<Result<Bytes>> ContainerStore::seal(store::PartitionId partition, Bytes key, ContainerRow row) const {
  FH_CO_CHECK_OK(co_await notes_.seal(partition, key, row.notes));
  co_return sealer_.seal(partition, key, encode_container_row(row));
}

Task<Result<Committed>> ContainerStore::create(AccountRef account, std::string name, ContainerRow row,
                                               OwnRecord audit_row) {
  // The marker first: a crash before the name is given leaves an empty partition that nothing names. The request's
  // record rides in the commit that gives the name, for that is what makes the container; the marker alone is seen by
  // nobody.
  auto marking = begin(row_keys::container_partition(account.tenant, account.account, row.id));
  marking.puts.push_back({Bytes(row_keys::kOpenMarker), Bytes(row_keys::kOpenMarkerValue)});
  FH_CO_TRY(const auto marked, co_await settle(rows_, std::move(marking)));
  if (!marked.applied) co_return marked;

  const auto partition = row_keys::account_partition(account.tenant, account.account);
  const auto key = row_keys::container(name);
  FH_CO_TRY(auto sealed, co_await seal(partition, key, std::move(row)));
  auto commit = begin(partition);
  commit.expect.push_back(store::absent(key));
  commit.expect.push_back(store::absent(Bytes(row_keys::kClosedAccount)));
  commit.puts.push_back({key, std::move(sealed)});
  if (audit_row) commit.puts.push_back(std::move(*audit_row));
  co_return co_await settle(rows_, std::move(commit));
}

Task<Result<Committed>> ContainerStore::replace(AccountRef account, std::string name, StoredContainer current,
                                                ContainerRow row, OwnRecord audit_row) {
  const auto partition = row_keys::account_partition(account.tenant, account.account);
  const auto key = row_keys::container(name);
  FH_CO_TRY(auto sealed, co_await seal(partition, key, std::move(row)));
  auto commit = begin(partition);
  commit.expect.push_back(store::equals(key, std::move(current.raw)));
  commit.puts.push_back({key, std::move(sealed)});
  if (audit_row) commit.puts.push_back(std::move(*audit_row));
  auto done = co_await settle(rows_, std::move(commit));
  forget(account, name);  // whatever became of it
  co_return done;
}

Task<Result<Committed>> ContainerStore::erase(AccountRef account, std::string name, StoredContainer current,
                                              OwnRecord audit_row) {
  const auto partition = row_keys::account_partition(account.tenant, account.account);
  const auto key = row_keys::container(name);
  auto commit = begin(partition);
  commit.expect.push_back(store::equals(key, std::move(current.raw)));
  commit.reserve = store::DiskReserve::kMayUse;
  commit.deletes.push_back(key);
  commit.puts.push_back({row_keys::deleted_container(current.row.id), Bytes(1, static_cast<char>(kRowVersion))});
  if (audit_row) commit.puts.push_back(std::move(*audit_row));
  // The record rides here: the container is gone with its name.
  FH_CO_TRY(const auto erased, co_await settle(rows_, std::move(commit)));
  if (erased.applied) forget(account, name);
  co_return erased;
}

Task<Result<>> ContainerStore::fence(store::PartitionId partition) {
  auto commit = begin(std::move(partition));
  commit.reserve = store::DiskReserve::kMayUse;
  commit.deletes.emplace_back(row_keys::kOpenMarker);
  FH_CO_TRY(const auto done, co_await settle(rows_, std::move(commit)));
  if (!done.applied) co_return fail(ErrorCode::kUnavailable, "the container's partition could not be fenced");
  co_return Result<>();
}

Task<Result<std::vector<DeletedContainer>>> ContainerStore::deleted(AccountRef account) {
  const auto partition = row_keys::account_partition(account.tenant, account.account);
  std::vector<DeletedContainer> result;
  Bytes from = "d";
  while (true) {
    FH_CO_TRY(auto page, co_await rows_.scan(partition, from, "e", 1000));
    for (const auto& row : page.rows) {
      const auto id = id_from_bytes<ContainerId>(BytesView(row.key).substr(1));
      if (!id) co_return fail(ErrorCode::kCorrupt, "a deleted container's row has no container id");
      result.push_back({*id, row.key});
    }
    if (!page.more || page.rows.empty()) co_return result;
    from = page.rows.back().key + '\0';
  }
}

Task<Result<>> ContainerStore::forget_deleted(AccountRef account, DeletedContainer container,
                                              store::KeyValue audit_row) {
  auto commit = begin(row_keys::account_partition(account.tenant, account.account));
  commit.reserve = store::DiskReserve::kMayUse;
  commit.deletes.push_back(std::move(container.key));
  commit.puts.push_back(std::move(audit_row));
  FH_CO_TRY(const auto done, co_await settle(rows_, std::move(commit)));
  if (!done.applied) co_return fail(ErrorCode::kUnavailable, "a purged container could not be forgotten");
  co_return Result<>();
}

}  // namespace freehold::blob
