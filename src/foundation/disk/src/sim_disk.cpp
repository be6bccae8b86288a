#include "disk/sim_disk.h"

#include "base/check.h"
#include "src/sim_state.h"

namespace freehold::disk {
namespace {

class SimFile final : public File {
 public:
  SimFile(std::shared_ptr<SimState> state, SimNodePtr node, OpenMode mode)
      : state_(std::move(state)), node_(std::move(node)), mode_(mode) {}

  Result<> write_at(std::uint64_t offset, std::span<const BytesView> pieces) override {
    FH_CHECK(mode_ != OpenMode::kRead);
    for (const BytesView piece : pieces) {
      if (mode_ == OpenMode::kDirect) check_aligned(piece.data(), offset, piece.size());
      FH_CHECK_OK(state_->write(*node_, offset, piece));
      offset += piece.size();
    }
    return {};
  }
  Result<> read_at(std::uint64_t offset, std::span<char> out) override {
    FH_TRY(const std::size_t n, state_->read(*node_, offset, out));
    if (n < out.size()) return fail(ErrorCode::kCorrupt, "a stored file ends too early");
    return {};
  }
  Result<bool> try_read_at(std::uint64_t offset, std::span<char> out) override {
    if (!state_->reads_cached()) return false;
    FH_CHECK_OK(read_at(offset, out));
    return true;
  }
  Result<> read_direct(std::uint64_t offset, std::span<char> out) override {
    if (mode_ == OpenMode::kDirect) check_aligned(out.data(), offset, out.size());
    return read_at(offset, out);
  }
  Result<> sync() override { return state_->sync(*node_); }
  Result<> preallocate(std::uint64_t size) override { return state_->preallocate(*node_, size); }
  Result<> punch(std::uint64_t offset, std::uint64_t length) override { return state_->punch(*node_, offset, length); }
  Result<> cut(std::uint64_t size) override {
    FH_TRY(const auto now, state_->size(*node_));
    return now <= size ? Result<>() : state_->resize(*node_, size);
  }
  Result<std::uint64_t> size() override { return state_->size(*node_); }
  Result<std::uint64_t> allocated() override { return state_->allocated(*node_); }

 private:
  // The kernel answers EINVAL; here the mistake stops the test.
  static void check_aligned(const char* address, std::uint64_t offset, std::size_t length) {
    FH_CHECK(reinterpret_cast<std::uintptr_t>(address) % kDirectAlignment == 0);
    FH_CHECK(offset % kDirectAlignment == 0 && length % kDirectAlignment == 0);
  }

  const std::shared_ptr<SimState> state_;  // a file may outlive its disk
  const SimNodePtr node_;
  const OpenMode mode_;
};

class SimLock final : public DirectoryLock {
 public:
  SimLock(std::shared_ptr<SimState> state, std::string directory)
      : state_(std::move(state)), directory_(std::move(directory)) {}
  ~SimLock() override { state_->unlock(directory_); }
  SimLock(const SimLock&) = delete;
  SimLock& operator=(const SimLock&) = delete;

 private:
  const std::shared_ptr<SimState> state_;
  const std::string directory_;
};

}  // namespace

SimDisk::SimDisk(std::uint64_t capacity_bytes) : SimDisk(std::make_shared<SimState>(capacity_bytes)) {}
SimDisk::SimDisk(std::shared_ptr<SimState> state) : state_(std::move(state)), file_system_(sim_file_system(state_)) {}
SimDisk::~SimDisk() = default;

std::unique_ptr<SimDisk> SimDisk::crash(std::uint64_t seed) {
  return std::unique_ptr<SimDisk>(new SimDisk(state_->crash(seed)));
}
std::uint64_t SimDisk::ops() const { return state_->ops(); }
void SimDisk::fail_from_op(std::uint64_t n) { state_->fail_from_op(n); }
bool SimDisk::is_down() const { return state_->is_down(); }
void SimDisk::set_capacity(std::uint64_t bytes) { state_->set_capacity(bytes); }
std::uint64_t SimDisk::used_bytes() const { return state_->used_bytes(); }
Result<> SimDisk::flip_bit(const std::string& path, std::uint64_t offset, unsigned bit) {
  return state_->flip_bit(path, offset, bit);
}
void SimDisk::set_reads_cached(bool cached) { state_->set_reads_cached(cached); }
std::uint64_t SimDisk::unsynced_pages() const { return state_->unsynced_pages(); }
std::uint64_t SimDisk::unsynced_names() const { return state_->unsynced_names(); }

Result<std::unique_ptr<File>> SimDisk::open(const std::string& path, OpenMode mode) {
  const auto existing = mode == OpenMode::kRead ? SimState::Existing::kRequired : SimState::Existing::kKept;
  FH_TRY(auto node, state_->open(path, existing));
  return std::make_unique<SimFile>(state_, std::move(node), mode);
}

Result<bool> SimDisk::exists(const std::string& path) {
  const auto found = state_->find(path);
  if (found) return true;
  if (found.error().code == ErrorCode::kNotFound) return false;
  return std::unexpected(found.error());
}

Result<std::vector<std::string>> SimDisk::list(const std::string& directory) { return state_->list(directory); }
Result<> SimDisk::make_directories(const std::string& directory) { return state_->make_directory(directory); }
Result<> SimDisk::rename(const std::string& from, const std::string& to) { return state_->rename(from, to); }

Result<> SimDisk::unlink(const std::string& path) {
  auto removed = state_->remove(path);
  if (!removed && removed.error().code == ErrorCode::kNotFound) return {};
  return removed;
}

Result<> SimDisk::remove_tree(const std::string& directory) {
  FH_TRY(const bool there, exists(directory));
  if (!there) return {};
  FH_TRY(const auto node, state_->find(directory));
  if (node->is_directory) {
    FH_TRY(const auto names, list(directory));
    for (const auto& name : names) {
      FH_CHECK_OK(remove_tree(directory + '/' + name));
    }
  }
  return unlink(directory);
}

Result<> SimDisk::sync_directory(const std::string& directory) { return state_->sync_directory(directory); }
Result<FreeSpace> SimDisk::free_space(const std::string&) {
  FH_TRY(const auto bytes, state_->free_bytes());
  return FreeSpace{.bytes = bytes};
}

Result<std::unique_ptr<DirectoryLock>> SimDisk::lock(const std::string& directory) {
  FH_CHECK_OK(state_->lock(directory));
  return std::make_unique<SimLock>(state_, directory);
}

std::shared_ptr<rocksdb::FileSystem> SimDisk::rocksdb_file_system() { return file_system_; }
std::shared_ptr<rocksdb::Env> SimDisk::rocksdb_env(std::shared_ptr<rocksdb::FileSystem> over) {
  return sim_env(std::move(over));
}

}  // namespace freehold::disk
