#include "disk/encrypted_file_system.h"

#include <rocksdb/file_system.h>

#include <algorithm>
#include <array>
#include <cstring>

#include "base/check.h"
#include "src/rocksdb_crc32c.h"
#include "src/silent_logger.h"

namespace freehold::disk {
namespace {

using rocksdb::FileOptions;
using rocksdb::IODebugContext;
using rocksdb::IOOptions;
using rocksdb::IOStatus;
using rocksdb::Slice;
using Cipher = std::unique_ptr<FileCipher>;

constexpr BytesView kMagic{"FHROCKS\0", 8};
constexpr std::uint32_t kVersion = 1;
constexpr std::size_t kIvBytes = 16;
constexpr std::size_t kCheckBytes = 16;
constexpr std::size_t kHeadBytes = 8 + 4 + kIvBytes;
constexpr std::uint64_t kPrefixBytes = 4096;
constexpr std::size_t kPieceBytes = 1 << 20;

Bytes make_prefix(const FileCipherFactory& ciphers, BytesView iv) {
  Bytes prefix(kMagic);
  append_u32(prefix, kVersion);
  prefix += iv;
  const Bytes check = ciphers.check_value(prefix);
  FH_CHECK(iv.size() == kIvBytes && check.size() == kCheckBytes);
  prefix += check;
  prefix.resize(kPrefixBytes, '\0');
  return prefix;
}

bool never_durable(BytesView prefix) {
  return prefix.size() < kPrefixBytes || prefix.find_first_not_of('\0') == BytesView::npos;
}

IOStatus open_prefix(const FileCipherFactory& ciphers, const std::string& path, BytesView prefix, Cipher& cipher) {
  if (prefix.size() < kPrefixBytes || !prefix.starts_with(kMagic)) {
    return IOStatus::Corruption(path, "no prefix block of an encrypted file");
  }
  ByteReader reader(prefix.substr(kMagic.size()));
  if (reader.u32() > kVersion) return IOStatus::NotSupported(path, "encrypted by a newer version");
  const BytesView iv = reader.take(kIvBytes);
  if (reader.take(kCheckBytes) != ciphers.check_value(prefix.substr(0, kHeadBytes))) {
    return IOStatus::Corruption(path, "encrypted under another key, or its prefix block is damaged");
  }
  cipher = ciphers.make(iv);
  return IOStatus::OK();
}

// Brings what was read into scratch (a file may answer with a pointer elsewhere) and decrypts it.
void decrypt(const FileCipher& cipher, std::uint64_t offset, Slice* result, char* scratch) {
  if (result->data() != scratch) std::memmove(scratch, result->data(), result->size());
  cipher.apply(offset, {scratch, result->size()});
  *result = Slice(scratch, result->size());
}

// The same for a log or a manifest, read from its beginning. A crash may leave stretches of it that never reached the
// disk and read as zero; decrypted they would be noise, which RocksDB takes for damage, while zeros end a log quietly.
// A stretch of kHoleBytes zeros is no cipher text but once in 2^128, so it is handed on as the hole that it is.
constexpr std::size_t kSectorBytes = 512;
constexpr std::size_t kHoleBytes = 16;

void decrypt_around_holes(const FileCipher& cipher, std::uint64_t offset, Slice* result, char* scratch) {
  if (result->data() != scratch) std::memmove(scratch, result->data(), result->size());
  for (std::size_t at = 0; at < result->size();) {
    const std::size_t to_boundary = kSectorBytes - (offset + at) % kSectorBytes;
    const std::size_t size = std::min(to_boundary, result->size() - at);
    const bool hole =
        size >= kHoleBytes && std::all_of(scratch + at, scratch + at + size, [](char c) { return c == 0; });
    if (!hole) cipher.apply(offset + at, {scratch + at, size});
    at += size;
  }
  *result = Slice(scratch, result->size());
}

class EmptySequentialFile final : public rocksdb::FSSequentialFile {
 public:
  IOStatus Read(size_t, const IOOptions&, Slice* result, char*, IODebugContext*) override {
    *result = Slice();
    return IOStatus::OK();
  }
  IOStatus Skip(uint64_t) override { return IOStatus::OK(); }
};

class DecryptingSequentialFile final : public rocksdb::FSSequentialFileOwnerWrapper {
 public:
  // `base` stands behind its prefix.
  DecryptingSequentialFile(std::unique_ptr<rocksdb::FSSequentialFile> base, Cipher cipher)
      : FSSequentialFileOwnerWrapper(std::move(base)), cipher_(std::move(cipher)) {}
  IOStatus Read(size_t n, const IOOptions& options, Slice* result, char* scratch, IODebugContext* dbg) override {
    auto s = target()->Read(n, options, result, scratch, dbg);
    if (s.ok()) {
      decrypt_around_holes(*cipher_, offset_, result, scratch);
      offset_ += result->size();
    }
    return s;
  }
  IOStatus Skip(uint64_t n) override {
    auto s = target()->Skip(n);
    if (s.ok()) offset_ += n;
    return s;
  }
  IOStatus PositionedRead(uint64_t offset, size_t n, const IOOptions& options, Slice* result, char* scratch,
                          IODebugContext* dbg) override {
    auto s = target()->PositionedRead(offset + kPrefixBytes, n, options, result, scratch, dbg);
    if (s.ok()) decrypt_around_holes(*cipher_, offset, result, scratch);
    return s;
  }
  IOStatus InvalidateCache(size_t offset, size_t length) override {
    return target()->InvalidateCache(offset + kPrefixBytes, length);
  }

