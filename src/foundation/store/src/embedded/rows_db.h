// RowsDb: one fault domain's rows: a commit log, and RocksDB as the index that is made durable behind it.
#pragma once

#include <rocksdb/db.h>
#include <rocksdb/write_batch.h>

#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "base/bytes.h"
#include "base/random.h"
#include "base/result.h"
#include "base/secret.h"
#include "disk/disk.h"
#include "src/embedded/commit_log.h"
#include "src/embedded/system_keys.h"

namespace rocksdb {
class Cache;
class Env;
class WriteBufferManager;
}  // namespace rocksdb

namespace freehold::store::embedded {

// Shared by the domains of an engine, so that memory is bounded whatever each of them does.
struct RowsMemory {
  std::shared_ptr<rocksdb::Cache> cache;
  std::shared_ptr<rocksdb::WriteBufferManager> write_buffers;
  std::size_t write_buffer_bytes = 0;
};
[[nodiscard]] RowsMemory make_rows_memory(std::size_t cache_bytes, std::size_t write_buffers_bytes);

[[nodiscard]] std::unexpected<Error> fail_rocksdb(const rocksdb::Status& status, std::string_view what);

enum class Wait { kNo, kYes };  // kNo: answer only from memory, the page cache included where single rows are read

// Where a domain's rows lie.
struct RowsPlace {
  std::string rows;
  std::string log;
  std::uint64_t segment_bytes = 0;
};

// Every write goes to the commit log first, then to RocksDB, whose own write-ahead log is off. Each batch carries its
// number in the log, so RocksDB's files say of themselves, atomically with every flush, how far they got; opening
// applies the records after that. A write error leaves it unusable for writes: close it and open it again.
//
// Thread-safe.
class RowsDb {
 public:
  [[nodiscard]] static Result<std::unique_ptr<RowsDb>> open(disk::Disk& disk, const RowsPlace& place,
                                                            const Secret& file_key, Random& random,
                                                            const RowsMemory& memory);
  ~RowsDb();
  RowsDb(const RowsDb&) = delete;
  RowsDb& operator=(const RowsDb&) = delete;

  [[nodiscard]] Result<std::optional<Bytes>> get(BytesView key);
  // False: it isn't in memory (only with Wait::kNo). `found` tells whether `value` was set.
  [[nodiscard]] Result<bool> get_into(BytesView key, Wait wait, rocksdb::PinnableSlice& value, bool& found);
  [[nodiscard]] Result<> write(rocksdb::WriteBatch& batch, Sync sync);
  // Over [from, end); positioned at the first row. An empty `end` means to the end.
  [[nodiscard]] std::unique_ptr<rocksdb::Iterator> iterate(Wait wait, const rocksdb::Slice* end,
                                                           bool fill_cache = true);
  // Reads every row and verifies every checksum; the first bad one is returned.
  [[nodiscard]] Result<> verify_all();
  [[nodiscard]] Result<Position> position();
  [[nodiscard]] Result<std::uint64_t> number_at(BytesView key);  // 0 if there is none
  // The highest hybrid timestamp that transactions and chunks bear or bore. Two seeks.
  [[nodiscard]] Result<std::uint64_t> highest_timestamp();

 private:
  RowsDb() = default;
  [[nodiscard]] Result<std::uint64_t> last_timestamp_in(Space space);
  [[nodiscard]] Result<> open_log(disk::Disk& disk, const RowsPlace& place, const Secret& file_key, Random& random);
  [[nodiscard]] Result<> apply(std::uint64_t number, rocksdb::WriteBatch& batch);
  [[nodiscard]] Result<> shorten_log();

  std::shared_ptr<rocksdb::Env> env_;  // outlives db_
  std::unique_ptr<rocksdb::DB> db_;
  std::mutex write_mutex_;          // batches reach RocksDB in the order of the log
  std::unique_ptr<CommitLog> log_;  // guarded by write_mutex_, as all below
  std::uint64_t most_log_bytes_ = 0;
  std::uint64_t segments_seen_ = 0;
  std::uint64_t flush_asked_ = 0;  // for records up to this one
};

}  // namespace freehold::store::embedded
