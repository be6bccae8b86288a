#include "audit/export.h"

#include <filesystem>
#include <fstream>

#include "audit/batch.h"
#include "audit/log_layout.h"
#include "audit_format/export_format.h"
#include "audit_format/record_text.h"
#include "base/limits.h"
#include "runtime/task_scope.h"
#include "tiles.h"

namespace freehold::gate::audit {
namespace {

namespace fs = std::filesystem;

struct Range {
  std::uint64_t first = 0;
  std::uint64_t end = 0;
};

// Reads leaves in order, a page at a time.
class Leaves {
 public:
  Leaves(store::PartitionStore& store, store::PartitionId partition, Range range)
      : store_(store), partition_(std::move(partition)), next_(range.first), end_(range.end) {}

  // nullopt after the last.
  Result<std::optional<Leaf>> next() {
    if (next_ == end_) return std::optional<Leaf>();
    if (at_ == page_.rows.size()) {
      FH_TRY(page_, runtime::run_blocking(store_.scan(partition_, indexed_key(kLeafPrefix, next_),
                                                      indexed_key(kLeafPrefix, end_), limits::kScanLimit)));
      at_ = 0;
    }
    const auto leaf = at_ < page_.rows.size() ? decode_leaf(page_.rows[at_].value) : std::nullopt;
    if (!leaf || leaf->index != next_) {
      return fail(ErrorCode::kCorrupt, "leaf " + std::to_string(next_) + " of the audit log is missing or damaged");
    }
    ++at_;
    ++next_;
    return leaf;
  }

 private:
  store::PartitionStore& store_;
  store::PartitionId partition_;
  std::uint64_t next_;
  std::uint64_t end_;
  store::ScanPage page_;
  std::size_t at_ = 0;
};

class Export {
 public:
  Export(store::PartitionStore& store, TenantAuditKeys& keys, const ExportOptions& options)
      : store_(store),
        keys_(keys),
        options_(options),
        partition_(log_partition(options.front_end)),
        tiles_(store, partition_) {}
  Result<ExportSummary> run();

 private:
  [[nodiscard]] Result<> read_checkpoint();
  [[nodiscard]] Result<> find_range();
  [[nodiscard]] Result<> open_files();
  [[nodiscard]] Result<> write_leaf(const Leaf& leaf);
  [[nodiscard]] Result<LeafEntry> open_leaf(const Leaf& leaf, const Bytes& sealed);
  [[nodiscard]] Result<std::optional<std::string>> earlier_note();
  [[nodiscard]] Result<> write_proof();
  [[nodiscard]] Result<> write_file(std::string_view name, std::string_view text);
  [[nodiscard]] Result<> check_disk();

