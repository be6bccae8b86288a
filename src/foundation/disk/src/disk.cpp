#include "disk/disk.h"

#include <rocksdb/env.h>

namespace freehold::disk {

namespace {
constexpr std::uint64_t kSmallFileBytes = 16ull << 20;

std::string parent_of(const std::string& path) {
  const auto slash = path.rfind('/');
  return slash == 0 || slash == std::string::npos ? "/" : path.substr(0, slash);
}
}  // namespace

Result<Bytes> Disk::read_file(const std::string& path) {
  FH_TRY(auto file, open(path, OpenMode::kRead));
  FH_TRY(const auto size, file->size());
  if (size > kSmallFileBytes) return fail(ErrorCode::kInvalidArgument, "file too large to read whole", path);
  Bytes bytes(size, '\0');
  FH_CHECK_OK(file->read_at(0, bytes));
  return bytes;
}

Result<> Disk::write_file_durably(const std::string& path, BytesView bytes) {
  if (bytes.size() > kSmallFileBytes) return fail(ErrorCode::kInvalidArgument, "file too large to write whole", path);
  const std::string temporary = path + ".tmp";
  FH_CHECK_OK(unlink(temporary));  // what a crash left may be longer than what is written now
  FH_TRY(auto file, open(temporary, OpenMode::kBuffered));
  auto written = file->write_at(0, {&bytes, 1});
  if (written) written = file->sync();
  file.reset();
  if (written) written = rename(temporary, path);
  if (!written) {
    (void)unlink(temporary);
    return written;
  }
  return sync_directory(parent_of(path));
}

std::shared_ptr<rocksdb::Env> Disk::rocksdb_env(std::shared_ptr<rocksdb::FileSystem> over) {
  return rocksdb::NewCompositeEnv(over);
}

}  // namespace freehold::disk
