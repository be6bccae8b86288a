#include "src/embedded/extent_allocator.h"

#include "base/check.h"

namespace freehold::store::embedded {

void ExtentAllocator::add(const disk::ExtentAddress& address) {
  std::lock_guard lock(mutex_);
  extents_[address.extent].live += address.footprint();
  live_bytes_ += address.footprint();
  ++live_chunks_;
}

ExtentAllocator::Place ExtentAllocator::allocate(std::uint32_t length) {
  std::lock_guard lock(mutex_);
  Place place{{0, 0, length}, {}};
  const std::uint64_t footprint = place.address.footprint();
  FH_CHECK(footprint <= extent_bytes_);
  if (!open_ || offset_ + footprint > extent_bytes_) {
    if (open_ && offset_ < extent_bytes_) {
      const auto rest = static_cast<std::uint32_t>(extent_bytes_ - offset_ - kDirectAlignment);
      place.left_over = disk::ExtentAddress{*open_, offset_, rest};
    }
    open_ = next_++;
    offset_ = 0;
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
    it = gone ? extents_.erase(it) : std::next(it);
  }
  return dead;
}

bool ExtentAllocator::knows(std::uint32_t extent) const {
  std::lock_guard lock(mutex_);
  return extents_.contains(extent);
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
