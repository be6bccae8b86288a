// Scrubber: re-reads everything, slowly, so that damage is found while other copies are still good.
#pragma once

#include <atomic>

#include "src/embedded/chunks.h"

namespace freehold::store::embedded {

// Chunks are read past the page cache in every member and bad copies reported for mending; rows are verified once a
// round. Works on a thread of its own; the rest is called by the steward. Owned by the engine.
class Scrubber {
 public:
  // `pause` stands between two pieces of a round (0: never scrub), `rest` between two rounds.
  Scrubber(Domains& domains, Replicator& replicator, EmbeddedChunks& chunks, std::chrono::milliseconds pause,
           std::chrono::milliseconds rest);
  ~Scrubber() { stopping_ = true; }

  void tick();  // does a piece of work if one is due
  // Verifies all rows of the members other than `index`, once; verified_without() tells when they were found good.
  void verify_without(unsigned index);
  [[nodiscard]] bool verified_without(unsigned index);
  void forget_verified() { verified_ = -1; }  // once it has been relied upon

  [[nodiscard]] std::uint64_t chunks_read() const { return chunks_read_; }
  [[nodiscard]] std::uint64_t rounds() const { return rounds_; }

 private:
  void read_some();
  void verify_rows(unsigned members);

  Domains& domains_;
  Replicator& replicator_;
  EmbeddedChunks& chunks_;
  const std::chrono::milliseconds pause_;
  const std::chrono::milliseconds rest_;
  std::atomic<std::chrono::steady_clock::time_point> due_;
  std::atomic<bool> busy_{false};
  std::atomic<bool> stopping_{false};
  std::atomic<int> verifying_{-1};
  std::atomic<int> verified_{-1};
  Bytes cursor_;  // of the worker
  std::atomic<std::uint64_t> chunks_read_{0};
  std::atomic<std::uint64_t> rounds_{0};
  Worker worker_;
};

}  // namespace freehold::store::embedded
