// ChunkClaims: which chunks of running requests nothing names yet, and which reads are under way. Both hold the
// collector back.
#pragma once

#include <functional>
#include <map>
#include <mutex>
#include <set>
#include <string_view>
#include <utility>
#include <vector>

#include "base/ids.h"
#include "store/hybrid_clock.h"
#include "store/partition_store.h"

namespace freehold::blob {

// Owned by BlobService; thread-safe.
class ChunkClaims {
 public:
  explicit ChunkClaims(store::HybridClock& hybrid) : hybrid_(hybrid) {}

  // A new id, claimed in the same step, so that bound() can't pass it by.
  [[nodiscard]] store::ChunkId claim() {
    const std::lock_guard lock(mutex_);
    const auto id = hybrid_.next_chunk();
    claimed_.insert(id);
    return id;
  }
  // For content that never becomes a chunk.
  [[nodiscard]] store::ChunkId unclaimed_id() { return hybrid_.next_chunk(); }
  void release(const std::vector<store::ChunkId>& ids) {
    const std::lock_guard lock(mutex_);
    for (const auto& id : ids) claimed_.erase(id);
  }
  [[nodiscard]] bool claimed(store::ChunkId id) const {
    const std::lock_guard lock(mutex_);
    return claimed_.contains(id);
  }
  // Every chunk id below it is either claimed by nobody any more or was never put.
  [[nodiscard]] store::ChunkId bound() {
    const std::lock_guard lock(mutex_);
    return claimed_.empty() ? store::ChunkId{hybrid_.next(), 0} : *claimed_.begin();
  }

 private:
  store::HybridClock& hybrid_;
  mutable std::mutex mutex_;
  std::set<store::ChunkId> claimed_;
};

// Chunks put for one request and named by no row yet. Whoever commits the row that names them says keep(); otherwise
// they are handed over to be removed, whichever way the request ended.
class PendingChunks {
 public:
  using Abandon = std::function<void(TenantId, std::vector<store::ChunkId>)>;
  PendingChunks(ChunkClaims& claims, Abandon abandon) : claims_(&claims), abandon_(std::move(abandon)) {}
  PendingChunks(PendingChunks&& other) noexcept
      : claims_(other.claims_),
        abandon_(std::move(other.abandon_)),
        tenant_(other.tenant_),
        ids_(std::exchange(other.ids_, {})) {}
  PendingChunks& operator=(PendingChunks&&) = delete;
  PendingChunks(const PendingChunks&) = delete;
  PendingChunks& operator=(const PendingChunks&) = delete;
  ~PendingChunks() {
    if (!ids_.empty()) abandon_(tenant_, std::move(ids_));
  }

  // All of one request are one tenant's: in its name they are removed if they are abandoned.
  [[nodiscard]] store::ChunkId claim(TenantId tenant) {
    tenant_ = tenant;
    ids_.push_back(claims_->claim());
    return ids_.back();
  }
  // A row names them now, or (after a commit whose outcome can't be known) may: the sweep decides about those.
  void keep() {
    claims_->release(ids_);
    ids_.clear();
  }

 private:
  ChunkClaims* claims_;
  Abandon abandon_;
  TenantId tenant_;
  std::vector<store::ChunkId> ids_;
};

// Reads in progress, by blob and by the hybrid time at which they began: what became garbage of that blob after it is
// left alone until they end. A blob and its snapshots are one, for they share content; other blobs' readers are nobody
// else's concern.
class ActiveReads {
  using Began = std::set<std::uint64_t>;
  using Running = std::map<std::pair<Bytes, Bytes>, Began>;  // by partition and name

 public:
  class Ticket {
   public:
    Ticket() = default;
    Ticket(ActiveReads& reads, Running::iterator place, std::uint64_t began)
        : reads_(&reads), place_(place), began_(began) {}
    Ticket(Ticket&& other) noexcept
        : reads_(std::exchange(other.reads_, nullptr)), place_(other.place_), began_(other.began_) {}
    Ticket& operator=(Ticket&& other) noexcept {
      std::swap(reads_, other.reads_);
      std::swap(place_, other.place_);
      std::swap(began_, other.began_);
      return *this;
    }
    Ticket(const Ticket&) = delete;
    Ticket& operator=(const Ticket&) = delete;
    ~Ticket() {
      if (reads_ != nullptr) reads_->end(place_, began_);
    }

   private:
    ActiveReads* reads_ = nullptr;
    Running::iterator place_;  // stays valid until its entry is erased, by the last read of the blob
    std::uint64_t began_ = 0;
  };

  explicit ActiveReads(store::HybridClock& hybrid) : hybrid_(hybrid) {}
  [[nodiscard]] Ticket begin(const store::PartitionId& partition, std::string_view name) {
    const std::lock_guard lock(mutex_);
    const auto now = hybrid_.next();
    const auto place = running_.try_emplace({partition.value, Bytes(name)}).first;
    place->second.insert(now);
    return {*this, place, now};
  }
  // Did every read of that blob that runs now begin after this time? An empty name: of any blob of the container.
  [[nodiscard]] bool all_after(const store::PartitionId& partition, const Bytes& name, std::uint64_t time) const {
    const std::lock_guard lock(mutex_);
    if (!name.empty()) {
      const auto found = running_.find({partition.value, name});
      return found == running_.end() || *found->second.begin() > time;
    }
    for (auto read = running_.lower_bound({partition.value, {}});
         read != running_.end() && read->first.first == partition.value; ++read) {
      if (*read->second.begin() <= time) return false;
    }
    return true;
  }

 private:
  void end(Running::iterator place, std::uint64_t began) {
    const std::lock_guard lock(mutex_);
    place->second.erase(began);
    if (place->second.empty()) running_.erase(place);
  }
  store::HybridClock& hybrid_;
  mutable std::mutex mutex_;
  Running running_;
};

}  // namespace freehold::blob
