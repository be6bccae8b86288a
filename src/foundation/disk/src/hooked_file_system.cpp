#include "src/hooked_file_system.h"

#include <cstring>

#include "disk/fault_points.h"

namespace freehold::disk {
namespace {

using rocksdb::FileOptions;
using rocksdb::IODebugContext;
using rocksdb::IOOptions;
using rocksdb::IOStatus;
using rocksdb::Slice;
using Hooks = std::shared_ptr<FileHooks>;

// Brings what was read into scratch (a mapped file answers with a pointer elsewhere) and shows it to the hooks.
void show_read(FileHooks& hooks, const std::string& path, std::uint64_t offset, Slice* result, char* scratch) {
  if (result->data() != scratch) std::memmove(scratch, result->data(), result->size());
  *result = Slice(scratch, result->size());
  hooks.after_read(path, offset, {scratch, result->size()});
}

class HookedSequentialFile final : public rocksdb::FSSequentialFileOwnerWrapper {
 public:
  HookedSequentialFile(std::unique_ptr<rocksdb::FSSequentialFile> base, std::string path, Hooks hooks)
      : FSSequentialFileOwnerWrapper(std::move(base)), path_(std::move(path)), hooks_(std::move(hooks)) {}

  IOStatus Read(size_t n, const IOOptions& options, Slice* result, char* scratch, IODebugContext* dbg) override {
    if (auto s = hooks_->before_read(path_); !s.ok()) return s;
    auto s = target()->Read(n, options, result, scratch, dbg);
    if (s.ok()) {
      show_read(*hooks_, path_, offset_, result, scratch);
      offset_ += result->size();
    }
    return s;
  }
  IOStatus Skip(uint64_t n) override {
    offset_ += n;
    return target()->Skip(n);
  }
  IOStatus PositionedRead(uint64_t offset, size_t n, const IOOptions& options, Slice* result, char* scratch,
                          IODebugContext* dbg) override {
    if (auto s = hooks_->before_read(path_); !s.ok()) return s;
    auto s = target()->PositionedRead(offset, n, options, result, scratch, dbg);
    if (s.ok()) show_read(*hooks_, path_, offset, result, scratch);
    return s;
  }

 private:
  const std::string path_;
  const Hooks hooks_;
  std::uint64_t offset_ = 0;
};

class HookedRandomAccessFile final : public rocksdb::FSRandomAccessFileOwnerWrapper {
 public:
  HookedRandomAccessFile(std::unique_ptr<rocksdb::FSRandomAccessFile> base, std::string path, Hooks hooks)
      : FSRandomAccessFileOwnerWrapper(std::move(base)), path_(std::move(path)), hooks_(std::move(hooks)) {}

  IOStatus Read(uint64_t offset, size_t n, const IOOptions& options, Slice* result, char* scratch,
                IODebugContext* dbg) const override {
    if (auto s = hooks_->before_read(path_); !s.ok()) return s;
    auto s = target()->Read(offset, n, options, result, scratch, dbg);
    if (s.ok()) show_read(*hooks_, path_, offset, result, scratch);
    return s;
  }
  // The two below by way of Read, so that the hooks see them.
  IOStatus MultiRead(rocksdb::FSReadRequest* requests, size_t count, const IOOptions& options,
                     IODebugContext* dbg) override {
    return FSRandomAccessFile::MultiRead(requests, count, options, dbg);
  }
  IOStatus ReadAsync(rocksdb::FSReadRequest& request, const IOOptions& options,
                     std::function<void(const rocksdb::FSReadRequest&, void*)> callback, void* argument, void** handle,
                     rocksdb::IOHandleDeleter* deleter, IODebugContext* dbg) override {
    return FSRandomAccessFile::ReadAsync(request, options, std::move(callback), argument, handle, deleter, dbg);
  }
  IOStatus Prefetch(uint64_t, size_t, const IOOptions&, IODebugContext*) override {
    return IOStatus::NotSupported("Prefetch");
  }

 private:
  const std::string path_;
  const Hooks hooks_;
};

class HookedWritableFile final : public rocksdb::FSWritableFileOwnerWrapper {
 public:
  HookedWritableFile(std::unique_ptr<rocksdb::FSWritableFile> base, std::string path, Hooks hooks)
      : FSWritableFileOwnerWrapper(std::move(base)), path_(std::move(path)), hooks_(std::move(hooks)) {}

