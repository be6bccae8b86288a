#include "disk/faulty_disk.h"

#include <algorithm>
#include <map>
#include <mutex>

#include "src/hooked_file_system.h"
#include "src/io_status.h"

namespace freehold::disk {

// The switches. Thread-safe.
class FaultyDisk::Faults {
 public:
  enum class Kind { kBroken, kLost, kFlipped };
  struct Fault {
    Kind kind;
    std::optional<std::uint64_t> offset;
  };

  void set(const std::string& prefix, Fault fault) {
    const std::lock_guard lock(mutex_);
    faults_[prefix] = fault;
  }
  void heal(const std::string& prefix) {
    const std::lock_guard lock(mutex_);
    faults_.erase(prefix);
  }
  void set_room(std::optional<std::uint64_t> bytes) {
    const std::lock_guard lock(mutex_);
    room_ = bytes;
  }
  std::optional<std::uint64_t> room() {
    const std::lock_guard lock(mutex_);
    return room_;
  }

  Result<> before_change(const std::string& path, std::uint64_t bytes) {
    const std::lock_guard lock(mutex_);
    if (const Fault* fault = find(path); fault != nullptr && fault->kind != Kind::kFlipped) {
      return fail(ErrorCode::kUnavailable, "the disk doesn't answer", "injected fault at " + path);
    }
    if (!room_ || bytes == 0) return {};
    if (bytes > *room_) return fail(ErrorCode::kExhausted, "the disk is full", "injected fault at " + path);
    *room_ -= bytes;
    return {};
  }

  Result<> before_read(const std::string& path) {
    const std::lock_guard lock(mutex_);
    const Fault* fault = find(path);
    if (fault == nullptr || fault->kind == Kind::kFlipped) return {};
    if (fault->kind == Kind::kLost) return fail(ErrorCode::kNotFound, "no such file", "injected fault at " + path);
    return fail(ErrorCode::kUnavailable, "the disk doesn't answer", "injected fault at " + path);
  }

  void after_read(const std::string& path, std::uint64_t offset, std::span<char> data) {
    const std::lock_guard lock(mutex_);
    const Fault* fault = find(path);
    if (fault == nullptr || fault->kind != Kind::kFlipped || data.empty()) return;
    const std::uint64_t at = fault->offset.value_or(offset + data.size() / 2);
    if (at < offset || at - offset >= data.size()) return;
    data[at - offset] = static_cast<char>(data[at - offset] ^ 1);
  }

 private:
  const Fault* find(const std::string& path) const {
    for (const auto& [prefix, fault] : faults_) {
      if (path.starts_with(prefix) && (path.size() == prefix.size() || path[prefix.size()] == '/')) return &fault;
    }
    return nullptr;
  }

  std::mutex mutex_;
  std::map<std::string, Fault> faults_;
  std::optional<std::uint64_t> room_;
};

namespace {

class FaultyFile final : public File {
 public:
  FaultyFile(std::unique_ptr<File> base, std::string path, std::shared_ptr<FaultyDisk::Faults> faults)
      : base_(std::move(base)), path_(std::move(path)), faults_(std::move(faults)) {}

  Result<> write_at(std::uint64_t offset, std::span<const BytesView> pieces) override {
    std::uint64_t end = offset;
    for (const BytesView piece : pieces) end += piece.size();
    FH_TRY(const auto size, base_->size());  // what lies inside the file has its room already
    FH_CHECK_OK(faults_->before_change(path_, end > size ? end - std::max(offset, size) : 0));
    return base_->write_at(offset, pieces);
  }
  Result<> read_at(std::uint64_t offset, std::span<char> out) override {
    FH_CHECK_OK(faults_->before_read(path_));
    FH_CHECK_OK(base_->read_at(offset, out));
    faults_->after_read(path_, offset, out);
    return {};
  }
  Result<bool> try_read_at(std::uint64_t offset, std::span<char> out) override {
    FH_CHECK_OK(faults_->before_read(path_));
    FH_TRY(const bool there, base_->try_read_at(offset, out));
    if (there) faults_->after_read(path_, offset, out);
    return there;
  }
  Result<> read_direct(std::uint64_t offset, std::span<char> out) override {
    FH_CHECK_OK(faults_->before_read(path_));
    FH_CHECK_OK(base_->read_direct(offset, out));
    faults_->after_read(path_, offset, out);
    return {};
  }
  Result<> sync() override {
    FH_CHECK_OK(faults_->before_change(path_, 0));
    return base_->sync();
  }
  Result<> preallocate(std::uint64_t bytes) override {
    FH_TRY(const auto now, base_->size());
    FH_CHECK_OK(faults_->before_change(path_, bytes > now ? bytes - now : 0));
    return base_->preallocate(bytes);
  }
  Result<> punch(std::uint64_t offset, std::uint64_t length) override {
    FH_CHECK_OK(faults_->before_change(path_, 0));
    return base_->punch(offset, length);
  }
  Result<> cut(std::uint64_t size) override {
    FH_CHECK_OK(faults_->before_change(path_, 0));
    return base_->cut(size);
  }
  Result<std::uint64_t> size() override {
    FH_CHECK_OK(faults_->before_read(path_));
    return base_->size();
  }
  Result<std::uint64_t> allocated() override {
    FH_CHECK_OK(faults_->before_read(path_));
    return base_->allocated();
  }

