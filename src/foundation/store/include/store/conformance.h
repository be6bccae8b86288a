// The conformance suite: what every engine must do, whatever is below it. For tests only (needs GoogleTest).
//
// An engine's test file instantiates it:
//   INSTANTIATE_TEST_SUITE_P(Reference, EngineConformance, testing::Values(MakeSubject(make_reference_subject)));
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <memory>

#include "base/clock.h"
#include "base/random.h"
#include "store/engine.h"
#include "store/hybrid_clock.h"

namespace freehold::store {

// An engine under test with what it stands on.
class Subject {
 public:
  virtual ~Subject() = default;
  [[nodiscard]] virtual Engine& engine() = 0;
  [[nodiscard]] virtual FakeClock& clock() = 0;
  // Closes the engine and opens it on the same data; false if it keeps none.
  [[nodiscard]] virtual bool reopen() = 0;
};
using MakeSubject = std::function<std::unique_ptr<Subject>()>;

class EngineConformance : public testing::TestWithParam<MakeSubject> {
 protected:
  EngineConformance() : subject_(GetParam()()), random_(7), ids_(subject_->clock(), random_) {}

  [[nodiscard]] PartitionStore& rows() { return subject_->engine().partitions(); }
  [[nodiscard]] ChunkStore& chunks() { return subject_->engine().chunks(); }
  [[nodiscard]] Coordinator& coordinator() { return subject_->engine().coordinator(); }
  [[nodiscard]] Commit make_commit() { return {partition_, Epoch{1}, ids_.next_transaction(), {}, {}, {}}; }
  [[nodiscard]] Commit put(Bytes key, Bytes value);
  [[nodiscard]] CommitOutcome run(Commit commit);
  [[nodiscard]] std::optional<Bytes> get(Bytes key);
  [[nodiscard]] ScanPage scan(Bytes from, Bytes end, std::uint32_t limit);
  [[nodiscard]] AlignedBuffer pattern(std::size_t size, char seed) const;
  [[nodiscard]] Result<> put_chunk(ChunkId id, AlignedBuffer bytes);
  [[nodiscard]] Result<Bytes> read_chunk(ChunkId id, std::uint32_t offset, std::uint32_t length);

  std::unique_ptr<Subject> subject_;
  SeededRandom random_;
  HybridClock ids_;
  TenantId tenant_ = random_id<TenantId>(random_);
  PartitionId partition_ = make_partition_id(tenant_, "rows");
};

}  // namespace freehold::store
