#include "src/real_file_system.h"

#include <fcntl.h>
#include <sys/uio.h>

#include <cstring>

#include "disk/only_cached.h"
#include "src/descriptor.h"

namespace freehold::disk {
namespace {

using rocksdb::FileOptions;
using rocksdb::IODebugContext;
using rocksdb::IOOptions;
using rocksdb::IOStatus;
using rocksdb::Slice;

class RealRandomAccessFile final : public rocksdb::FSRandomAccessFile {
 public:
  RealRandomAccessFile(std::string path, Descriptor file) : path_(std::move(path)), file_(std::move(file)) {}

  IOStatus Read(uint64_t offset, size_t n, const IOOptions&, Slice* result, char* scratch,
                IODebugContext*) const override {
    const int flags = OnlyCached::holds() ? RWF_NOWAIT : 0;
    size_t have = 0;
    while (have < n) {
      const iovec rest{scratch + have, n - have};
      const auto at = static_cast<off_t>(offset + have);
      const ssize_t got = retrying([&] { return ::preadv2(file_.get(), &rest, 1, at, flags); });
      if (got < 0) return failed(flags);
      if (got == 0) break;
      have += static_cast<size_t>(got);
    }
    *result = Slice(scratch, have);
    return IOStatus::OK();
  }
  IOStatus Prefetch(uint64_t offset, size_t n, const IOOptions&, IODebugContext*) override {
    return advise(offset, n, POSIX_FADV_WILLNEED);
  }
  IOStatus InvalidateCache(size_t offset, size_t length) override {
    return advise(offset, length, POSIX_FADV_DONTNEED);
  }
  void Hint(AccessPattern pattern) override {
    (void)advise(0, 0, pattern == kRandom ? POSIX_FADV_RANDOM : POSIX_FADV_NORMAL);
  }

 private:
  [[nodiscard]] IOStatus failed(int flags) const {
    const bool would_wait = errno == EAGAIN || errno == EOPNOTSUPP;
    if (flags == RWF_NOWAIT && would_wait) {
      return rocksdb::status_to_io_status(rocksdb::Status::TryAgain(path_, "not in the page cache"));
    }
    return IOStatus::IOError(path_, std::strerror(errno));
  }
  // Advice that isn't taken changes nothing.
  [[nodiscard]] IOStatus advise(uint64_t offset, size_t length, int advice) const {
    (void)::posix_fadvise(file_.get(), static_cast<off_t>(offset), static_cast<off_t>(length), advice);
    return IOStatus::OK();
  }

  const std::string path_;
  const Descriptor file_;
};

class RealFileSystem final : public rocksdb::FileSystemWrapper {
 public:
  RealFileSystem() : FileSystemWrapper(rocksdb::FileSystem::Default()) {}
  const char* Name() const override { return "FreeholdReal"; }
  IOStatus NewRandomAccessFile(const std::string& path, const FileOptions&,
                               std::unique_ptr<rocksdb::FSRandomAccessFile>* result, IODebugContext*) override {
    Descriptor file(retrying([&] { return ::open(path.c_str(), O_RDONLY | O_CLOEXEC); }));
    if (!file.valid()) {
      const auto* why = std::strerror(errno);
      return errno == ENOENT ? IOStatus::PathNotFound(path, why) : IOStatus::IOError(path, why);
    }
    *result = std::make_unique<RealRandomAccessFile>(path, std::move(file));
    return IOStatus::OK();
  }
};

}  // namespace

std::shared_ptr<rocksdb::FileSystem> real_file_system() { return std::make_shared<RealFileSystem>(); }

}  // namespace freehold::disk