 private:
  const std::unique_ptr<File> base_;
  const std::string path_;
  const std::shared_ptr<FaultyDisk::Faults> faults_;
};

class FaultHooks final : public FileHooks {
 public:
  explicit FaultHooks(std::shared_ptr<FaultyDisk::Faults> faults) : faults_(std::move(faults)) {}
  rocksdb::IOStatus before_change(const std::string& path, std::uint64_t bytes) override {
    return io_status(faults_->before_change(path, bytes));
  }
  rocksdb::IOStatus before_read(const std::string& path) override { return io_status(faults_->before_read(path)); }
  void after_read(const std::string& path, std::uint64_t offset, std::span<char> data) override {
    faults_->after_read(path, offset, data);
  }
  [[nodiscard]] bool sees_reads() const override { return true; }

 private:
  const std::shared_ptr<FaultyDisk::Faults> faults_;
};

}  // namespace

FaultyDisk::FaultyDisk(Disk& base)
    : base_(base),
      faults_(std::make_shared<Faults>()),
      file_system_(hook_file_system(base.rocksdb_file_system(), std::make_shared<FaultHooks>(faults_))) {}
FaultyDisk::~FaultyDisk() = default;

void FaultyDisk::set_room(std::optional<std::uint64_t> bytes) { faults_->set_room(bytes); }
void FaultyDisk::break_below(const std::string& prefix) { faults_->set(prefix, {Faults::Kind::kBroken, {}}); }
void FaultyDisk::lose_below(const std::string& prefix) { faults_->set(prefix, {Faults::Kind::kLost, {}}); }
void FaultyDisk::flip_reads_below(const std::string& prefix, std::optional<std::uint64_t> offset) {
  faults_->set(prefix, {Faults::Kind::kFlipped, offset});
}
void FaultyDisk::heal_below(const std::string& prefix) { faults_->heal(prefix); }

Result<std::unique_ptr<File>> FaultyDisk::open(const std::string& path, OpenMode mode) {
  FH_CHECK_OK(faults_->before_read(path));
  FH_TRY(auto file, base_.open(path, mode));
  return std::make_unique<FaultyFile>(std::move(file), path, faults_);
}
Result<bool> FaultyDisk::exists(const std::string& path) {
  if (auto seen = faults_->before_read(path); !seen) {
    if (seen.error().code == ErrorCode::kNotFound) return false;
    return pass_on(seen);
  }
  return base_.exists(path);
}
Result<std::vector<std::string>> FaultyDisk::list(const std::string& directory) {
  FH_CHECK_OK(faults_->before_read(directory));
  return base_.list(directory);
}
Result<> FaultyDisk::make_directories(const std::string& directory) {
  FH_CHECK_OK(faults_->before_change(directory, 0));
  return base_.make_directories(directory);
}
Result<> FaultyDisk::rename(const std::string& from, const std::string& to) {
  FH_CHECK_OK(faults_->before_change(from, 0));
  FH_CHECK_OK(faults_->before_change(to, 0));
  return base_.rename(from, to);
}
Result<> FaultyDisk::unlink(const std::string& path) {
  FH_CHECK_OK(faults_->before_change(path, 0));
  return base_.unlink(path);
}
Result<> FaultyDisk::remove_tree(const std::string& directory) {
  FH_CHECK_OK(faults_->before_change(directory, 0));
  return base_.remove_tree(directory);
}
Result<> FaultyDisk::sync_directory(const std::string& directory) {
  FH_CHECK_OK(faults_->before_change(directory, 0));
  return base_.sync_directory(directory);
}
Result<FreeSpace> FaultyDisk::free_space(const std::string& path) {
  FH_CHECK_OK(faults_->before_read(path));
  FH_TRY(auto space, base_.free_space(path));
  space.bytes = std::min(space.bytes, faults_->room().value_or(space.bytes));
  return space;
}
Result<std::unique_ptr<DirectoryLock>> FaultyDisk::lock(const std::string& directory) {
  FH_CHECK_OK(faults_->before_read(directory));
  return base_.lock(directory);
}
std::shared_ptr<rocksdb::FileSystem> FaultyDisk::rocksdb_file_system() { return file_system_; }
std::shared_ptr<rocksdb::Env> FaultyDisk::rocksdb_env(std::shared_ptr<rocksdb::FileSystem> over) {
  return base_.rocksdb_env(std::move(over));
}

}  // namespace freehold::disk