 private:
  const Cipher cipher_;
  std::uint64_t offset_ = 0;
};

class DecryptingRandomAccessFile final : public rocksdb::FSRandomAccessFileOwnerWrapper {
 public:
  DecryptingRandomAccessFile(std::unique_ptr<rocksdb::FSRandomAccessFile> base, Cipher cipher)
      : FSRandomAccessFileOwnerWrapper(std::move(base)), cipher_(std::move(cipher)) {}
  IOStatus Read(uint64_t offset, size_t n, const IOOptions& options, Slice* result, char* scratch,
                IODebugContext* dbg) const override {
    auto s = target()->Read(offset + kPrefixBytes, n, options, result, scratch, dbg);
    if (s.ok()) decrypt(*cipher_, offset, result, scratch);
    return s;
  }
  IOStatus MultiRead(rocksdb::FSReadRequest* requests, size_t count, const IOOptions& options,
                     IODebugContext* dbg) override {
    for (size_t i = 0; i < count; ++i) requests[i].offset += kPrefixBytes;
    auto s = target()->MultiRead(requests, count, options, dbg);
    for (size_t i = 0; i < count; ++i) {
      requests[i].offset -= kPrefixBytes;
      if (s.ok() && requests[i].status.ok()) {
        decrypt(*cipher_, requests[i].offset, &requests[i].result, requests[i].scratch);
      }
    }
    return s;
  }
  IOStatus ReadAsync(rocksdb::FSReadRequest& request, const IOOptions& options,
                     std::function<void(const rocksdb::FSReadRequest&, void*)> callback, void* argument, void** handle,
                     rocksdb::IOHandleDeleter* deleter, IODebugContext* dbg) override {
    return FSRandomAccessFile::ReadAsync(request, options, std::move(callback), argument, handle, deleter, dbg);
  }
  IOStatus Prefetch(uint64_t offset, size_t n, const IOOptions& options, IODebugContext* dbg) override {
    return target()->Prefetch(offset + kPrefixBytes, n, options, dbg);
  }
  IOStatus InvalidateCache(size_t offset, size_t length) override {
    return target()->InvalidateCache(offset + kPrefixBytes, length);
  }

 private:
  const Cipher cipher_;
};

class EncryptingWritableFile final : public rocksdb::FSWritableFileOwnerWrapper {
 public:
  // Without a cipher (a reopened file) nothing can be appended.
  EncryptingWritableFile(std::unique_ptr<rocksdb::FSWritableFile> base, Cipher cipher)
      : FSWritableFileOwnerWrapper(std::move(base)), cipher_(std::move(cipher)) {}

