// Sealed tables with an erasure tree beside them, over an engine and a token in memory.
#pragma once

#include "base/check.h"
#include "crypto/testing/memory_hsm.h"
#include "keys/erasure_tree.h"
#include "keys/testing/sealed_table.h"
#include "runtime/task_scope.h"

namespace freehold::keys::testing {

struct ErasableStore : MemoryStore {
  ErasableStore() { reopen(); }
  // What a restart finds.
  void reopen() {
    tree = std::make_unique<ErasureTree>(hsm, sealed(), per_tenant);
    FH_CHECK(runtime::run_blocking(tree->open()).has_value());
  }
  crypto::testing::MemoryHsm hsm;
  std::uint64_t per_tenant = ErasureTree::kSecretsPerTenant;  // from the next reopen() on
  std::unique_ptr<ErasureTree> tree;
};

}  // namespace freehold::keys::testing