  IOStatus Append(const Slice& data, const IOOptions& options, IODebugContext* dbg) override {
    return after(data.size(), [&] { return target()->Append(data, options, dbg); });
  }
  IOStatus Append(const Slice& data, const IOOptions& options, const rocksdb::DataVerificationInfo& info,
                  IODebugContext* dbg) override {
    return after(data.size(), [&] { return target()->Append(data, options, info, dbg); });
  }
  IOStatus PositionedAppend(const Slice& data, uint64_t offset, const IOOptions& options,
                            IODebugContext* dbg) override {
    return after(data.size(), [&] { return target()->PositionedAppend(data, offset, options, dbg); });
  }
  IOStatus PositionedAppend(const Slice& data, uint64_t offset, const IOOptions& options,
                            const rocksdb::DataVerificationInfo& info, IODebugContext* dbg) override {
    return after(data.size(), [&] { return target()->PositionedAppend(data, offset, options, info, dbg); });
  }
  IOStatus Truncate(uint64_t size, const IOOptions& options, IODebugContext* dbg) override {
    return after(0, [&] { return target()->Truncate(size, options, dbg); });
  }
  IOStatus Sync(const IOOptions& options, IODebugContext* dbg) override {
    return after(0, [&] { return target()->Sync(options, dbg); });
  }
  IOStatus Fsync(const IOOptions& options, IODebugContext* dbg) override {
    return after(0, [&] { return target()->Fsync(options, dbg); });
  }
  IOStatus RangeSync(uint64_t offset, uint64_t n, const IOOptions& options, IODebugContext* dbg) override {
    return after(0, [&] { return target()->RangeSync(offset, n, options, dbg); });
  }
  IOStatus Allocate(uint64_t offset, uint64_t n, const IOOptions& options, IODebugContext* dbg) override {
    return after(0, [&] { return target()->Allocate(offset, n, options, dbg); });
  }

 private:
  template <class Call>
  IOStatus after(std::uint64_t bytes, Call call) {
    auto s = hooks_->before_change(path_, bytes);
    return s.ok() ? call() : s;
  }

  const std::string path_;
  const Hooks hooks_;
};

class HookedDirectory final : public rocksdb::FSDirectoryWrapper {
 public:
  HookedDirectory(std::unique_ptr<rocksdb::FSDirectory> base, std::string path, Hooks hooks)
      : FSDirectoryWrapper(base.get()), base_(std::move(base)), path_(std::move(path)), hooks_(std::move(hooks)) {}

  IOStatus Fsync(const IOOptions& options, IODebugContext* dbg) override {
    if (auto s = hooks_->before_change(path_, 0); !s.ok()) return s;
    return base_->Fsync(options, dbg);
  }
  IOStatus FsyncWithDirOptions(const IOOptions& options, IODebugContext* dbg,
                               const rocksdb::DirFsyncOptions& directory) override {
    if (auto s = hooks_->before_change(path_, 0); !s.ok()) return s;
    return base_->FsyncWithDirOptions(options, dbg, directory);
  }

 private:
  const std::unique_ptr<rocksdb::FSDirectory> base_;
  const std::string path_;
  const Hooks hooks_;
};

class HookedFileSystem final : public rocksdb::FileSystemWrapper {
 public:
  HookedFileSystem(std::shared_ptr<rocksdb::FileSystem> base, Hooks hooks)
      : FileSystemWrapper(std::move(base)), hooks_(std::move(hooks)) {}

  const char* Name() const override { return "FreeholdHooked"; }