  IOStatus Append(const Slice& data, const IOOptions& options, IODebugContext* dbg) override {
    if (!cipher_) return IOStatus::NotSupported("append to a reopened or shortened encrypted file");
    for (size_t at = 0; at < data.size(); at += kPieceBytes) {
      scratch_.assign(data.data() + at, std::min(kPieceBytes, data.size() - at));
      cipher_->apply(offset_, scratch_);
      if (auto s = target()->Append(scratch_, options, dbg); !s.ok()) {
        cipher_.reset();  // how much of it is on disk is unknown: never again at this place
        return s;
      }
      offset_ += scratch_.size();
    }
    return IOStatus::OK();
  }
  // The checksum handed down is one of the plain bytes.
  IOStatus Append(const Slice& data, const IOOptions& options, const rocksdb::DataVerificationInfo&,
                  IODebugContext* dbg) override {
    return Append(data, options, dbg);
  }
  IOStatus PositionedAppend(const Slice&, uint64_t, const IOOptions&, IODebugContext*) override {
    return IOStatus::NotSupported("write at an offset of an encrypted file");
  }
  IOStatus PositionedAppend(const Slice&, uint64_t, const IOOptions&, const rocksdb::DataVerificationInfo&,
                            IODebugContext*) override {
    return IOStatus::NotSupported("write at an offset of an encrypted file");
  }
  IOStatus Truncate(uint64_t size, const IOOptions& options, IODebugContext* dbg) override {
    if (size != offset_) cipher_.reset();
    return target()->Truncate(size + kPrefixBytes, options, dbg);
  }
  uint64_t GetFileSize(const IOOptions& options, IODebugContext* dbg) override {
    const std::uint64_t size = target()->GetFileSize(options, dbg);
    return size < kPrefixBytes ? 0 : size - kPrefixBytes;
  }
  void PrepareWrite(size_t offset, size_t length, const IOOptions& options, IODebugContext* dbg) override {
    target()->PrepareWrite(offset + kPrefixBytes, length, options, dbg);
  }
  IOStatus Allocate(uint64_t offset, uint64_t length, const IOOptions& options, IODebugContext* dbg) override {
    return target()->Allocate(offset + kPrefixBytes, length, options, dbg);
  }
  IOStatus RangeSync(uint64_t offset, uint64_t length, const IOOptions& options, IODebugContext* dbg) override {
    return target()->RangeSync(offset + kPrefixBytes, length, options, dbg);
  }
  IOStatus InvalidateCache(size_t offset, size_t length) override {
    return target()->InvalidateCache(offset + kPrefixBytes, length);
  }

 private:
  Cipher cipher_;
  std::uint64_t offset_ = 0;
  std::string scratch_;
};

class EncryptedFileSystem final : public rocksdb::FileSystemWrapper {
 public:
  EncryptedFileSystem(std::shared_ptr<rocksdb::FileSystem> base, std::shared_ptr<const FileCipherFactory> ciphers,
                      Random& random)
      : FileSystemWrapper(std::move(base)), ciphers_(std::move(ciphers)), random_(random) {}
  const char* Name() const override { return "FreeholdEncrypted"; }

  IOStatus NewSequentialFile(const std::string& path, const FileOptions& wanted,
                             std::unique_ptr<rocksdb::FSSequentialFile>* result, IODebugContext* dbg) override {
    const FileOptions options = allowed(wanted);
    std::unique_ptr<rocksdb::FSSequentialFile> base;
    if (auto s = target_->NewSequentialFile(path, options, &base, dbg); !s.ok()) return s;
    std::array<char, kPrefixBytes> scratch;
    Slice prefix;
    if (auto s = base->Read(kPrefixBytes, options.io_options, &prefix, scratch.data(), dbg); !s.ok()) return s;
    if (never_durable({prefix.data(), prefix.size()})) {
      *result = std::make_unique<EmptySequentialFile>();
      return IOStatus::OK();
    }
    Cipher cipher;
    if (auto s = open_prefix(*ciphers_, path, {prefix.data(), prefix.size()}, cipher); !s.ok()) return s;
    *result = std::make_unique<DecryptingSequentialFile>(std::move(base), std::move(cipher));
    return IOStatus::OK();
  }

  IOStatus NewRandomAccessFile(const std::string& path, const FileOptions& wanted,
                               std::unique_ptr<rocksdb::FSRandomAccessFile>* result, IODebugContext* dbg) override {
    const FileOptions options = allowed(wanted);
    std::unique_ptr<rocksdb::FSRandomAccessFile> base;
    if (auto s = target_->NewRandomAccessFile(path, options, &base, dbg); !s.ok()) return s;
    std::array<char, kPrefixBytes> scratch;
    Slice prefix;
    if (auto s = base->Read(0, kPrefixBytes, options.io_options, &prefix, scratch.data(), dbg); !s.ok()) return s;
    Cipher cipher;
    if (auto s = open_prefix(*ciphers_, path, {prefix.data(), prefix.size()}, cipher); !s.ok()) return s;
    *result = std::make_unique<DecryptingRandomAccessFile>(std::move(base), std::move(cipher));
    return IOStatus::OK();
  }

