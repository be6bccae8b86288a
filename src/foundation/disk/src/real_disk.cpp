// The machine's own file systems through POSIX.
#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/uio.h>

#include <algorithm>
#include <array>
#include <cstdio>

#include "base/check.h"
#include "disk/disk.h"
#include "disk/fault_points.h"
#include "src/descriptor.h"
#include "src/hooked_file_system.h"
#include "src/real_file_system.h"

namespace freehold::disk {
namespace {

std::unexpected<Error> disk_error(int code, std::string_view what, const std::string& path) {
  if (code == ENOENT || code == ENOTDIR)
    return fail(ErrorCode::kNotFound, "no such file", std::string(what) + ' ' + path);
  if (code == EROFS || code == ENODEV || code == ENXIO || code == ESTALE) {
    return fail(ErrorCode::kUnavailable, "the disk doesn't answer", std::string(what) + ' ' + path);
  }
  return fail_errno(code, std::string(what) + ' ' + path);
}

// One descriptor for cached reads (and buffered writes); for kDirect files a second one with O_DIRECT. Where the file
// system refuses O_DIRECT the second one is absent and everything goes through the first.
class RealFile final : public File {
 public:
  RealFile(std::string path, Descriptor buffered, Descriptor direct)
      : path_(std::move(path)), buffered_(std::move(buffered)), direct_(std::move(direct)) {}

  Result<> write_at(std::uint64_t offset, std::span<const BytesView> pieces) override {
    fault_point();
    constexpr std::size_t kMaxPieces = 64;
    std::array<iovec, kMaxPieces> vectors;
    while (!pieces.empty()) {
      const std::size_t count = std::min(pieces.size(), kMaxPieces);
      for (std::size_t i = 0; i < count; ++i) {
        vectors[i] = {const_cast<char*>(pieces[i].data()), pieces[i].size()};
      }
      FH_TRY(offset, write_vectors(offset, {vectors.data(), count}));
      pieces = pieces.subspan(count);
    }
    return {};
  }

  Result<> read_at(std::uint64_t offset, std::span<char> out) override {
    return read_all(buffered_.get(), offset, out);
  }

  Result<bool> try_read_at(std::uint64_t offset, std::span<char> out) override {
    while (!out.empty()) {
      const iovec vector{out.data(), out.size()};
      const ssize_t n =
          retrying([&] { return ::preadv2(buffered_.get(), &vector, 1, static_cast<off_t>(offset), RWF_NOWAIT); });
      if (n < 0 && (errno == EAGAIN || errno == EOPNOTSUPP)) return false;
      if (n < 0) return disk_error(errno, "read", path_);
      if (n == 0) return ends_before();
      out = out.subspan(static_cast<std::size_t>(n));
      offset += static_cast<std::uint64_t>(n);
    }
    return true;
  }

  Result<> read_direct(std::uint64_t offset, std::span<char> out) override {
    if (direct_.valid()) return read_all(direct_.get(), offset, out);
    // Clean pages are dropped, so that the read really reaches the disk.
    (void)::posix_fadvise(buffered_.get(), static_cast<off_t>(offset), static_cast<off_t>(out.size()),
                          POSIX_FADV_DONTNEED);
    return read_all(buffered_.get(), offset, out);
  }

  Result<> sync() override {
    fault_point();
    if (retrying([&] { return ::fdatasync(writer()); }) != 0) return disk_error(errno, "fdatasync", path_);
    return {};
  }

  Result<> preallocate(std::uint64_t size) override {
    fault_point();
    if (retrying([&] { return ::fallocate(writer(), 0, 0, static_cast<off_t>(size)); }) == 0) return {};
    if (errno != EOPNOTSUPP) return disk_error(errno, "fallocate", path_);
    FH_TRY(const auto now, this->size());
    if (now < size && ::ftruncate(writer(), static_cast<off_t>(size)) != 0)
      return disk_error(errno, "ftruncate", path_);
    return {};
  }

  Result<> punch(std::uint64_t offset, std::uint64_t length) override {
    FH_CHECK(offset % kDirectAlignment == 0 && length % kDirectAlignment == 0);
    fault_point();
    const int mode = FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE;
    if (retrying([&] { return ::fallocate(writer(), mode, static_cast<off_t>(offset), static_cast<off_t>(length)); }) ==
        0) {
      return {};
    }
    if (errno != EOPNOTSUPP) return disk_error(errno, "punch", path_);
    return write_zeros(offset, length);
  }

