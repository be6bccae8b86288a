// RocksDB's view of a simulated disk.
#include <rocksdb/env.h>
#include <rocksdb/file_system.h>
#include <rocksdb/system_clock.h>

#include "src/io_status.h"
#include "src/silent_logger.h"
#include "src/sim_state.h"

namespace freehold::disk {
namespace {

using rocksdb::FileOptions;
using rocksdb::IODebugContext;
using rocksdb::IOOptions;
using rocksdb::IOStatus;
using rocksdb::Slice;
using State = std::shared_ptr<SimState>;

class SimSequentialFile final : public rocksdb::FSSequentialFile {
 public:
  SimSequentialFile(State state, SimNodePtr node) : state_(std::move(state)), node_(std::move(node)) {}
  IOStatus Read(size_t n, const IOOptions&, Slice* result, char* scratch, IODebugContext*) override {
    const auto got = state_->read(*node_, offset_, {scratch, n});
    if (!got) return io_status(got.error());
    *result = Slice(scratch, *got);
    offset_ += *got;
    return IOStatus::OK();
  }
  IOStatus Skip(uint64_t n) override {
    const auto size = state_->size(*node_);
    if (!size) return io_status(size.error());
    offset_ = std::min(offset_ + n, std::max(offset_, *size));
    return IOStatus::OK();
  }
  IOStatus InvalidateCache(size_t, size_t) override { return IOStatus::OK(); }

 private:
  const State state_;
  const SimNodePtr node_;
  std::uint64_t offset_ = 0;
};

class SimRandomAccessFile final : public rocksdb::FSRandomAccessFile {
 public:
  SimRandomAccessFile(State state, SimNodePtr node) : state_(std::move(state)), node_(std::move(node)) {}
  IOStatus Read(uint64_t offset, size_t n, const IOOptions&, Slice* result, char* scratch,
                IODebugContext*) const override {
    const auto got = state_->read(*node_, offset, {scratch, n});
    if (!got) return io_status(got.error());
    *result = Slice(scratch, *got);
    return IOStatus::OK();
  }
  IOStatus InvalidateCache(size_t, size_t) override { return IOStatus::OK(); }

 private:
  const State state_;
  const SimNodePtr node_;
};

// One writer, as RocksDB promises.
class SimWritableFile final : public rocksdb::FSWritableFile {
 public:
  SimWritableFile(State state, SimNodePtr node, std::uint64_t offset)
      : state_(std::move(state)), node_(std::move(node)), offset_(offset) {}
  using FSWritableFile::Append;
  using FSWritableFile::PositionedAppend;
  IOStatus Append(const Slice& data, const IOOptions& options, IODebugContext* dbg) override {
    return PositionedAppend(data, offset_, options, dbg);
  }
  IOStatus PositionedAppend(const Slice& data, uint64_t offset, const IOOptions&, IODebugContext*) override {
    auto s = io_status(state_->write(*node_, offset, {data.data(), data.size()}));
    if (s.ok()) offset_ = offset + data.size();
    return s;
  }
  IOStatus Truncate(uint64_t size, const IOOptions&, IODebugContext*) override {
    auto s = io_status(state_->resize(*node_, size));
    if (s.ok()) offset_ = size;
    return s;
  }
  IOStatus Close(const IOOptions&, IODebugContext*) override { return IOStatus::OK(); }
  IOStatus Flush(const IOOptions&, IODebugContext*) override { return IOStatus::OK(); }
  IOStatus Sync(const IOOptions&, IODebugContext*) override { return io_status(state_->sync(*node_)); }
  IOStatus RangeSync(uint64_t, uint64_t, const IOOptions&, IODebugContext*) override {
    return io_status(state_->pass_change());  // starts the write-back, promises nothing
  }
  bool IsSyncThreadSafe() const override { return true; }
  uint64_t GetFileSize(const IOOptions&, IODebugContext*) override { return offset_; }
  IOStatus InvalidateCache(size_t, size_t) override { return IOStatus::OK(); }

