// The embedded engine: one placement of three fault domains in directories of this machine (DESIGN section 4).
//
// Keeps: R2 (three copies), E1 (rows are encrypted on disk; chunks are sealed by their owners).
// Format: docs/formats/embedded-engine.md.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/random.h"
#include "base/result.h"
#include "base/secret.h"
#include "disk/disk.h"
#include "store/engine.h"

namespace freehold::store {

// Gives each fault domain the key that its rows' files are encrypted under. Called while a domain is opened, never
// concurrently for the same path.
class FileKeySource {
 public:
  virtual ~FileKeySource() = default;
  // 32 bytes, the same ones for a directory as long as it lives. Makes the directory's key if it has none yet.
  [[nodiscard]] virtual Result<Secret> load_or_make(const std::string& domain_path) = 0;
};

struct FaultDomainOptions {
  std::string path;  // absolute; made if it is missing
  std::string zone;
};

struct EmbeddedOptions {
  std::vector<FaultDomainOptions> domains;  // exactly three: LRS names one zone, ZRS three
  std::uint64_t extent_bytes = 256ull << 20;
  std::uint64_t log_segment_bytes = 8ull << 20;  // of each domain's commit log
  // Memory, all domains together, however much is stored.
  std::size_t block_cache_bytes = 80ull << 20;
  std::size_t recent_rows_bytes = 16ull << 20;  // 0: every read goes to the rows themselves
  std::size_t write_buffers_bytes = 48ull << 20;
  // Below this much free space a domain takes only commits that may use the reserve; below a quarter of it none.
  std::uint64_t disk_reserve_bytes = 256ull << 20;
  std::size_t queue_limit = 16'384;        // commits waiting, all tenants
  std::size_t tenant_queue_limit = 4'096;  // commits waiting, one tenant
  unsigned read_threads = 4;
  // A domain that holds up the others for longer is dropped and rebuilt.
  std::chrono::milliseconds straggler_timeout{3'000};
  std::chrono::milliseconds reopen_interval{1'000};
  // Fills empty directories from a single domain that was closed in order. It can't know whether the others went on
  // without it: fsck, which is asked for by a person, may; a start may not.
  bool rebuild_from_one = false;
  // Pause between two pieces of the scrubber's work; 0 turns the scrubber off.
  std::chrono::milliseconds scrub_pause{200};
  // Rest between two rounds of the scrubber; the first begins after ten minutes, or after the rest if that is shorter.
  std::chrono::milliseconds scrub_rest{std::chrono::hours(6)};
};

enum class DomainState {
  kGone,        // can't be opened: retried
  kStale,       // behind; waits for its rebuilding
  kRebuilding,  // takes part in writes, is not read
  kMember,      // holds everything acknowledged
};
[[nodiscard]] std::string_view to_string(DomainState state);

// A snapshot of the engine's state and counters, for metrics and health.
struct EngineStats {
  struct Domain {
    std::string path;
    std::string zone;
    DomainState state = DomainState::kGone;
    std::uint64_t free_bytes = 0;
  };
  std::vector<Domain> domains;
  bool writable = false;
  std::uint64_t commits = 0;  // applied
  std::uint64_t batches = 0;  // group commits
  std::uint64_t queued = 0;
  std::uint64_t chunks = 0;         // live
  std::uint64_t chunk_bytes = 0;    // live, with headers and padding
  std::uint64_t damaged_reads = 0;  // reads that met a bad copy and were answered from another
  std::uint64_t repairs = 0;        // rows files and chunks made whole again
  std::uint64_t unrepaired = 0;     // found bad in every copy
  std::uint64_t rebuilds = 0;       // fault domains rebuilt whole
  std::uint64_t rebuild_keys = 0;   // progress of the running rebuild
  std::uint64_t scrubbed_chunks = 0;
  std::uint64_t scrub_rounds = 0;
};

// Thread-safe. Owned by app/; destruction ends what runs (calls must have returned) and leaves the files clean.
class EmbeddedEngine : public Engine {
 public:
  [[nodiscard]] virtual EngineStats stats() const = 0;
  // No transaction or chunk of an earlier process has a higher hybrid timestamp: for HybridClock::observe(), before ids
  // are given out.
  [[nodiscard]] virtual std::uint64_t highest_timestamp() const = 0;
  // The epoch that coordinator().acquire() would grant. A process that can only read goes by it: acquire() writes. None
  // else can be granted it meanwhile, since the directories are locked.
  [[nodiscard]] virtual Result<Epoch> next_epoch(const std::string& lease) = 0;
};

// Opens the placement, made if all its directories are empty. Returns when it can be read: at once with two or three
// good domains, whatever the third is (it is rebuilt while serving). One alone that was closed in order is only read
// until another of the placement's domains comes back (or rebuild_from_one). `disk`, `keys`, `clock` and `random`
// outlive the engine. kConflict: another process has a directory. kUnsupported: written by a newer version, nothing
// touched. kUnavailable: too few directories to know what was acknowledged. kInvalidArgument: not three directories, or
// not of one placement.
[[nodiscard]] Result<std::unique_ptr<EmbeddedEngine>> open_embedded(EmbeddedOptions options, disk::Disk& disk,
                                                                    FileKeySource& keys, const Clock& clock,
                                                                    Random& random);

}  // namespace freehold::store
