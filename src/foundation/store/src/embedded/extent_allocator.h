// ExtentAllocator: where chunks go, the same place in every domain, and which extents still hold live ones.
#pragma once

#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <vector>

#include "disk/extents.h"

namespace freehold::store::embedded {

// Thread-safe. Extents are filled one after the other and never filled again; a process begins with a new one.
class ExtentAllocator {
 public:
  explicit ExtentAllocator(std::uint64_t extent_bytes) : extent_bytes_(extent_bytes) {}

  void clear();                                       // before allocations: as nothing had been added
  void start(std::uint32_t first) { next_ = first; }  // before allocations; add() what exists already
  void add(const disk::ExtentAddress& address);       // a live chunk found in the index

  struct Place {
    disk::ExtentAddress address;
    // The unwritten end of the extent before, if this one begins a new one: can be given back.
    std::optional<disk::ExtentAddress> left_over;
  };
  // What a domain must have room for before a chunk is allocated: 0 if it goes into an extent that is begun, since
  // those are preallocated. A new one needs its own room, and that of all which are still to take theirs.
  [[nodiscard]] std::uint64_t room_for(std::uint32_t length) const;
  // nullopt: it needs more room than was `granted`.
  [[nodiscard]] std::optional<Place> allocate(std::uint32_t length, std::uint64_t granted);
  void prepared(std::uint32_t extent);  // it has its room, in every domain that takes part
  // The chunk's index entry stands in front of all later ones in the queue (or it was given up).
  void indexed(const disk::ExtentAddress& address);
  void release(const disk::ExtentAddress& address);  // removed, or never came to be
  // All chunks of lower extents are indexed.
  [[nodiscard]] std::uint32_t scan_from() const;
  // Closed extents without a live chunk; each is named once.
  [[nodiscard]] std::vector<std::uint32_t> take_dead();
  [[nodiscard]] bool knows(std::uint32_t extent) const;
  // Where the last of the chunks that were added ends in an extent; 0: there is none.
  [[nodiscard]] std::uint64_t end_of(std::uint32_t extent) const;
  // Closes the open extent, if there is one: behind the address's offset nothing was ever written.
  [[nodiscard]] std::optional<disk::ExtentAddress> close();
  [[nodiscard]] std::uint32_t next() const;
  [[nodiscard]] std::uint64_t live_bytes() const;
  [[nodiscard]] std::uint64_t live_chunks() const;

 private:
  [[nodiscard]] std::uint64_t room_for_locked(std::uint64_t footprint) const;
  struct Extent {
    std::uint64_t live = 0;
    std::uint64_t end = 0;  // of what was added
    std::uint32_t unindexed = 0;
  };
  const std::uint64_t extent_bytes_;
  mutable std::mutex mutex_;
  std::map<std::uint32_t, Extent> extents_;  // guarded by mutex_, as all below
  std::set<std::uint32_t> unprepared_;
  std::optional<std::uint32_t> open_;
  std::uint64_t offset_ = 0;
  std::uint32_t next_ = 0;
  std::uint64_t live_bytes_ = 0;
  std::uint64_t live_chunks_ = 0;
};

}  // namespace freehold::store::embedded