 private:
  const State state_;
  const SimNodePtr node_;
  std::uint64_t offset_;
};

class SimDirectory final : public rocksdb::FSDirectory {
 public:
  SimDirectory(State state, std::string path) : state_(std::move(state)), path_(std::move(path)) {}
  IOStatus Fsync(const IOOptions&, IODebugContext*) override { return io_status(state_->sync_directory(path_)); }
  IOStatus Close(const IOOptions&, IODebugContext*) override { return IOStatus::OK(); }
  size_t GetUniqueId(char*, size_t) const override { return 0; }

 private:
  const State state_;
  const std::string path_;
};

class SimFileLock final : public rocksdb::FileLock {
 public:
  explicit SimFileLock(std::string path) : path_(std::move(path)) {}
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  const std::string path_;
};

class SimFileSystem final : public rocksdb::FileSystem {
 public:
  explicit SimFileSystem(State state) : state_(std::move(state)) {}
  const char* Name() const override { return "FreeholdSim"; }

  IOStatus NewSequentialFile(const std::string& path, const FileOptions&,
                             std::unique_ptr<rocksdb::FSSequentialFile>* result, IODebugContext*) override {
    auto node = state_->open(path, SimState::Existing::kRequired);
    if (!node) return io_status(node.error());
    *result = std::make_unique<SimSequentialFile>(state_, std::move(*node));
    return IOStatus::OK();
  }
  IOStatus NewRandomAccessFile(const std::string& path, const FileOptions&,
                               std::unique_ptr<rocksdb::FSRandomAccessFile>* result, IODebugContext*) override {
    auto node = state_->open(path, SimState::Existing::kRequired);
    if (!node) return io_status(node.error());
    *result = std::make_unique<SimRandomAccessFile>(state_, std::move(*node));
    return IOStatus::OK();
  }
  IOStatus NewWritableFile(const std::string& path, const FileOptions&,
                           std::unique_ptr<rocksdb::FSWritableFile>* result, IODebugContext*) override {
    auto node = state_->open(path, SimState::Existing::kTruncated);
    if (!node) return io_status(node.error());
    *result = std::make_unique<SimWritableFile>(state_, std::move(*node), 0);
    return IOStatus::OK();
  }
  IOStatus ReopenWritableFile(const std::string& path, const FileOptions&,
                              std::unique_ptr<rocksdb::FSWritableFile>* result, IODebugContext*) override {
    auto node = state_->open(path, SimState::Existing::kKept);
    if (!node) return io_status(node.error());
    const auto size = state_->size(**node);
    if (!size) return io_status(size.error());
    *result = std::make_unique<SimWritableFile>(state_, std::move(*node), *size);
    return IOStatus::OK();
  }
  IOStatus NewDirectory(const std::string& path, const IOOptions&, std::unique_ptr<rocksdb::FSDirectory>* result,
                        IODebugContext*) override {
    const auto node = state_->find(path);
    if (!node) return io_status(node.error());
    if (!(*node)->is_directory) return IOStatus::IOError(path, "not a directory");
    *result = std::make_unique<SimDirectory>(state_, path);
    return IOStatus::OK();
  }
  IOStatus FileExists(const std::string& path, const IOOptions&, IODebugContext*) override {
    const auto node = state_->find(path);
    if (!node && node.error().code == ErrorCode::kNotFound) return IOStatus::NotFound(path);
    return node ? IOStatus::OK() : io_status(node.error());
  }
  IOStatus GetChildren(const std::string& path, const IOOptions&, std::vector<std::string>* result,
                       IODebugContext*) override {
    auto names = state_->list(path);
    if (!names) return io_status(names.error());
    *result = std::move(*names);
    return IOStatus::OK();
  }
  IOStatus DeleteFile(const std::string& path, const IOOptions&, IODebugContext*) override {
    return io_status(state_->remove(path));
  }
  IOStatus Truncate(const std::string& path, size_t size, const IOOptions&, IODebugContext*) override {
    auto node = state_->open(path, SimState::Existing::kRequired);
    return node ? io_status(state_->resize(**node, size)) : io_status(node.error());
  }
  IOStatus CreateDir(const std::string& path, const IOOptions& options, IODebugContext* dbg) override {
    if (FileExists(path, options, dbg).ok()) return IOStatus::IOError(path, "exists");
    return io_status(state_->make_directory(path));
  }
  IOStatus CreateDirIfMissing(const std::string& path, const IOOptions&, IODebugContext*) override {
    return io_status(state_->make_directory(path));
  }
  IOStatus DeleteDir(const std::string& path, const IOOptions&, IODebugContext*) override {
    return io_status(state_->remove(path));
  }
  IOStatus GetFileSize(const std::string& path, const IOOptions&, uint64_t* size, IODebugContext*) override {
    return about(path, size, &SimState::size);
  }
  IOStatus GetFileModificationTime(const std::string& path, const IOOptions&, uint64_t* time,
                                   IODebugContext*) override {
    return about(path, time, &SimState::modified);
  }
  IOStatus RenameFile(const std::string& from, const std::string& to, const IOOptions&, IODebugContext*) override {
    return io_status(state_->rename(from, to));
  }
  IOStatus LockFile(const std::string& path, const IOOptions&, rocksdb::FileLock** lock, IODebugContext*) override {
    if (auto s = io_status(state_->lock(path)); !s.ok()) return s;
    *lock = new SimFileLock(path);  // RocksDB owns it until UnlockFile
    return IOStatus::OK();
  }
  IOStatus UnlockFile(rocksdb::FileLock* lock, const IOOptions&, IODebugContext*) override {
    const std::unique_ptr<SimFileLock> owned(static_cast<SimFileLock*>(lock));
    state_->unlock(owned->path());
    return IOStatus::OK();
  }
  IOStatus GetTestDirectory(const IOOptions&, std::string* path, IODebugContext*) override {
    *path = "/test";
    return io_status(state_->make_directory(*path));
  }
  IOStatus NewLogger(const std::string&, const IOOptions&, std::shared_ptr<rocksdb::Logger>* result,
                     IODebugContext*) override {
    *result = std::make_shared<SilentLogger>();
    return IOStatus::OK();
  }
  IOStatus GetAbsolutePath(const std::string& path, const IOOptions&, std::string* out, IODebugContext*) override {
    *out = SimState::normal(path.starts_with('/') ? path : '/' + path);
    return IOStatus::OK();
  }
  IOStatus GetFreeSpace(const std::string&, const IOOptions&, uint64_t* bytes, IODebugContext*) override {
    const auto free = state_->free_bytes();
    if (!free) return io_status(free.error());
    *bytes = *free;
    return IOStatus::OK();
  }
  IOStatus IsDirectory(const std::string& path, const IOOptions&, bool* is_directory, IODebugContext*) override {
    const auto node = state_->find(path);
    if (!node) return io_status(node.error());
    *is_directory = (*node)->is_directory;
    return IOStatus::OK();
  }

