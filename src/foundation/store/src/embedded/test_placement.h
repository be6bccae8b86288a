// A placement of three directories for tests: on a simulated disk, with fixed keys.
#pragma once

#include <gtest/gtest.h>

#include "base/random.h"
#include "disk/sim_disk.h"
#include "runtime/task_scope.h"
#include "store/embedded.h"
#include "store/hybrid_clock.h"

namespace freehold::store {

class FixedKeys final : public FileKeySource {
 public:
  Result<Secret> load_or_make(const std::string& path) override {
    return Secret(Bytes(32, static_cast<char>(path.back())));
  }
};

inline EmbeddedOptions small_options(const std::string& root = "/data") {
  EmbeddedOptions options;
  for (int i = 0; i < 3; ++i) options.domains.push_back({root + "/fd" + std::to_string(i), "z1"});
  options.extent_bytes = 16u << 20;
  options.log_segment_bytes = 256u << 10;
  options.block_cache_bytes = 4u << 20;
  options.write_buffers_bytes = 3u << 20;
  options.disk_reserve_bytes = 0;
  options.reopen_interval = std::chrono::milliseconds(20);
  options.straggler_timeout = std::chrono::milliseconds(2000);
  options.scrub_pause = std::chrono::milliseconds(0);
  options.read_threads = 1;
  return options;
}

// Waits for what other threads bring about.
template <class Condition>
[[nodiscard]] bool eventually(Condition condition, std::chrono::seconds patience = std::chrono::seconds(20)) {
  const auto deadline = std::chrono::steady_clock::now() + patience;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    std::this_thread::yield();
  }
  return true;
}

}  // namespace freehold::store