  Result<> cut(std::uint64_t size) override {
    fault_point();
    FH_TRY(const auto now, this->size());
    if (now <= size || retrying([&] { return ::ftruncate(writer(), static_cast<off_t>(size)); }) == 0) return {};
    return disk_error(errno, "ftruncate", path_);
  }

  Result<std::uint64_t> size() override {
    FH_TRY(const auto status, stat());
    return static_cast<std::uint64_t>(status.st_size);
  }
  Result<std::uint64_t> allocated() override {
    FH_TRY(const auto status, stat());
    return static_cast<std::uint64_t>(status.st_blocks) * 512;
  }

 private:
  [[nodiscard]] int writer() const { return direct_.valid() ? direct_.get() : buffered_.get(); }

  [[nodiscard]] std::unexpected<Error> ends_before() const {
    return fail(ErrorCode::kCorrupt, "a stored file ends too early", path_);
  }

  Result<struct stat> stat() {
    struct stat status{};
    if (::fstat(buffered_.get(), &status) != 0) return disk_error(errno, "fstat", path_);
    return status;
  }

  // Returns the offset behind what was written; the kernel may take less than all at once.
  Result<std::uint64_t> write_vectors(std::uint64_t offset, std::span<iovec> vectors) {
    while (!vectors.empty()) {
      const ssize_t n = retrying([&] {
        return ::pwritev(writer(), vectors.data(), static_cast<int>(vectors.size()), static_cast<off_t>(offset));
      });
      if (n < 0) return disk_error(errno, "write", path_);
      auto left = static_cast<std::size_t>(n);
      offset += left;
      while (!vectors.empty() && left >= vectors[0].iov_len) {
        left -= vectors[0].iov_len;
        vectors = vectors.subspan(1);
      }
      if (left == 0) continue;
      vectors[0] = {static_cast<char*>(vectors[0].iov_base) + left, vectors[0].iov_len - left};
    }
    return offset;
  }

  Result<> read_all(int fd, std::uint64_t offset, std::span<char> out) {
    while (!out.empty()) {
      const ssize_t n = retrying([&] { return ::pread(fd, out.data(), out.size(), static_cast<off_t>(offset)); });
      if (n < 0) return disk_error(errno, "read", path_);
      if (n == 0) return ends_before();
      out = out.subspan(static_cast<std::size_t>(n));
      offset += static_cast<std::uint64_t>(n);
    }
    return {};
  }

  Result<> write_zeros(std::uint64_t offset, std::uint64_t length) {
    const AlignedBuffer zeros(std::min<std::uint64_t>(length, 1 << 20));
    while (length > 0) {
      const BytesView piece = zeros.view().substr(0, length);
      FH_CHECK_OK(write_at(offset, {&piece, 1}));
      offset += piece.size();
      length -= piece.size();
    }
    return {};
  }

  const std::string path_;
  Descriptor buffered_;
  Descriptor direct_;
};

class RealLock final : public DirectoryLock {
 public:
  explicit RealLock(Descriptor file) : file_(std::move(file)) {}

 private:
  Descriptor file_;  // the kernel holds the lock as long as this stays open
};

class RealDisk final : public Disk {
 public:
  Result<std::unique_ptr<File>> open(const std::string& path, OpenMode mode) override {
    const int flags = mode == OpenMode::kRead ? O_RDONLY : O_RDWR | O_CREAT;
    if (mode != OpenMode::kRead && ::access(path.c_str(), F_OK) != 0) fault_point();  // this one makes a file
    Descriptor buffered(retrying([&] { return ::open(path.c_str(), flags | O_CLOEXEC, 0600); }));
    if (!buffered.valid()) return disk_error(errno, "open", path);
    Descriptor direct;
    if (mode == OpenMode::kDirect) {
      direct = Descriptor(retrying([&] { return ::open(path.c_str(), O_RDWR | O_CLOEXEC | O_DIRECT); }));
      if (!direct.valid() && errno != EINVAL && errno != EOPNOTSUPP) return disk_error(errno, "open", path);
    }
    return std::make_unique<RealFile>(path, std::move(buffered), std::move(direct));
  }