  IOStatus NewSequentialFile(const std::string& path, const FileOptions& options,
                             std::unique_ptr<rocksdb::FSSequentialFile>* result, IODebugContext* dbg) override {
    if (auto s = hooks_->before_read(path); !s.ok()) return s;
    auto s = target_->NewSequentialFile(path, options, result, dbg);
    if (s.ok() && hooks_->sees_reads()) {
      *result = std::make_unique<HookedSequentialFile>(std::move(*result), path, hooks_);
    }
    return s;
  }
  IOStatus NewRandomAccessFile(const std::string& path, const FileOptions& options,
                               std::unique_ptr<rocksdb::FSRandomAccessFile>* result, IODebugContext* dbg) override {
    if (auto s = hooks_->before_read(path); !s.ok()) return s;
    auto s = target_->NewRandomAccessFile(path, options, result, dbg);
    if (s.ok() && hooks_->sees_reads()) {
      *result = std::make_unique<HookedRandomAccessFile>(std::move(*result), path, hooks_);
    }
    return s;
  }
  IOStatus NewWritableFile(const std::string& path, const FileOptions& options,
                           std::unique_ptr<rocksdb::FSWritableFile>* result, IODebugContext* dbg) override {
    return wrap_writable(path, result, [&] { return target_->NewWritableFile(path, options, result, dbg); });
  }
  IOStatus ReopenWritableFile(const std::string& path, const FileOptions& options,
                              std::unique_ptr<rocksdb::FSWritableFile>* result, IODebugContext* dbg) override {
    return wrap_writable(path, result, [&] { return target_->ReopenWritableFile(path, options, result, dbg); });
  }
  IOStatus ReuseWritableFile(const std::string& path, const std::string& old_path, const FileOptions& options,
                             std::unique_ptr<rocksdb::FSWritableFile>* result, IODebugContext* dbg) override {
    return wrap_writable(path, result,
                         [&] { return target_->ReuseWritableFile(path, old_path, options, result, dbg); });
  }
  // RocksDB's DB code opens none (only ingestion of outside files does), and nothing could hook its writes here.
  IOStatus NewRandomRWFile(const std::string&, const FileOptions&, std::unique_ptr<rocksdb::FSRandomRWFile>*,
                           IODebugContext*) override {
    return IOStatus::NotSupported("NewRandomRWFile");
  }
  IOStatus NewDirectory(const std::string& path, const IOOptions& options,
                        std::unique_ptr<rocksdb::FSDirectory>* result, IODebugContext* dbg) override {
    if (auto s = hooks_->before_read(path); !s.ok()) return s;
    auto s = target_->NewDirectory(path, options, result, dbg);
    if (s.ok()) *result = std::make_unique<HookedDirectory>(std::move(*result), path, hooks_);
    return s;
  }
  IOStatus DeleteFile(const std::string& path, const IOOptions& options, IODebugContext* dbg) override {
    return changing(path, [&] { return target_->DeleteFile(path, options, dbg); });
  }
  IOStatus Truncate(const std::string& path, size_t size, const IOOptions& options, IODebugContext* dbg) override {
    return changing(path, [&] { return target_->Truncate(path, size, options, dbg); });
  }
  IOStatus CreateDir(const std::string& path, const IOOptions& options, IODebugContext* dbg) override {
    return changing(path, [&] { return target_->CreateDir(path, options, dbg); });
  }
  IOStatus CreateDirIfMissing(const std::string& path, const IOOptions& options, IODebugContext* dbg) override {
    return changing(path, [&] { return target_->CreateDirIfMissing(path, options, dbg); });
  }
  IOStatus DeleteDir(const std::string& path, const IOOptions& options, IODebugContext* dbg) override {
    return changing(path, [&] { return target_->DeleteDir(path, options, dbg); });
  }
  IOStatus RenameFile(const std::string& from, const std::string& to, const IOOptions& options,
                      IODebugContext* dbg) override {
    return changing(from, [&] { return target_->RenameFile(from, to, options, dbg); });
  }
  IOStatus LinkFile(const std::string& from, const std::string& to, const IOOptions& options,
                    IODebugContext* dbg) override {
    return changing(to, [&] { return target_->LinkFile(from, to, options, dbg); });
  }
  IOStatus FileExists(const std::string& path, const IOOptions& options, IODebugContext* dbg) override {
    if (auto s = hooks_->before_read(path); !s.ok()) return s;
    return target_->FileExists(path, options, dbg);
  }
  IOStatus GetChildren(const std::string& path, const IOOptions& options, std::vector<std::string>* result,
                       IODebugContext* dbg) override {
    if (auto s = hooks_->before_read(path); !s.ok()) return s;
    return target_->GetChildren(path, options, result, dbg);
  }
  IOStatus GetFileSize(const std::string& path, const IOOptions& options, uint64_t* size,
                       IODebugContext* dbg) override {
    if (auto s = hooks_->before_read(path); !s.ok()) return s;
    return target_->GetFileSize(path, options, size, dbg);
  }

 private:
  template <class Call>
  IOStatus changing(const std::string& path, Call call) {
    auto s = hooks_->before_change(path, 0);
    return s.ok() ? call() : s;
  }
  template <class Call>
  IOStatus wrap_writable(const std::string& path, std::unique_ptr<rocksdb::FSWritableFile>* result, Call call) {
    auto s = changing(path, call);
    if (s.ok()) *result = std::make_unique<HookedWritableFile>(std::move(*result), path, hooks_);
    return s;
  }

  const Hooks hooks_;
};

#ifdef FREEHOLD_FAULT_POINTS
class FaultPointHooks final : public FileHooks {
 public:
  IOStatus before_change(const std::string&, std::uint64_t) override {
    fault_point();
    return IOStatus::OK();
  }
  IOStatus before_read(const std::string&) override { return IOStatus::OK(); }
  void after_read(const std::string&, std::uint64_t, std::span<char>) override {}
  [[nodiscard]] bool sees_reads() const override { return false; }
};
#endif

}  // namespace

std::shared_ptr<rocksdb::FileSystem> hook_file_system(std::shared_ptr<rocksdb::FileSystem> base,
                                                      std::shared_ptr<FileHooks> hooks) {
  return std::make_shared<HookedFileSystem>(std::move(base), std::move(hooks));
}

std::shared_ptr<rocksdb::FileSystem> with_fault_points(std::shared_ptr<rocksdb::FileSystem> base) {
#ifdef FREEHOLD_FAULT_POINTS
  return hook_file_system(std::move(base), std::make_shared<FaultPointHooks>());
#else
  return base;
#endif
}

}  // namespace freehold::disk
