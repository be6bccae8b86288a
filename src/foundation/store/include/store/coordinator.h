// Coordinator: leases with epochs, fencing, notices. Contract 3 of 3 (DESIGN section 4).
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include "base/result.h"
#include "runtime/task.h"
#include "store/partition_store.h"

namespace freehold::store {

// A term of office: whoever holds it may commit with `epoch` until another one acquires the name.
struct Lease {
  std::string name;
  Epoch epoch;
  std::chrono::milliseconds term{0};  // renew well before; 0 = held until the process ends (one process only)
};

// Ends the subscription when destroyed.
class Subscription {
 public:
  virtual ~Subscription() = default;
};

// Thread-safe.
class Coordinator {
 public:
  virtual ~Coordinator() = default;
  // Epochs of one name only ever grow, across restarts too. kConflict while another holder's term runs.
  [[nodiscard]] virtual Task<Result<Lease>> acquire(std::string name) = 0;
  [[nodiscard]] virtual Task<Result<Lease>> renew(Lease lease) = 0;  // kConflict: lost
  [[nodiscard]] virtual Task<Result<>> release(Lease lease) = 0;
  // Notices are hints: they may be lost, doubled or late, so nothing may depend on one. The callback must not block.
  virtual void notify(std::string topic, Bytes message) = 0;
  [[nodiscard]] virtual std::unique_ptr<Subscription> subscribe(std::string topic,
                                                                std::function<void(BytesView)> callback) = 0;
};

}  // namespace freehold::store