  Result<bool> exists(const std::string& path) override {
    struct stat status{};
    if (::lstat(path.c_str(), &status) == 0) return true;
    if (errno == ENOENT || errno == ENOTDIR) return false;
    return disk_error(errno, "stat", path);
  }

  Result<std::vector<std::string>> list(const std::string& directory) override {
    const std::unique_ptr<DIR, int (*)(DIR*)> dir(::opendir(directory.c_str()), &::closedir);
    if (!dir) return disk_error(errno, "list", directory);
    std::vector<std::string> names;
    errno = 0;
    while (const dirent* entry = ::readdir(dir.get())) {
      const std::string_view name = entry->d_name;
      if (name != "." && name != "..") names.emplace_back(name);
      errno = 0;
    }
    if (errno != 0) return disk_error(errno, "list", directory);
    std::ranges::sort(names);
    return names;
  }

  Result<> make_directories(const std::string& directory) override {
    for (std::size_t at = 1; at != std::string::npos;) {
      at = directory.find('/', at);
      const std::string part = directory.substr(0, at);
      if (at != std::string::npos) ++at;
      struct stat status{};
      if (::stat(part.c_str(), &status) == 0) {
        if (!S_ISDIR(status.st_mode)) return fail(ErrorCode::kConflict, "a file stands where a directory should", part);
        continue;
      }
      fault_point();
      if (::mkdir(part.c_str(), 0700) != 0 && errno != EEXIST) return disk_error(errno, "mkdir", part);
    }
    return {};
  }

  Result<> rename(const std::string& from, const std::string& to) override {
    fault_point();
    if (::rename(from.c_str(), to.c_str()) != 0) return disk_error(errno, "rename", from);
    return {};
  }

  Result<> unlink(const std::string& path) override {
    fault_point();
    if (::unlink(path.c_str()) != 0 && errno != ENOENT) return disk_error(errno, "unlink", path);
    return {};
  }

  Result<> remove_tree(const std::string& directory) override {
    struct stat status{};
    if (::lstat(directory.c_str(), &status) != 0) {
      if (errno == ENOENT) return {};
      return disk_error(errno, "stat", directory);
    }
    if (!S_ISDIR(status.st_mode)) return unlink(directory);
    FH_TRY(const auto names, list(directory));
    for (const auto& name : names) {
      FH_CHECK_OK(remove_tree(directory + '/' + name));
    }
    fault_point();
    if (::rmdir(directory.c_str()) != 0 && errno != ENOENT) return disk_error(errno, "rmdir", directory);
    return {};
  }

  Result<> sync_directory(const std::string& directory) override {
    fault_point();
    const Descriptor fd(retrying([&] { return ::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC); }));
    if (!fd.valid()) return disk_error(errno, "open", directory);
    if (retrying([&] { return ::fsync(fd.get()); }) != 0) return disk_error(errno, "fsync", directory);
    return {};
  }

  Result<FreeSpace> free_space(const std::string& path) override {
    struct statvfs room{};
    if (retrying([&] { return ::statvfs(path.c_str(), &room); }) != 0) return disk_error(errno, "statvfs", path);
    struct stat place{};
    if (retrying([&] { return ::stat(path.c_str(), &place); }) != 0) return disk_error(errno, "stat", path);
    return FreeSpace{static_cast<std::uint64_t>(room.f_bavail) * room.f_frsize, place.st_dev};
  }

  Result<std::unique_ptr<DirectoryLock>> lock(const std::string& directory) override {
    const std::string path = directory + "/LOCK";
    Descriptor file(retrying([&] { return ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600); }));
    if (!file.valid()) return disk_error(errno, "open", path);
    // flock belongs to this open file, not to the process: a second holder in the same process is refused too.
    if (retrying([&] { return ::flock(file.get(), LOCK_EX | LOCK_NB); }) != 0) {
      if (errno == EWOULDBLOCK) return fail(ErrorCode::kConflict, "the directory is in use", directory);
      return disk_error(errno, "lock", path);
    }
    return std::make_unique<RealLock>(std::move(file));
  }

  std::shared_ptr<rocksdb::FileSystem> rocksdb_file_system() override { return file_system_; }

 private:
  std::shared_ptr<rocksdb::FileSystem> file_system_ = with_fault_points(real_file_system());
};

}  // namespace

std::unique_ptr<Disk> make_real_disk() { return std::make_unique<RealDisk>(); }

}  // namespace freehold::disk
