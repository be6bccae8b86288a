// CommitQueue: what waits for the next batch: bounded, tenants in turns.
#pragma once

#include <condition_variable>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <vector>

#include "src/embedded/batch.h"

namespace freehold::store::embedded {

// Thread-safe; one thread takes. The engine's own operations (chunk index entries above all) go ahead of all tenants:
// an entry must not be overtaken by the commit that names the chunk.
class CommitQueue {
 public:
  CommitQueue(std::size_t limit, std::size_t tenant_limit) : limit_(limit), tenant_limit_(tenant_limit) {}

  // False, with `op` untouched, if the queue or the tenant's share of it is full, or the queue is closed.
  [[nodiscard]] bool push(TenantId tenant, std::unique_ptr<Op>& op);
  void push_own(std::unique_ptr<Op> op);  // never refused before close()
  // Waits until there is something to take; false when the queue is closed and empty.
  [[nodiscard]] bool wait();
  // One operation of each tenant in turn, up to the bounds of a batch.
  [[nodiscard]] std::vector<std::unique_ptr<Op>> take();
  void close();
  [[nodiscard]] std::size_t size() const;

 private:
  const std::size_t limit_;
  const std::size_t tenant_limit_;
  mutable std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<std::unique_ptr<Op>> own_;                          // guarded by mutex_, as all below
  std::map<TenantId, std::deque<std::unique_ptr<Op>>> tenants_;  // without empty queues
  TenantId last_;                                                // whose turn was last
  std::size_t size_ = 0;
  bool closed_ = false;
};

}  // namespace freehold::store::embedded
