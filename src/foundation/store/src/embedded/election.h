// Election: which domains hold everything acknowledged, and the beginning of a new term.
#pragma once

#include "src/embedded/chunks.h"

namespace freehold::store::embedded {

// What an open domain says of itself.
struct Candidate {
  std::optional<DomainIdentity> identity;  // none: an empty directory
  Position position;
  std::uint64_t term = 0;  // 0: never took part in anything
  bool rebuilding = false;
  bool clean = false;
};
[[nodiscard]] Result<Candidate> candidate_of(const FaultDomain& domain);

// Pure. What was acknowledged is in two domains at least (in all that were members), so of any two the one further on
// has it all. One alone can't know, unless it was closed in order.
struct Outcome {
  unsigned members = 0;  // bits; none: undecided
  Bytes placement;       // empty with members: a new placement
  Error why;             // of an undecided one
};
[[nodiscard]] Outcome elect(const std::array<std::optional<Candidate>, 3>& candidates);

// Finds the chunks that are durable but have no index entry, after a crash, and gives every member its copy.
struct RecoveredChunks {
  std::vector<disk::ExtentRecord> records;
  std::uint32_t scanned_from = 0;  // extents below were closed in order
  std::uint32_t next_extent = 0;   // the first number that no domain has used
};
[[nodiscard]] Result<RecoveredChunks> recover_chunks(Domains& domains, unsigned members);

// Fills the allocator and the list of dead chunks from the rows of `source`. Returns the first unused extent number.
[[nodiscard]] Result<std::uint32_t> load_chunks(OpenDomain& source, ExtentAllocator& allocator, EmbeddedChunks& chunks);

}  // namespace freehold::store::embedded
