// What a crash leaves of a simulated disk, and the switches of tests.
#include <algorithm>
#include <cstring>
#include <unordered_map>

#include "src/sim_state.h"

namespace freehold::disk {
namespace {

constexpr std::size_t kSector = 512;

// Fair by `quarters` of four. Each crash draws its own chances, so that over seeds nothing, everything and every
// mixture survive.
class Chance {
 public:
  Chance(std::mt19937_64& dice) : dice_(dice), quarters_(dice() % 5) {}
  bool operator()() { return dice_() % 4 < quarters_; }

 private:
  std::mt19937_64& dice_;
  std::uint64_t quarters_;
};

SimPage torn(const SimPage& old_page, const SimPage& new_page, std::mt19937_64& dice) {
  auto page = old_page ? std::make_shared<std::array<char, kSimPage>>(*old_page)
                       : std::make_shared<std::array<char, kSimPage>>();
  for (std::size_t at = 0; at < kSimPage; at += kSector) {
    if (dice() % 2 == 0) continue;
    if (new_page) {
      std::memcpy(page->data() + at, new_page->data() + at, kSector);
    } else {
      std::memset(page->data() + at, 0, kSector);
    }
  }
  return page;
}

std::uint64_t surviving_size(const SimNode& node, std::mt19937_64& dice) {
  if (node.size == node.durable_size) return node.size;
  const auto [low, high] = std::minmax(node.size, node.durable_size);
  switch (dice() % 3) {
    case 0:
      return node.durable_size;
    case 1:
      return node.size;
    default:
      return low + dice() % (high - low + 1);
  }
}

}  // namespace

SimNodePtr SimState::survivor(const SimNode& node, std::mt19937_64& dice) {
  auto out = std::make_shared<SimNode>();
  out->is_directory = node.is_directory;
  out->modified = node.modified;
  out->slots = node.slots;
  Chance survives(dice);
  // As on ext4 (data=ordered) and XFS: a file doesn't get longer before the page that holds its old end is on the disk.
  const std::size_t old_end = node.durable_size / kSimPage;
  bool old_end_lost = false;
  for (const std::size_t index : node.dirty) {
    SimSlot& slot = out->slots[index];
    const SimPage wanted = slot.current;
    const bool tears = dice() % 8 == 0;
    slot.current = tears ? torn(slot.durable, slot.current, dice) : survives() ? slot.current : slot.durable;
    slot.dirty = false;
    old_end_lost = old_end_lost || (index == old_end && node.durable_size % kSimPage != 0 && slot.current != wanted);
  }
  out->size = surviving_size(node, dice);
  if (old_end_lost) out->size = std::min(out->size, node.durable_size);
  out->durable_size = out->size;
  out->slots.resize((out->size + kSimPage - 1) / kSimPage);
  if (const std::size_t within = out->size % kSimPage; within != 0 && out->slots.back().current) {
    auto page = std::make_shared<std::array<char, kSimPage>>(*out->slots.back().current);
    std::memset(page->data() + within, 0, kSimPage - within);
    out->slots.back().current = std::move(page);
  }
  for (SimSlot& slot : out->slots) {
    slot.durable = slot.current;
    slot.allocated = slot.allocated || slot.current;
    out->allocated_slots += slot.allocated ? 1 : 0;
  }
  return out;
}

std::shared_ptr<SimState> SimState::crash(std::uint64_t seed) {
  const std::lock_guard lock(mutex_);
  down_ = true;
  std::mt19937_64 dice(seed);
  Names names = durable_names_;
  Chance happened(dice);
  for (const auto& changes : pending_) {
    if (happened()) apply(names, changes);
  }
  auto after = std::make_shared<SimState>(capacity_);
  after->names_.clear();
  std::unordered_map<const SimNode*, SimNodePtr> survivors;
  for (const auto& [path, node] : names) {                                // parents come before what is in them
    if (path != "/" && !after->has_directory(parent_of(path))) continue;  // its directory didn't survive
    SimNodePtr& copy = survivors[node.get()];
    if (!copy) {
      copy = survivor(*node, dice);
      after->used_slots_ += copy->allocated_slots;
    }
    ++copy->links;
    after->names_[path] = copy;
  }
  after->durable_names_ = after->names_;
  after->reads_cached_ = reads_cached_;
  return after;
}

std::uint64_t SimState::ops() {
  const std::lock_guard lock(mutex_);
  return ops_;
}
void SimState::fail_from_op(std::uint64_t n) {
  const std::lock_guard lock(mutex_);
  fail_from_ = n;
}
bool SimState::is_down() {
  const std::lock_guard lock(mutex_);
  return down_;
}
void SimState::set_capacity(std::uint64_t bytes) {
  const std::lock_guard lock(mutex_);
  capacity_ = bytes;
}
std::uint64_t SimState::used_bytes() {
  const std::lock_guard lock(mutex_);
  return used_slots_ * kSimPage;
}
void SimState::set_reads_cached(bool cached) {
  const std::lock_guard lock(mutex_);
  reads_cached_ = cached;
}
bool SimState::reads_cached() {
  const std::lock_guard lock(mutex_);
  return reads_cached_;
}
std::uint64_t SimState::unsynced_pages() {
  const std::lock_guard lock(mutex_);
  std::uint64_t sum = 0;
  for (const auto& [path, node] : names_) sum += node->dirty.size();
  return sum;
}
std::uint64_t SimState::unsynced_names() {
  const std::lock_guard lock(mutex_);
  return pending_.size();
}

}  // namespace freehold::disk
