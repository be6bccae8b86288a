// Steward: the thread that keeps the placement whole.
#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <thread>

#include "base/clock.h"
#include "src/embedded/rebuild.h"
#include "src/embedded/scrubber.h"

namespace freehold::store::embedded {

struct StewardCounters {
  std::atomic<std::uint64_t> rebuilds{0};
  std::atomic<std::uint64_t> rebuild_keys{0};
};

// Opens what was closed, elects, rebuilds, mends bad copies, gives space back, forgets old transactions. Owned by the
// engine; everything it works on outlives it.
class Steward {
 public:
  struct Parts {
    const EmbeddedOptions& options;
    Domains& domains;
    Replicator& replicator;
    ChunkWriter& writer;
    EmbeddedChunks& chunks;
    EmbeddedRows& rows;
    CommitQueue& queue;
    ExtentAllocator& allocator;
    Scrubber& scrubber;
    const Clock& clock;
    Random& random;
    ReadCounters& read_counters;
  };
  explicit Steward(Parts parts) : p_(parts) {}
  ~Steward();
  Steward(const Steward&) = delete;
  Steward& operator=(const Steward&) = delete;

  // Opens the domains, elects and waits until the placement serves (or can be read, if that is all there is for now).
  // The thread goes on from there.
  [[nodiscard]] Result<> start();
  void stop();
  void wake();
  [[nodiscard]] const StewardCounters& counters() const { return counters_; }
  // What the placement held when it was loaded, and what was found since; grows.
  [[nodiscard]] std::uint64_t highest_timestamp() const { return highest_; }
  [[nodiscard]] bool rebuilding(unsigned index) const { return rebuilding_ & (1u << index); }

 private:
  using SteadyTime = std::chrono::steady_clock::time_point;
  void run();
  void tick();
  // --- keeping members ---
  void reopen_domains();
  [[nodiscard]] Result<> open_domain(FaultDomain& domain);
  [[nodiscard]] Result<> elect_members();
  [[nodiscard]] Result<> make_new_placement();
  void begin_rebuilds();
  void advance_rebuilds();
  void cure_damage();
  [[nodiscard]] Result<> drop_foreign_extents(FaultDomain& domain, bool whole);
  [[nodiscard]] Result<> load();
  [[nodiscard]] Result<> begin_term();
  void takes_part(unsigned index);
  void saw(std::uint64_t timestamp) { highest_ = std::max(highest_.load(), timestamp); }
  // Of a domain that came back while another one was believed alone.
  [[nodiscard]] bool has_newer_history(const FaultDomain& domain) const;
  // --- housekeeping ---
  void mend_copies();
  void give_back_space();
  void punch(const disk::ExtentAddress& address);
  void settle_punched();
  void remove_dead_extents();
  void trim_extents(FaultDomain& domain);
  void forget_transactions();
  [[nodiscard]] bool due(SteadyTime& last, std::chrono::milliseconds every) const;

  Parts p_;
  StewardCounters counters_;
  std::array<std::unique_ptr<Rebuild>, kDomains> rebuilds_;
  std::atomic<unsigned> rebuilding_{0};
  std::array<bool, kDomains> took_part_{};  // in this process: its extents are of this process's making
  std::array<SteadyTime, kDomains> tried_{};
  std::array<Result<>, kDomains> opened_{};
  Bytes placement_;
  std::atomic<std::uint64_t> highest_{0};  // written by the steward's thread alone
  bool loaded_ = false;
  bool first_term_ = true;
  bool told_newer_ = false;
  std::uint32_t first_extent_ = 0;
  std::optional<std::uint32_t> scanned_from_;  // what was found where the first term was first tried
  std::vector<DeadChunk> punched_;
  std::uint32_t scan_from_ = 0;
  SteadyTime forgot_{};

  std::mutex mutex_;
  std::condition_variable wake_;
  bool woken_ = false;     // guarded by mutex_
  bool stopping_ = false;  // guarded by mutex_
  std::thread thread_;
};

}  // namespace freehold::store::embedded