  store::PartitionStore& store_;
  TenantAuditKeys& keys_;
  const ExportOptions& options_;
  const store::PartitionId partition_;
  const TileSource tiles_;
  std::string note_;
  Checkpoint checkpoint_;
  Range range_;
  ExportSummary summary_;
  std::ofstream leaves_;
  std::ofstream records_;
};

Result<ExportSummary> Export::run() {
  FH_CHECK_OK(read_checkpoint());
  FH_CHECK_OK(find_range());
  FH_CHECK_OK(open_files());
  Leaves leaves(store_, partition_, range_);
  for (;;) {
    FH_TRY(const auto leaf, leaves.next());
    if (!leaf) break;
    FH_CHECK_OK(write_leaf(*leaf));
  }
  leaves_.close();
  records_.close();
  FH_CHECK_OK(check_disk());
  FH_CHECK_OK(write_proof());
  FH_CHECK_OK(write_file(kCheckpointFile, note_));
  FH_CHECK_OK(
      write_file(kManifestFile, encode_manifest({options_.key.name, range_.first, range_.end, summary_.records})));
  summary_.first_leaf = range_.first;
  summary_.end_leaf = range_.end;
  return summary_;
}

Result<> Export::read_checkpoint() {
  FH_TRY(auto note, runtime::run_blocking(store_.get(partition_, Bytes(kCheckpointKey))));
  if (!note) return fail(ErrorCode::kNotFound, "the audit log is empty");
  FH_TRY(checkpoint_, open_checkpoint(*note, options_.key));
  note_ = std::move(*note);
  return {};
}

// Times of batches nearly rise, but not quite (clocks step, recovered records come late), so every leaf is looked at.
Result<> Export::find_range() {
  range_ = {0, checkpoint_.size};
  if (!options_.from && !options_.to) return {};
  Leaves leaves(store_, partition_, range_);
  std::optional<Range> found;
  for (;;) {
    FH_TRY(const auto leaf, leaves.next());
    if (!leaf) break;
    if ((options_.from && leaf->last < *options_.from) || (options_.to && leaf->first > *options_.to)) continue;
    found = Range{found ? found->first : leaf->index, leaf->index + 1};
  }
  range_ = found.value_or(Range{checkpoint_.size, checkpoint_.size});
  return {};
}

Result<> Export::open_files() {
  std::error_code error;
  fs::create_directories(options_.folder, error);
  if (error || !fs::is_directory(options_.folder)) {
    return fail(ErrorCode::kInvalidArgument, "the export's folder can't be made: " + error.message());
  }
  if (!fs::is_empty(options_.folder, error) || error) {
    return fail(ErrorCode::kInvalidArgument, "the export's folder is not empty; name a new one");
  }
  // What is in it was sealed until now: nobody else's business.
  fs::permissions(options_.folder, fs::perms::owner_all, error);
  leaves_.open(fs::path(options_.folder) / kLeavesFile, std::ios::binary);
  records_.open(fs::path(options_.folder) / kRecordsFile, std::ios::binary);
  leaves_ << kLeavesMagic;
  return check_disk();
}

Result<> Export::write_leaf(const Leaf& leaf) {
  FH_TRY(const auto sealed, runtime::run_blocking(store_.get(partition_, indexed_key(kBatchPrefix, leaf.index))));
  if (!sealed) return fail(ErrorCode::kCorrupt, "batch " + std::to_string(leaf.index) + " of the audit log is missing");
  FH_TRY(auto entry, open_leaf(leaf, *sealed));
  FH_TRY(entry.hash, tiles_.node({0, leaf.index}));
  const auto bytes = encode_leaf_entry(entry);
  leaves_.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  return check_disk();
}

// Writes the records' lines, if the tenant's key opens them, and makes the leaf's entry.
Result<LeafEntry> Export::open_leaf(const Leaf& leaf, const Bytes& sealed) {
  LeafEntry entry{LeafKind::kSealed, {}, encode_leaf(leaf), sealed};
  const auto key = keys_.batch_key(leaf.tenant);
  if (!key) {
    ++summary_.sealed_leaves;
    return entry;
  }
  FH_TRY(const auto text, open_batch(leaf, sealed, checkpoint_.origin, *key));
  entry.kind = LeafKind::kOpened;
  entry.payload.clear();
  Bytes lines;
  std::uint64_t n = 0;
  for (const auto record : lines_of(text)) {
    entry.payload += crypto::view(record_hash(record));
    append_record_line(lines, leaf.index, n++, record);
  }
  records_.write(lines.data(), static_cast<std::streamsize>(lines.size()));
  summary_.records += n;
  return entry;
}

// The caller's own, or the newest kept one of a tree that ended before the exported leaves.
Result<std::optional<std::string>> Export::earlier_note() {
  if (!options_.earlier_checkpoint.empty()) return options_.earlier_checkpoint;
  std::optional<std::string> newest;
  Bytes from(kHistoryPrefix);
  const auto end = indexed_key(kHistoryPrefix, range_.first + 1);
  for (bool more = true; more;) {
    FH_TRY(auto page, runtime::run_blocking(store_.scan(partition_, from, end, limits::kScanLimit)));
    more = page.more;
    if (page.rows.empty()) break;
    from = page.rows.back().key + '\0';
    newest = std::move(page.rows.back().value);
  }
  return newest;
}

Result<> Export::write_proof() {
  Proof proof;
  for (const auto id : cover(0, range_.first)) {
    FH_TRY(const Hash hash, tiles_.node(id));
    proof.left.push_back(hash);
  }
  for (const auto id : cover(range_.end, checkpoint_.size)) {
    FH_TRY(const Hash hash, tiles_.node(id));
    proof.right.push_back(hash);
  }
  FH_TRY(const auto earlier, earlier_note());
  if (earlier) {
    FH_TRY(const auto opened, open_checkpoint(*earlier, options_.key));
    FH_TRY(proof.consistency, consistency_proof(tiles_, opened.size, checkpoint_.size));
    FH_CHECK_OK(write_file(kEarlierCheckpointFile, *earlier));
  }
  return write_file(kProofFile, encode_proof(proof));
}

Result<> Export::write_file(std::string_view name, std::string_view text) {
  std::ofstream out(fs::path(options_.folder) / name, std::ios::binary);
  out << text;
  out.close();
  if (!out) return fail(ErrorCode::kExhausted, "the export can't be written: " + std::string(name));
  return {};
}

Result<> Export::check_disk() {
  if (leaves_ && records_) return {};
  return fail(ErrorCode::kExhausted, "the export can't be written; is the disk full?");
}

}  // namespace

Result<ExportSummary> export_audit(store::PartitionStore& store, TenantAuditKeys& keys, const ExportOptions& options) {
  return Export(store, keys, options).run();
}

}  // namespace freehold::gate::audit
