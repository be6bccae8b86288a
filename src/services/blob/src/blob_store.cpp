#include "src/blob_store.h"

#include "src/row_keys.h"

namespace freehold::blob {

Task<Result<std::optional<StoredBlob>>> BlobStore::read(store::PartitionId partition, std::string name,
                                                        std::uint64_t snapshot) {
  auto key = row_keys::blob(name, snapshot);
  FH_CO_TRY(auto stored, co_await rows_.get(partition, key));
  if (!stored) co_return std::nullopt;
  FH_CO_TRY(auto row, decode_blob_row(*stored));
  if (row.notes.is_sealed()) co_await notes_.open(std::move(partition), std::move(key), row.notes);
  co_return StoredBlob{std::move(row), std::move(*stored)};
}

Task<Result<Bytes>> BlobStore::encode(store::PartitionId partition, std::string name, BlobRow& row) const {
  if (!row.notes.is_closed() && !row.notes.is_sealed() && !row.notes.is_empty()) {
    FH_CO_CHECK_OK(co_await notes_.seal(std::move(partition), row_keys::blob(name, row.snapshot), row.notes));
  }
  co_return encode_blob_row(row);
}

Task<Result<SnapshotPage>> BlobStore::list_snapshots(store::PartitionId partition, std::string name,
                                                     std::uint32_t limit) {
  FH_CO_TRY(auto page, co_await rows_.scan(std::move(partition), row_keys::snapshots_from(name),
                                           row_keys::snapshots_after(name), limit));
  SnapshotPage result{.snapshots = {}, .more = page.more};
  for (auto& stored : page.rows) {
    FH_CO_TRY(auto row, decode_blob_row(stored.value));
    result.snapshots.push_back({std::move(row), std::move(stored.value)});
  }
  co_return result;
}

Task<Result<std::optional<StoredBlock>>> BlobStore::read_staged(store::PartitionId partition, Bytes key) {
  FH_CO_TRY(auto stored, co_await rows_.get(std::move(partition), std::move(key)));
  if (!stored) co_return std::nullopt;
  FH_CO_TRY(auto block, decode_staged_block(*stored));
  co_return StoredBlock{std::move(block), std::move(*stored)};
}

Task<Result<std::vector<Block>>> BlobStore::list_staged(store::PartitionId partition, std::string name,
                                                        std::uint64_t generation, std::size_t limit) {
  std::vector<Block> blocks;
  auto from = row_keys::staged(name, generation);
  const auto end = row_keys::staged(name, generation + 1);
  while (true) {
    FH_CO_TRY(auto page, co_await rows_.scan(partition, from, end, 1000));
    for (const auto& row : page.rows) {
      FH_CO_TRY(auto block, decode_staged_block(row.value));
      blocks.push_back(std::move(block));
    }
    if (!page.more || page.rows.empty() || blocks.size() > limit) co_return blocks;
    from = page.rows.back().key + '\0';
  }
}

Task<Result<bool>> BlobStore::is_open(store::PartitionId partition) {
  FH_CO_TRY(const auto marker, co_await rows_.get(std::move(partition), Bytes(row_keys::kOpenMarker)));
  co_return marker.has_value();
}

store::Commit BlobStore::begin(store::PartitionId partition) const {
  store::Commit commit{std::move(partition), epoch_, hybrid_.next_transaction(), {}, {}, {}};
  commit.expect.push_back(store::equals(Bytes(row_keys::kOpenMarker), Bytes(row_keys::kOpenMarkerValue)));
  return commit;
}

store::Commit BlobStore::begin_collecting(store::PartitionId partition) const {
  store::Commit commit{std::move(partition), epoch_, hybrid_.next_transaction(), {}, {}, {}};
  commit.reserve = store::DiskReserve::kMayUse;
  return commit;
}

store::Commit BlobStore::begin(store::PartitionId partition, std::string_view name,
                               const std::optional<StoredBlob>& current, std::uint64_t snapshot) const {
  auto commit = begin(std::move(partition));
  auto key = row_keys::blob(name, snapshot);
  commit.expect.push_back(current ? store::equals(std::move(key), current->raw) : store::absent(std::move(key)));
  return commit;
}

}  // namespace freehold::blob
