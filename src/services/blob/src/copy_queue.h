// CopyQueue: which pending copy goes on next. Tenants in turn, and a place always left for whoever comes next. Keeps:
// I1.
#pragma once

#include <chrono>
#include <deque>
#include <map>
#include <mutex>
#include <optional>

#include "src/pending_copy.h"

namespace freehold::blob {

// Owned by Copier. Thread-safe.
class CopyQueue {
 public:
  using Moment = std::chrono::steady_clock::time_point;

  // kExhausted: too many of the tenant's copies wait already.
  [[nodiscard]] Result<> check_room(TenantId tenant) const;
  void add(PendingCopy copy);
  [[nodiscard]] std::size_t waiting() const;

  // One that is due, and counts as running from now on; nullopt: none may begin now.
  [[nodiscard]] std::optional<PendingCopy> take(Moment now);
  // One of the tenant's ended.
  void finished(TenantId tenant);

 private:
  mutable std::mutex mutex_;
  std::map<TenantId, std::deque<PendingCopy>> waiting_;
  std::map<TenantId, int> running_;
  TenantId last_{};  // whose turn it was
};

}  // namespace freehold::blob
