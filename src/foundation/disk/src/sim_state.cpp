// Files and names of the simulated disk. What a crash leaves of them: sim_crash.cpp.
#include "src/sim_state.h"

#include <algorithm>
#include <cstring>

#include "base/check.h"

namespace freehold::disk {
namespace {
std::uint64_t slots_for(std::uint64_t size) { return (size + kSimPage - 1) / kSimPage; }
bool is_below(const std::string& path, const std::string& directory) {
  return path.size() > directory.size() && path.starts_with(directory) &&
         (directory == "/" || path[directory.size()] == '/');
}
}  // namespace

std::string SimState::normal(const std::string& path) {
  std::string out;
  for (const char c : path) {
    if (c != '/' || out.empty() || out.back() != '/') out.push_back(c);
  }
  if (out.size() > 1 && out.back() == '/') out.pop_back();
  return out;
}

std::string SimState::parent_of(const std::string& normal_path) {
  const auto slash = normal_path.rfind('/');
  return slash == 0 || slash == std::string::npos ? "/" : normal_path.substr(0, slash);
}

Result<> SimState::check_up() const {
  if (down_) return fail(ErrorCode::kUnavailable, "the disk doesn't answer", "simulated power loss");
  return {};
}

Result<> SimState::begin_change() {
  FH_CHECK_OK(check_up());
  if (++ops_ == fail_from_) down_ = true;
  return check_up();
}

Result<> SimState::pass_change() {
  const std::lock_guard lock(mutex_);
  return begin_change();
}

// --- names ---

void SimState::apply(Names& names, const NameChanges& changes) {
  for (const auto& change : changes) {
    if (change.kind == NameChange::Kind::kAdd) {
      names[change.path] = change.node;
      continue;
    }
    const auto found = names.find(change.path);
    if (found != names.end() && found->second == change.node) names.erase(found);
  }
}

void SimState::change_names(NameChanges changes) {
  apply(names_, changes);
  pending_.push_back(std::move(changes));
}

bool SimState::has_directory(const std::string& path) const {
  const auto found = names_.find(path);
  return found != names_.end() && found->second->is_directory;
}

Result<SimNodePtr> SimState::missing(const std::string& path) {
  return fail(ErrorCode::kNotFound, "no such file", path);
}

Result<SimNodePtr> SimState::find(const std::string& raw) {
  const std::string path = normal(raw);
  const std::lock_guard lock(mutex_);
  FH_CHECK_OK(check_up());
  const auto found = names_.find(path);
  if (found == names_.end()) return missing(path);
  return found->second;
}

Result<SimNodePtr> SimState::open(const std::string& raw, Existing existing) {
  const std::string path = normal(raw);
  const std::lock_guard lock(mutex_);
  FH_CHECK_OK(check_up());
  const auto found = names_.find(path);
  if (found != names_.end()) {
    if (found->second->is_directory) return fail(ErrorCode::kConflict, "a directory stands there", path);
    if (existing == Existing::kTruncated && found->second->size > 0) {
      FH_CHECK_OK(begin_change());
      set_size(*found->second, 0);
    }
    return found->second;
  }
  if (existing == Existing::kRequired || !has_directory(parent_of(path))) return missing(path);
  FH_CHECK_OK(begin_change());
  auto node = std::make_shared<SimNode>();
  node->links = 1;
  node->modified = ops_;
  change_names({{NameChange::Kind::kAdd, path, node}});
  return node;
}

Result<std::vector<std::string>> SimState::list(const std::string& raw) {
  const std::string path = normal(raw);
  const std::lock_guard lock(mutex_);
  FH_CHECK_OK(check_up());
  if (!has_directory(path)) return fail(ErrorCode::kNotFound, "no such directory", path);
  const std::string prefix = path == "/" ? path : path + '/';
  std::vector<std::string> out;
  for (auto at = names_.upper_bound(prefix); at != names_.end() && at->first.starts_with(prefix); ++at) {
    const std::string_view name = std::string_view(at->first).substr(prefix.size());
    if (name.find('/') == std::string_view::npos) out.emplace_back(name);
  }
  return out;  // one directory's names lie in their order, whatever lies between
}

Result<> SimState::make_directory(const std::string& raw) {
  const std::string path = normal(raw);
  const std::lock_guard lock(mutex_);
  FH_CHECK_OK(check_up());
  for (std::size_t at = 1; at != std::string::npos;) {
    at = path.find('/', at);
    const std::string part = path.substr(0, at);
    if (at != std::string::npos) ++at;
    if (has_directory(part)) continue;
    if (names_.contains(part)) return fail(ErrorCode::kConflict, "a file stands where a directory should", part);
    FH_CHECK_OK(begin_change());
    change_names({{NameChange::Kind::kAdd, part, directory()}});
  }
  return {};
}

Result<> SimState::rename(const std::string& raw_from, const std::string& raw_to) {
  const std::string from = normal(raw_from);
  const std::string to = normal(raw_to);
  const std::lock_guard lock(mutex_);
  FH_CHECK_OK(begin_change());
  const auto found = names_.find(from);
  if (found == names_.end() || !has_directory(parent_of(to))) return fail(ErrorCode::kNotFound, "no such file", from);
  if (from == to) return {};
  if (const auto old = names_.find(to); old != names_.end()) {
    if (old->second->is_directory) return fail(ErrorCode::kConflict, "a directory stands there", to);
    release(*old->second);
  }
  NameChanges changes;
  for (auto at = found; at != names_.end() && at->first.starts_with(from); ++at) {
    if (at->first != from && !is_below(at->first, from)) continue;
    changes.push_back({NameChange::Kind::kRemove, at->first, at->second});
    changes.push_back({NameChange::Kind::kAdd, to + at->first.substr(from.size()), at->second});
  }
  change_names(std::move(changes));
  return {};
}

Result<> SimState::remove(const std::string& raw) {
  const std::string path = normal(raw);
  const std::lock_guard lock(mutex_);
  FH_CHECK_OK(check_up());
  const auto found = names_.find(path);
  if (found == names_.end()) return fail(ErrorCode::kNotFound, "no such file", path);
  const auto next = std::next(found);
  if (found->second->is_directory && next != names_.end() && is_below(next->first, path)) {
    return fail(ErrorCode::kConflict, "the directory isn't empty", path);
  }
  FH_CHECK_OK(begin_change());
  const SimNodePtr node = found->second;
  release(*node);
  change_names({{NameChange::Kind::kRemove, path, node}});
  return {};
}

Result<> SimState::sync_directory(const std::string& raw) {
  const std::string path = normal(raw);
  const std::lock_guard lock(mutex_);
  FH_CHECK_OK(begin_change());
  if (!has_directory(path)) return fail(ErrorCode::kNotFound, "no such directory", path);
  std::erase_if(pending_, [&](const NameChanges& changes) {
    const bool kept = std::ranges::any_of(changes, [&](const NameChange& change) {
      const bool own_name = change.node->is_directory && (change.path == path || is_below(path, change.path));
      return own_name || parent_of(change.path) == path;
    });
    if (kept) apply(durable_names_, changes);
    return kept;
  });
  return {};
}

Result<> SimState::lock(const std::string& raw) {
  const std::lock_guard guard(mutex_);
  FH_CHECK_OK(check_up());
  if (!locks_.insert(normal(raw)).second) return fail(ErrorCode::kConflict, "the directory is in use", raw);
  return {};
}

void SimState::unlock(const std::string& raw) {
  const std::lock_guard guard(mutex_);
  locks_.erase(normal(raw));
}

// --- bytes ---

// Takes a page's room from the disk; false if it is full.
bool SimState::claim(SimNode& node, SimSlot& slot) {
  if (slot.allocated) return true;
  if (node.links > 0) {
    if ((used_slots_ + 1) * kSimPage > capacity_) return false;
    ++used_slots_;
  }
  slot.allocated = true;
  ++node.allocated_slots;
  return true;
}

// Frees the room of a file that loses its last name (one that is still open keeps its bytes: good enough for a fake).
void SimState::release(SimNode& node) {
  FH_CHECK(node.links > 0);
  if (--node.links == 0) used_slots_ -= node.allocated_slots;
}

void SimState::make_dirty(SimNode& node, std::size_t index) {
  SimSlot& slot = node.slots[index];
  if (slot.dirty) return;
  slot.dirty = true;
  node.dirty.push_back(index);
}

Result<> SimState::write(SimNode& node, std::uint64_t offset, BytesView bytes) {
  const std::lock_guard lock(mutex_);
  FH_CHECK_OK(begin_change());
  node.modified = ops_;
  if (node.slots.size() < slots_for(offset + bytes.size())) node.slots.resize(slots_for(offset + bytes.size()));
  while (!bytes.empty()) {
    const std::size_t index = offset / kSimPage;
    const std::size_t within = offset % kSimPage;
    const std::size_t n = std::min<std::size_t>(bytes.size(), kSimPage - within);
    SimSlot& slot = node.slots[index];
    if (!claim(node, slot)) return fail(ErrorCode::kExhausted, "the disk is full");
    if (!slot.dirty || !slot.current) {  // shared with the durable version: a copy of its own
      slot.current = slot.current ? std::make_shared<std::array<char, kSimPage>>(*slot.current)
                                  : std::make_shared<std::array<char, kSimPage>>();
    }
    make_dirty(node, index);
    std::memcpy(slot.current->data() + within, bytes.data(), n);
    bytes.remove_prefix(n);
    offset += n;
    node.size = std::max(node.size, offset);
  }
  return {};
}

Result<std::size_t> SimState::read(const SimNode& node, std::uint64_t offset, std::span<char> out) {
  const std::lock_guard lock(mutex_);
  FH_CHECK_OK(check_up());
  if (offset >= node.size) return 0;
  const std::size_t total = std::min<std::uint64_t>(out.size(), node.size - offset);
  for (std::size_t done = 0; done < total;) {
    const std::size_t within = (offset + done) % kSimPage;
    const std::size_t n = std::min<std::size_t>(total - done, kSimPage - within);
    const std::size_t index = (offset + done) / kSimPage;
    const auto* page = index < node.slots.size() ? node.slots[index].current.get() : nullptr;
    if (page != nullptr) {
      std::memcpy(out.data() + done, page->data() + within, n);
    } else {
      std::memset(out.data() + done, 0, n);
    }
    done += n;
  }
  return total;
}

Result<> SimState::sync(SimNode& node) {
  const std::lock_guard lock(mutex_);
  FH_CHECK_OK(begin_change());
  for (const std::size_t index : node.dirty) {
    node.slots[index].durable = node.slots[index].current;
    node.slots[index].dirty = false;
  }
  node.dirty.clear();
  node.durable_size = node.size;
  node.slots.resize(slots_for(node.size));
  return {};
}

// Slots behind the end stay until the next sync: their durable versions may come back in a crash.
void SimState::set_size(SimNode& node, std::uint64_t size) {
  if (node.slots.size() < slots_for(size)) node.slots.resize(slots_for(size));
  for (std::size_t index = slots_for(size); index < node.slots.size(); ++index) {
    SimSlot& slot = node.slots[index];
    if (slot.allocated) {
      slot.allocated = false;
      --node.allocated_slots;
      if (node.links > 0) --used_slots_;
    }
    if (!slot.current) continue;
    slot.current = nullptr;
    make_dirty(node, index);
  }
  const std::size_t last = size / kSimPage;
  if (size < node.size && size % kSimPage != 0 && node.slots[last].current) {  // what follows the end must read as zero
    auto page = std::make_shared<std::array<char, kSimPage>>(*node.slots[last].current);
    std::memset(page->data() + size % kSimPage, 0, kSimPage - size % kSimPage);
    node.slots[last].current = std::move(page);
    make_dirty(node, last);
  }
  node.size = size;
}

Result<> SimState::resize(SimNode& node, std::uint64_t size) {
  const std::lock_guard lock(mutex_);
  FH_CHECK_OK(begin_change());
  node.modified = ops_;
  set_size(node, size);
  return {};
}

Result<> SimState::preallocate(SimNode& node, std::uint64_t size) {
  const std::lock_guard lock(mutex_);
  FH_CHECK_OK(begin_change());
  if (node.slots.size() < slots_for(size)) node.slots.resize(slots_for(size));
  for (std::size_t index = 0; index < slots_for(size); ++index) {
    if (!claim(node, node.slots[index])) return fail(ErrorCode::kExhausted, "the disk is full");
  }
  node.size = std::max(node.size, size);
  return {};
}

Result<> SimState::punch(SimNode& node, std::uint64_t offset, std::uint64_t length) {
  FH_CHECK(offset % kSimPage == 0 && length % kSimPage == 0);
  const std::lock_guard lock(mutex_);
  FH_CHECK_OK(begin_change());
  const std::size_t end = std::min<std::size_t>(node.slots.size(), (offset + length) / kSimPage);
  for (std::size_t index = offset / kSimPage; index < end; ++index) {
    SimSlot& slot = node.slots[index];
    if (slot.allocated) {
      slot.allocated = false;
      --node.allocated_slots;
      if (node.links > 0) --used_slots_;
    }
    if (!slot.current) continue;
    slot.current = nullptr;
    make_dirty(node, index);
  }
  return {};
}

Result<std::uint64_t> SimState::size(const SimNode& node) {
  const std::lock_guard lock(mutex_);
  FH_CHECK_OK(check_up());
  return node.size;
}

Result<std::uint64_t> SimState::allocated(const SimNode& node) {
  const std::lock_guard lock(mutex_);
  FH_CHECK_OK(check_up());
  return node.allocated_slots * kSimPage;
}

Result<std::uint64_t> SimState::modified(const SimNode& node) {
  const std::lock_guard lock(mutex_);
  FH_CHECK_OK(check_up());
  return node.modified;
}

Result<std::uint64_t> SimState::free_bytes() {
  const std::lock_guard lock(mutex_);
  FH_CHECK_OK(check_up());
  const std::uint64_t used = used_slots_ * kSimPage;
  return used < capacity_ ? capacity_ - used : 0;
}

Result<> SimState::flip_bit(const std::string& path, std::uint64_t offset, unsigned bit) {
  FH_TRY(const SimNodePtr node, find(path));
  const std::lock_guard lock(mutex_);
  const std::size_t index = offset / kSimPage;
  if (node->is_directory || offset >= node->size) return fail(ErrorCode::kNotFound, "nothing there to damage", path);
  SimSlot& slot = node->slots[index];
  for (SimPage* page : {&slot.current, &slot.durable}) {
    *page =
        *page ? std::make_shared<std::array<char, kSimPage>>(**page) : std::make_shared<std::array<char, kSimPage>>();
    char& byte = (**page)[offset % kSimPage];
    byte = static_cast<char>(byte ^ static_cast<char>(1u << (bit % 8)));
    if (!slot.dirty) {  // one version, shared
      slot.durable = slot.current;
      break;
    }
  }
  return {};
}

}  // namespace freehold::disk
