// The work that the Blob service does by itself, as jobs of the gate, and the proof that it goes on under a permit.
#pragma once

#include <concepts>
#include <string_view>

#include "pipeline/pipeline.h"

namespace freehold::blob {

// Removes what garbage rows of one container name. Its record rides in the commit that takes those rows away.
struct CollectGarbage {
  static constexpr std::string_view kName = "CollectGarbage";
};
// Removes what a deleted container left. Its record rides in the commit that forgets the container.
struct PurgeContainer {
  static constexpr std::string_view kName = "PurgeContainer";
};
// Takes the names of a deleted account's containers away, so that they are purged; and, once they are, the account's
// own rows and its name. One record each.
struct PurgeAccount {
  static constexpr std::string_view kName = "PurgeAccount";
};
// Removes chunks that requests of one tenant put and then didn't name: a body that broke off, a wrong digest.
struct RemoveAbandonedChunks {
  static constexpr std::string_view kName = "RemoveAbandonedChunks";
};
// Looks through all rows for chunks that nothing names and removes those: whoever's they were, nothing says so any
// more.
struct SweepChunks {
  static constexpr std::string_view kName = "SweepChunks";
};
// Discards the staged blocks of one blob, which nobody has added to for a week. Its record rides in the commit that
// does.
struct DiscardStagedBlocks {
  static constexpr std::string_view kName = "DiscardStagedBlocks";
};
// Looks for what an earlier process was to remove.
struct FindGarbage {
  static constexpr std::string_view kName = "FindGarbage";
};

template <class Operation>
concept CollectorJob = std::same_as<Operation, CollectGarbage> || std::same_as<Operation, PurgeContainer> ||
                       std::same_as<Operation, RemoveAbandonedChunks> || std::same_as<Operation, SweepChunks> ||
                       std::same_as<Operation, FindGarbage> || std::same_as<Operation, DiscardStagedBlocks> ||
                       std::same_as<Operation, PurgeAccount>;

void add_jobs(gate::ServiceGate& gate);

// What every step of the collector takes: made only from the permit of one of its jobs, so that a removal which didn't
// come through the gate doesn't compile. A value, valid while that permit lives.
class JobPass {
 public:
  template <CollectorJob Operation>
  explicit JobPass(const gate::Permit<Operation>& permit)
      : permit_(&permit), make_row_([](const void* of, const store::PartitionId& partition) {
          return static_cast<const gate::Permit<Operation>*>(of)->audit_row(partition, 200);
        }) {}

  // The job's record, to ride in its last commit.
  [[nodiscard]] store::KeyValue audit_row(const store::PartitionId& partition) const {
    return make_row_(permit_, partition);
  }

 private:
  const void* permit_;
  store::KeyValue (*make_row_)(const void*, const store::PartitionId&);
};

}  // namespace freehold::blob
