#include "src/embedded/rows_db.h"

#include <rocksdb/cache.h>
#include <rocksdb/env.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/slice_transform.h>
#include <rocksdb/table.h>
#include <rocksdb/write_buffer_manager.h>

#include <algorithm>
#include <optional>

#include "disk/only_cached.h"
#include "src/embedded/file_cipher.h"

namespace freehold::store::embedded {
namespace {

// Values from here on go to blob files: compaction doesn't move them.
constexpr std::uint64_t kMinBlobBytes = 1024;

// A longer log has the rows flushed. It bounds what a start after a crash has to apply.
constexpr std::uint64_t kMostLogSegments = 8;
// So many times longer, and writers wait for the flush.
constexpr std::uint64_t kLogPatience = 4;

// RocksDB's own log would name keys; what matters of it comes back as a Status.
class NoLog final : public rocksdb::Logger {
 public:
  using rocksdb::Logger::Logv;
  void Logv(const char*, va_list) override {}
};

// Of what runs of growing keys a row is one, if any: transactions, and within a partition the rows of one kind (its own
// key's first byte). RocksDB remembers where in the write buffer it was last in each, and doesn't search from the top:
// most keys of a small commit follow the last of their kind.
//
// Ranges that are deleted must not be in its domain (RocksDB keeps them in a list of their own, and would look for the
// same place in both): they are shorter than any row here, and partitions' rows are deleted one by one.
class KeyRuns final : public rocksdb::SliceTransform {
 public:
  [[nodiscard]] const char* Name() const override { return "freehold.runs"; }
  [[nodiscard]] bool InDomain(const rocksdb::Slice& key) const override { return length_of(key) != 0; }
  [[nodiscard]] rocksdb::Slice Transform(const rocksdb::Slice& key) const override {
    return {key.data(), length_of(key)};
  }

 private:
  static std::size_t length_of(const rocksdb::Slice& key) {
    if (key.size() <= kLongestRangeKey) return 0;
    if (key[0] == static_cast<char>(Space::kTransaction)) return 1;
    if (key[0] != static_cast<char>(Space::kRow)) return 0;
    const std::size_t partition = 2 + static_cast<unsigned char>(key[1]);
    return partition < key.size() ? partition + 1 : 0;
  }
};

rocksdb::BlockBasedTableOptions table_options(const RowsMemory& memory) {
  rocksdb::BlockBasedTableOptions table;
  table.block_cache = memory.cache;
  table.format_version = 5;
  table.checksum = rocksdb::kXXH3;
  table.filter_policy.reset(rocksdb::NewBloomFilterPolicy(10));
  table.index_type = rocksdb::BlockBasedTableOptions::kTwoLevelIndexSearch;
  table.partition_filters = true;
  // Index and filters count against the cache: memory doesn't grow with what is stored.
  table.cache_index_and_filter_blocks = true;
  table.cache_index_and_filter_blocks_with_high_priority = true;
  table.pin_l0_filter_and_index_blocks_in_cache = true;
  table.pin_top_level_index_and_filter = true;
  return table;
}

// Large values lie in blob files, so a flushed write buffer becomes a small table: many of them are gathered before
// they are merged into the first level, and that level is kept about as small as what is merged into it, since each
// merge writes all of it anew. Tables are a fraction of it: most rows are appended to growing runs (transactions,
// changes, audit), and a table that overlaps nothing moves down without being rewritten. What will soon be merged again
// isn't compressed.
void shape_levels(rocksdb::Options& options, std::uint64_t write_buffer_bytes) {
  options.level_compaction_dynamic_level_bytes = true;
  options.level0_file_num_compaction_trigger = 8;
  options.level0_slowdown_writes_trigger = 32;
  options.level0_stop_writes_trigger = 48;
  options.max_bytes_for_level_base = std::max<std::uint64_t>(write_buffer_bytes, 1 << 20);
  options.target_file_size_base = std::max<std::uint64_t>(write_buffer_bytes / 4, 256 << 10);
  options.target_file_size_multiplier = 2;
  options.compression_per_level.assign(static_cast<std::size_t>(options.num_levels), rocksdb::kLZ4Compression);
  options.compression_per_level[0] = options.compression_per_level[1] = rocksdb::kNoCompression;
}

rocksdb::Options db_options(rocksdb::Env* env, const RowsMemory& memory) {
  rocksdb::Options options;
  options.env = env;
  options.create_if_missing = true;
  options.paranoid_checks = true;
  options.info_log = std::make_shared<NoLog>();
  options.stats_dump_period_sec = 0;
  options.stats_persist_period_sec = 0;
  options.max_background_jobs = 2;
  options.max_open_files = 256;
  options.skip_stats_update_on_db_open = true;
  options.recycle_log_file_num = 0;  // would write twice under one key stream (DESIGN section 5)
  options.write_buffer_manager = memory.write_buffers;
  options.write_buffer_size = memory.write_buffer_bytes;
  options.max_write_buffer_number = 3;
  options.allow_concurrent_memtable_write = false;  // there is one writer
  options.memtable_insert_with_hint_prefix_extractor = std::make_shared<KeyRuns>();
  shape_levels(options, memory.write_buffer_bytes);
  options.enable_blob_files = true;
  options.min_blob_size = kMinBlobBytes;
  options.blob_file_size = std::max<std::uint64_t>(memory.write_buffer_bytes * 4, 1 << 20);
  options.enable_blob_garbage_collection = true;
  options.blob_garbage_collection_age_cutoff = 0.5;
  options.blob_garbage_collection_force_threshold = 0.5;
  options.blob_cache = memory.cache;
  options.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table_options(memory)));
  return options;
}

}  // namespace

