#include "workload.h"

#include <map>
#include <set>

#include "base/clock.h"
#include "base/random.h"
#include "disk/disk.h"
#include "runtime/task_scope.h"
#include "store/fsck.h"

namespace freehold::crash {

namespace {

using runtime::run_blocking;

// What rows and chunks there are after a number of operations.
struct Model {
  std::map<Bytes, Bytes> rows;
  std::map<int, Bytes> chunks;
};

Bytes pattern(int seed, std::size_t size) {
  Bytes out(size, '\0');
  std::uint32_t x = static_cast<std::uint32_t>(seed) * 2654435761u + 1;
  for (char& c : out) {
    x = x * 1664525u + 1013904223u;
    c = static_cast<char>(x >> 24);
  }
  return out;
}

Bytes row_key(char kind, int i) { return std::string(1, kind) + "/" + std::to_string(1000 + i); }
Bytes row_value(int i) { return pattern(i, i % 3 == 0 ? 9'000 : 40 + static_cast<std::size_t>(i)); }
Bytes chunk_content(int i) { return pattern(1'000 + i, 100'000 + static_cast<std::size_t>(i) * 37); }
store::ChunkId chunk_id(int i) {
  return {static_cast<std::uint64_t>(1'700'000'000'000'000 + i) << 8, static_cast<std::uint64_t>(i)};
}
bool puts_chunk(int i) { return i % 4 == 2; }
bool removes_chunk(int i) { return i % 8 == 7; }  // the chunk of operation i - 5
bool deletes_rows(int i) { return i % 5 == 4; }   // the rows of operation i - 2

store::PartitionId partition() { return store::make_partition_id(TenantId{}, "crash"); }

// The effect of operation i, on the model.
void apply(Model& model, int i) {
  model.rows[row_key('a', i)] = row_value(i);
  model.rows[row_key('b', i)] = row_value(i + 500);
  if (deletes_rows(i)) {
    model.rows.erase(row_key('a', i - 2));
    model.rows.erase(row_key('b', i - 2));
  }
  if (puts_chunk(i)) model.chunks[i] = chunk_content(i);
  if (removes_chunk(i)) model.chunks.erase(i - 5);
}

Model model_after(int operations) {
  Model model;
  for (int i = 0; i < operations; ++i) apply(model, i);
  return model;
}

class FixedKeys final : public store::FileKeySource {
 public:
  Result<Secret> load_or_make(const std::string&) override {
    return Secret(BytesView("0123456789abcdef0123456789abcdef"));
  }
};

// An engine in three directories below one, with small extents.
struct Bed {
  std::unique_ptr<disk::Disk> disk = disk::make_real_disk();
  SystemClock clock;
  SystemRandom random;
  FixedKeys keys;
  std::unique_ptr<store::EmbeddedEngine> engine;

  [[nodiscard]] static store::EmbeddedOptions options(const std::string& directory) {
    store::EmbeddedOptions out;
    for (const char* name : {"fd0", "fd1", "fd2"}) out.domains.push_back({directory + "/" + name, "1"});
    out.extent_bytes = 2u << 20;
    out.disk_reserve_bytes = 0;
    return out;
  }

  std::string open(const std::string& directory) {
    auto opened = store::open_embedded(options(directory), *disk, keys, clock, random);
    if (!opened) return "open: " + opened.error().message;
    engine = std::move(*opened);
    return {};
  }
};

std::string put_chunk(Bed& bed, int i) {
  const Bytes content = chunk_content(i);
  AlignedBuffer buffer(content.size());
  std::ranges::copy(content, buffer.data());
  const auto put = run_blocking(bed.engine->chunks().put(TenantId{}, chunk_id(i), std::move(buffer)));
  // After a crash the operation is repeated: its chunk may be there already.
  if (!put && put.error().code != ErrorCode::kConflict) return "chunk put: " + put.error().message;
  return {};
}

std::string commit_rows(Bed& bed, store::Epoch epoch, int i) {
  store::Commit commit{.partition = partition(),
                       .epoch = epoch,
                       .transaction = {bed.clock.now().time_since_epoch().count() * 256ull, bed.random.u64()},
                       .expect = {},
                       .puts = {{row_key('a', i), row_value(i)}, {row_key('b', i), row_value(i + 500)}},
                       .deletes = {}};
  if (deletes_rows(i)) commit.deletes = {row_key('a', i - 2), row_key('b', i - 2)};
  const auto result = run_blocking(store::commit_settled(bed.engine->partitions(), std::move(commit)));
  return result.outcome == store::CommitOutcome::kOk ? "" : "commit: " + result.error.message;
}

std::string run_operation(Bed& bed, store::Epoch epoch, int i) {
  if (puts_chunk(i)) {
    if (auto fault = put_chunk(bed, i); !fault.empty()) return fault;
  }
  if (auto fault = commit_rows(bed, epoch, i); !fault.empty()) return fault;
  if (removes_chunk(i)) {
    if (auto removed = run_blocking(bed.engine->chunks().remove(chunk_id(i - 5))); !removed) return "chunk remove";
  }
  return {};
}

std::string compare_rows(Bed& bed, const Model& model) {
  const auto page = run_blocking(bed.engine->partitions().scan(partition(), "", "", 1000));
  if (!page) return "scan: " + page.error().message;
  std::map<Bytes, Bytes> rows;
  for (const auto& row : page->rows) rows[row.key] = row.value;
  if (rows == model.rows) return {};
  for (const auto& [key, value] : model.rows) {
    if (!rows.contains(key)) return "row " + key + " is missing";
    if (rows[key] != value) return "row " + key + " is wrong";
  }
  return "there are " + std::to_string(rows.size()) + " rows instead of " + std::to_string(model.rows.size());
}

std::string compare_chunks(Bed& bed, const Model& model) {
  for (const auto& [i, content] : model.chunks) {
    const auto read =
        run_blocking(bed.engine->chunks().read(TenantId{}, chunk_id(i), 0, static_cast<std::uint32_t>(content.size())));
    if (!read) return "chunk " + std::to_string(i) + ": " + read.error().message;
    if (read->bytes.view() != content) return "chunk " + std::to_string(i) + " is wrong";
  }
  return {};
}

}  // namespace

std::string check_copies(const std::string& directory) {
  Bed bed;
  const auto report =
      store::fsck(bed.options(directory), *bed.disk, bed.keys, bed.clock, bed.random, [](const auto&) {});
  if (!report) return "fsck: " + report.error().message;
  if (report->verdict != store::FsckReport::Verdict::kDamage) return {};
  return "fsck: " + (report->findings.empty() ? std::string("damage") : report->findings.front());
}

std::string run_workload(const std::string& directory, int first, const std::function<void(int)>& acknowledged) {
  Bed bed;
  if (auto fault = bed.open(directory); !fault.empty()) return fault;
  const auto lease = run_blocking(bed.engine->coordinator().acquire("crash"));
  if (!lease) return "lease: " + lease.error().message;
  for (int i = first; i < kOperations; ++i) {
    if (auto fault = run_operation(bed, lease->epoch, i); !fault.empty()) return std::to_string(i) + ": " + fault;
    acknowledged(i);
  }
  return {};
}

std::string check_state(const std::string& directory, int acknowledged, int& found) {
  Bed bed;
  if (auto fault = bed.open(directory); !fault.empty()) return fault;
  std::string fault;
  for (found = acknowledged; found <= std::min(acknowledged + 1, kOperations); ++found) {
    Model model = model_after(found);
    // The operation under way may already have removed its chunk: only what both states hold can be demanded.
    if (acknowledged < kOperations && removes_chunk(acknowledged)) model.chunks.erase(acknowledged - 5);
    fault = compare_rows(bed, model);
    if (fault.empty()) return compare_chunks(bed, model);
  }
  return fault;
}

}  // namespace freehold::crash
