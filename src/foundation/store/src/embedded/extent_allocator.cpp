#include "src/embedded/extent_allocator.h"

#include "base/check.h"

namespace freehold::store::embedded {

void ExtentAllocator::add(const disk::ExtentAddress& address) {
  std::lock_guard lock(mutex_);
  Extent& extent = extents_[address.extent];
  extent.live += address.footprint();
  extent.end = std::max(extent.end, address.offset + address.footprint());
  live_bytes_ += address.footprint();
  ++live_chunks_;
}

void ExtentAllocator::clear() {
  std::lock_guard lock(mutex_);
  FH_CHECK(!open_);
  extents_.clear();
  live_bytes_ = live_chunks_ = 0;
}

std::uint64_t ExtentAllocator::room_for_locked(std::uint64_t footprint) const {
  const bool begun = open_ && offset_ + footprint <= extent_bytes_;
  return begun ? 0 : (unprepared_.size() + 1) * extent_bytes_;
}

std::uint64_t ExtentAllocator::room_for(std::uint32_t length) const {
  std::lock_guard lock(mutex_);
  return room_for_locked(disk::ExtentAddress{0, 0, length}.footprint());
}

std::optional<ExtentAllocator::Place> ExtentAllocator::allocate(std::uint32_t length, std::uint64_t granted) {
  std::lock_guard lock(mutex_);
  Place place{{0, 0, length}, {}};
  const std::uint64_t footprint = place.address.footprint();
  FH_CHECK(footprint <= extent_bytes_);
  if (const auto needed = room_for_locked(footprint); needed > 0) {
    if (needed > granted) return std::nullopt;
    if (open_ && offset_ < extent_bytes_) {
      const auto rest = static_cast<std::uint32_t>(extent_bytes_ - offset_ - kDirectAlignment);
      place.left_over = disk::ExtentAddress{*open_, offset_, rest};
    }
    open_ = next_++;
    offset_ = 0;
    unprepared_.insert(*open_);
  }
  place.address.extent = *open_;
  place.address.offset = offset_;
  offset_ += footprint;
  Extent& extent = extents_[*open_];
  extent.live += footprint;
  ++extent.unindexed;
  live_bytes_ += footprint;
  ++live_chunks_;
  return place;
}

void ExtentAllocator::indexed(const disk::ExtentAddress& address) {
  std::lock_guard lock(mutex_);
  Extent& extent = extents_[address.extent];
  FH_CHECK(extent.unindexed > 0);
  --extent.unindexed;
}

void ExtentAllocator::prepared(std::uint32_t extent) {
  std::lock_guard lock(mutex_);
  unprepared_.erase(extent);
}

void ExtentAllocator::release(const disk::ExtentAddress& address) {
  std::lock_guard lock(mutex_);
  Extent& extent = extents_[address.extent];
  FH_CHECK(extent.live >= address.footprint() && live_chunks_ > 0);
  extent.live -= address.footprint();
  live_bytes_ -= address.footprint();
  --live_chunks_;
}

std::uint32_t ExtentAllocator::scan_from() const {
  std::lock_guard lock(mutex_);
  for (const auto& [number, extent] : extents_) {
    if (extent.unindexed > 0 || number == open_) return number;
  }
  return next_;
}

std::vector<std::uint32_t> ExtentAllocator::take_dead() {
  std::lock_guard lock(mutex_);
  std::vector<std::uint32_t> dead;
  for (auto it = extents_.begin(); it != extents_.end();) {
    const bool gone = it->second.live == 0 && it->second.unindexed == 0 && it->first != open_;
    if (gone) dead.push_back(it->first);
    if (gone) unprepared_.erase(it->first);
    it = gone ? extents_.erase(it) : std::next(it);
  }
  return dead;
}

bool ExtentAllocator::knows(std::uint32_t extent) const {
  std::lock_guard lock(mutex_);
  return extents_.contains(extent);
}

std::uint64_t ExtentAllocator::end_of(std::uint32_t extent) const {
  std::lock_guard lock(mutex_);
  const auto found = extents_.find(extent);
  return found == extents_.end() ? 0 : found->second.end;
}

std::optional<disk::ExtentAddress> ExtentAllocator::close() {
  std::lock_guard lock(mutex_);
  if (!open_) return std::nullopt;
  return disk::ExtentAddress{*std::exchange(open_, std::nullopt), offset_, 0};
}

std::uint32_t ExtentAllocator::next() const {
  std::lock_guard lock(mutex_);
  return next_;
}

std::uint64_t ExtentAllocator::live_bytes() const {
  std::lock_guard lock(mutex_);
  return live_bytes_;
}

std::uint64_t ExtentAllocator::live_chunks() const {
  std::lock_guard lock(mutex_);
  return live_chunks_;
}

}  // namespace freehold::store::embedded
