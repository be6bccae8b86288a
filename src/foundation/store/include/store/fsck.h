// fsck: offline, verifies every copy of everything in a placement, and mends what another copy allows.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "store/embedded.h"

namespace freehold::store {

struct FsckReport {
  enum class Verdict {
    kClean,
    kRepaired,  // something was wrong and is right now
    kDamage,    // something is wrong and stays so: `findings` name it
  };
  Verdict verdict = Verdict::kClean;
  std::uint64_t rows = 0;  // keys compared over all domains
  std::uint64_t chunks = 0;
  std::uint64_t chunk_bytes = 0;  // verified, all copies together
  std::uint64_t repaired = 0;
  std::uint64_t damaged = 0;
  std::vector<std::string> findings;  // at most kMostFindings; names of files, places and ids, never of customers' keys
};
inline constexpr std::size_t kMostFindings = 1'000;

struct FsckProgress {
  std::string_view phase;  // "opening", "rebuilding", "rows", "chunks"
  std::uint64_t done = 0;
  std::uint64_t total = 0;  // 0: not known
};

// Opens the placement (finishing an interrupted rebuilding), verifies and mends. Fails as open_embedded does: kConflict
// if a process serves it, kUnavailable if too few domains are there to know what is right. `progress` is called on this
// thread.
[[nodiscard]] Result<FsckReport> fsck(EmbeddedOptions options, disk::Disk& disk, FileKeySource& keys,
                                      const Clock& clock, Random& random,
                                      std::function<void(const FsckProgress&)> progress);

}  // namespace freehold::store