  IOStatus NewWritableFile(const std::string& path, const FileOptions& wanted,
                           std::unique_ptr<rocksdb::FSWritableFile>* result, IODebugContext* dbg) override {
    const FileOptions options = allowed(wanted);
    std::unique_ptr<rocksdb::FSWritableFile> base;
    if (auto s = target_->NewWritableFile(path, options, &base, dbg); !s.ok()) return s;
    const Bytes iv = random_.bytes(kIvBytes);
    const Bytes prefix = make_prefix(*ciphers_, iv);
    if (auto s = base->Append(prefix, options.io_options, dbg); !s.ok()) return s;
    *result = std::make_unique<EncryptingWritableFile>(std::move(base), ciphers_->make(iv));
    return IOStatus::OK();
  }
  IOStatus ReopenWritableFile(const std::string& path, const FileOptions& wanted,
                              std::unique_ptr<rocksdb::FSWritableFile>* result, IODebugContext* dbg) override {
    uint64_t size = 0;
    const bool has_prefix = target_->GetFileSize(path, wanted.io_options, &size, dbg).ok() && size >= kPrefixBytes;
    if (!has_prefix) return NewWritableFile(path, wanted, result, dbg);
    std::unique_ptr<rocksdb::FSWritableFile> base;
    if (auto s = target_->ReopenWritableFile(path, allowed(wanted), &base, dbg); !s.ok()) return s;
    *result = std::make_unique<EncryptingWritableFile>(std::move(base), nullptr);
    return IOStatus::OK();
  }
  IOStatus ReuseWritableFile(const std::string& path, const std::string& old_path, const FileOptions& options,
                             std::unique_ptr<rocksdb::FSWritableFile>* result, IODebugContext* dbg) override {
    if (auto s = RenameFile(old_path, path, options.io_options, dbg); !s.ok()) return s;
    return NewWritableFile(path, options, result, dbg);
  }
  IOStatus NewRandomRWFile(const std::string&, const FileOptions&, std::unique_ptr<rocksdb::FSRandomRWFile>*,
                           IODebugContext*) override {
    return IOStatus::NotSupported("NewRandomRWFile");
  }
  IOStatus NewMemoryMappedFileBuffer(const std::string&, std::unique_ptr<rocksdb::MemoryMappedFileBuffer>*) override {
    return IOStatus::NotSupported("NewMemoryMappedFileBuffer");
  }
  IOStatus NewLogger(const std::string&, const IOOptions&, std::shared_ptr<rocksdb::Logger>* result,
                     IODebugContext*) override {
    *result = std::make_shared<SilentLogger>();
    return IOStatus::OK();
  }

  IOStatus GetFileSize(const std::string& path, const IOOptions& options, uint64_t* size,
                       IODebugContext* dbg) override {
    auto s = target_->GetFileSize(path, options, size, dbg);
    if (s.ok()) *size = *size < kPrefixBytes ? 0 : *size - kPrefixBytes;
    return s;
  }
  IOStatus GetChildrenFileAttributes(const std::string& path, const IOOptions& options,
                                     std::vector<rocksdb::FileAttributes>* result, IODebugContext* dbg) override {
    return FileSystem::GetChildrenFileAttributes(path, options, result, dbg);
  }
  IOStatus Truncate(const std::string& path, size_t size, const IOOptions& options, IODebugContext* dbg) override {
    return target_->Truncate(path, size + kPrefixBytes, options, dbg);
  }
  void SanitizeFileOptions(FileOptions* options) const override {
    target_->SanitizeFileOptions(options);
    *options = allowed(*options);
  }

 private:
  // Direct writes rewrite the last block; mapped reads show what rests on disk.
  static FileOptions allowed(FileOptions options) {
    options.use_direct_writes = false;
    options.use_mmap_writes = false;
    options.use_mmap_reads = false;
    options.use_direct_reads = false;
    return options;
  }

  const std::shared_ptr<const FileCipherFactory> ciphers_;
  Random& random_;
};

}  // namespace

std::shared_ptr<rocksdb::FileSystem> encrypt_file_system(std::shared_ptr<rocksdb::FileSystem> base,
                                                         std::shared_ptr<const FileCipherFactory> ciphers,
                                                         Random& random) {
  (void)rocksdb_uses_our_crc32c();  // links it in; without it RocksDB is slower and the same
  return std::make_shared<EncryptedFileSystem>(std::move(base), std::move(ciphers), random);
}

}  // namespace freehold::disk