 private:
  using Question = Result<std::uint64_t> (SimState::*)(const SimNode&);
  IOStatus about(const std::string& path, uint64_t* answer, Question question) {
    const auto node = state_->find(path);
    if (!node) return io_status(node.error());
    const auto value = ((*state_).*question)(**node);
    if (!value) return io_status(value.error());
    *answer = *value;
    return IOStatus::OK();
  }

  const State state_;
};

class ShortSleeps final : public rocksdb::SystemClockWrapper {
 public:
  ShortSleeps() : SystemClockWrapper(rocksdb::SystemClock::Default()) {}
  const char* Name() const override { return "FreeholdSimClock"; }
  void SleepForMicroseconds(int micros) override { target_->SleepForMicroseconds(std::min(micros, 1'000)); }
};

class SimEnv final : public rocksdb::EnvWrapper {
 public:
  explicit SimEnv(std::shared_ptr<rocksdb::FileSystem> file_system)
      : EnvWrapper(rocksdb::NewCompositeEnv(file_system)) {
    file_system_ = std::move(file_system);
    system_clock_ = std::make_shared<ShortSleeps>();
  }
  const char* Name() const override { return "FreeholdSimEnv"; }
  void SleepForMicroseconds(int micros) override { system_clock_->SleepForMicroseconds(micros); }
};

}  // namespace

std::shared_ptr<rocksdb::Env> sim_env(std::shared_ptr<rocksdb::FileSystem> file_system) {
  return std::make_shared<SimEnv>(std::move(file_system));
}

std::shared_ptr<rocksdb::FileSystem> sim_file_system(std::shared_ptr<SimState> state) {
  return std::make_shared<SimFileSystem>(std::move(state));
}

}  // namespace freehold::disk