RowsMemory make_rows_memory(std::size_t cache_bytes, std::size_t write_buffers_bytes) {
  constexpr int kShardBits = 4;
  const int shard_bits = cache_bytes < (16u << 20) ? 0 : kShardBits;
  RowsMemory memory;
  memory.cache = rocksdb::NewLRUCache(cache_bytes, shard_bits, false, 0.4);
  memory.write_buffers = std::make_shared<rocksdb::WriteBufferManager>(write_buffers_bytes);
  memory.write_buffer_bytes = write_buffers_bytes / 3;
  return memory;
}

std::unexpected<Error> fail_rocksdb(const rocksdb::Status& status, std::string_view what) {
  std::string detail = std::string(what) + ": " + status.ToString();
  if (status.IsCorruption()) return fail(ErrorCode::kCorrupt, "stored rows are damaged", std::move(detail));
  if (status.IsNoSpace()) return fail(ErrorCode::kExhausted, "the disk is full", std::move(detail));
  if (status.IsNotSupported()) return fail(ErrorCode::kUnsupported, "rows of a newer version", std::move(detail));
  return fail(ErrorCode::kUnavailable, "a fault domain failed", std::move(detail));
}

Result<std::unique_ptr<RowsDb>> RowsDb::open(disk::Disk& disk, const RowsPlace& place, const Secret& file_key,
                                             Random& random, const RowsMemory& memory) {
  FH_CHECK_OK(disk.make_directories(place.rows));
  std::unique_ptr<RowsDb> rows(new RowsDb);
  rows->env_ = encrypted_env(disk, file_key, random);
  rocksdb::DB* raw = nullptr;
  const auto status = rocksdb::DB::Open(db_options(rows->env_.get(), memory), place.rows, &raw);
  rows->db_.reset(raw);
  if (!status.ok()) return fail_rocksdb(status, place.rows);
  FH_CHECK_OK(rows->open_log(disk, place, file_key, random));
  return rows;
}

Result<> RowsDb::open_log(disk::Disk& disk, const RowsPlace& place, const Secret& file_key, Random& random) {
  most_log_bytes_ = kMostLogSegments * place.segment_bytes;
  FH_TRY(const auto applied, number_at(local_key(kLogMark)));
  FH_TRY(log_, CommitLog::open(disk, place.log, file_key, random, place.segment_bytes, applied,
                               [this](std::uint64_t number, BytesView record) {
                                 rocksdb::WriteBatch batch{Bytes(record)};
                                 return apply(number, batch);
                               }));
  return {};
}

RowsDb::~RowsDb() {
  if (db_) (void)db_->Close();
}

Result<bool> RowsDb::get_into(BytesView key, Wait wait, rocksdb::PinnableSlice& value, bool& found) {
  std::optional<disk::OnlyCached> only_cached;
  if (wait == Wait::kNo) only_cached.emplace();
  const auto status = db_->Get({}, db_->DefaultColumnFamily(), rocksdb::Slice(key.data(), key.size()), &value);
  if (wait == Wait::kNo && status.IsTryAgain()) return false;
  found = status.ok();
  if (status.ok() || status.IsNotFound()) return true;
  return fail_rocksdb(status, "get");
}

Result<std::optional<Bytes>> RowsDb::get(BytesView key) {
  rocksdb::PinnableSlice value;
  bool found = false;
  FH_CHECK_OK(get_into(key, Wait::kYes, value, found));
  if (!found) return std::nullopt;
  return Bytes(value.data(), value.size());
}

