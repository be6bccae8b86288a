// Sealed tables over an engine in memory, for tests of what keeps its rows in them.
#pragma once

#include <memory>
#include <string>

#include "base/clock.h"
#include "keys/sealed_rows.h"
#include "runtime/task_scope.h"
#include "store/reference_engine.h"

namespace freehold::keys::testing {

class FixedRowKeys final : public RowKeySource {
 public:
  [[nodiscard]] Result<Secret> row_key(TenantId tenant) override {
    std::string key(16, 'r');
    key += tenant.view();
    return Secret(BytesView(key));
  }
};

// What outlives the tables of one test; a second table over it is what a restart finds.
struct MemoryStore {
  FakeClock clock;
  SeededRandom random{11};
  FixedRowKeys row_keys;
  std::unique_ptr<store::Engine> engine = store::make_reference_engine(clock);
  store::HybridClock hybrid{clock, random};
  [[nodiscard]] SealedStore sealed() {
    return {.rows = engine->partitions(),
            .epoch = store::Epoch{1},
            .hybrid = hybrid,
            .row_keys = row_keys,
            .random = random};
  }
};

}  // namespace freehold::keys::testing