Result<> RowsDb::write(rocksdb::WriteBatch& batch, Sync sync) {
  const std::lock_guard lock(write_mutex_);
  FH_TRY(const auto number, log_->append(batch.Data(), sync));
  FH_CHECK_OK(apply(number, batch));
  return shorten_log();
}

Result<> RowsDb::apply(std::uint64_t number, rocksdb::WriteBatch& batch) {
  batch.Put(local_key(kLogMark), encode_number(number));
  rocksdb::WriteOptions options;
  options.disableWAL = true;
  const auto status = db_->Write(options, &batch);
  if (!status.ok()) return fail_rocksdb(status, "write");
  return {};
}

// Now and then: gives back the part of the log that RocksDB's files hold, and has them written if it became too long
// (many small batches fill the log long before they fill a write buffer).
Result<> RowsDb::shorten_log() {
  if (log_->segments_begun() == segments_seen_) return {};
  segments_seen_ = log_->segments_begun();
  rocksdb::ReadOptions persisted;
  persisted.read_tier = rocksdb::kPersistedTier;
  Bytes mark;
  const auto status = db_->Get(persisted, local_key(kLogMark), &mark);
  if (!status.ok() && !status.IsNotFound()) return fail_rocksdb(status, "log mark");
  const std::uint64_t flushed = status.ok() ? decode_number(mark).value_or(0) : 0;
  log_->release(flushed);
  const bool far_behind = log_->live_bytes() > kLogPatience * most_log_bytes_;
  if (log_->live_bytes() <= most_log_bytes_ || (flush_asked_ > flushed && !far_behind)) return {};
  flush_asked_ = log_->last();
  rocksdb::FlushOptions options;
  options.wait = far_behind;
  options.allow_write_stall = true;
  if (const auto flush = db_->Flush(options); !flush.ok()) return fail_rocksdb(flush, "flush");
  return {};
}

std::unique_ptr<rocksdb::Iterator> RowsDb::iterate(Wait wait, const rocksdb::Slice* end, bool fill_cache) {
  rocksdb::ReadOptions options;
  if (wait == Wait::kNo) options.read_tier = rocksdb::kBlockCacheTier;
  options.iterate_upper_bound = end;
  options.fill_cache = fill_cache;
  options.total_order_seek = true;
  return std::unique_ptr<rocksdb::Iterator>(db_->NewIterator(options));
}

Result<> RowsDb::verify_all() {
  if (const auto status = db_->VerifyChecksum(); !status.ok()) return fail_rocksdb(status, "verify");
  auto it = iterate(Wait::kYes, nullptr, false);
  for (it->SeekToFirst(); it->Valid(); it->Next()) {
  }
  if (!it->status().ok()) return fail_rocksdb(it->status(), "verify");
  return {};
}

Result<Position> RowsDb::position() {
  FH_TRY(const auto bytes, get(space_key(Space::kPosition)));
  if (!bytes) return Position{};
  const auto position = decode_position(*bytes);
  if (!position) return fail(ErrorCode::kCorrupt, "stored rows are damaged", "position");
  return *position;
}

Result<std::uint64_t> RowsDb::number_at(BytesView key) {
  FH_TRY(const auto bytes, get(key));
  if (!bytes) return 0;
  const auto number = decode_number(*bytes);
  if (!number) return fail(ErrorCode::kCorrupt, "stored rows are damaged", "number");
  return *number;
}

// Of a space whose keys begin with a timestamp; 0 if it is empty.
Result<std::uint64_t> RowsDb::last_timestamp_in(Space space) {
  const auto it = iterate(Wait::kYes, nullptr, false);
  it->SeekForPrev(prefix_end(space_key(space)));
  if (!it->Valid() || it->key()[0] != static_cast<char>(space)) {
    if (!it->status().ok()) return fail_rocksdb(it->status(), "last timestamp");
    return 0;
  }
  return ByteReader(BytesView(it->key().data(), it->key().size()).substr(1)).u64();
}

Result<std::uint64_t> RowsDb::highest_timestamp() {
  FH_TRY(const auto gone, number_at(space_key(Space::kHighest)));
  FH_TRY(const auto transaction, last_timestamp_in(Space::kTransaction));
  FH_TRY(const auto chunk, last_timestamp_in(Space::kChunk));
  return std::max({gone, transaction, chunk});
}

}  // namespace freehold::store::embedded
