// RocksDB's files encrypted at rest. Format: docs/formats/rocksdb-files.md.
//
// A counter mode hides contents and proves nothing: rows that decide or hold secrets are sealed besides (DESIGN section
// 5). The cipher comes from outside, since this module has no cryptography of its own.
#pragma once

#include <cstdint>
#include <memory>
#include <span>

#include "base/bytes.h"
#include "base/random.h"

namespace rocksdb {
class FileSystem;
}

namespace freehold::disk {

// The key stream of one file. Thread-safe.
class FileCipher {
 public:
  virtual ~FileCipher() = default;
  // Encrypts or decrypts in place what stands at `offset` of the content.
  virtual void apply(std::uint64_t offset, std::span<char> data) const = 0;
};

// Holds the key. Thread-safe.
class FileCipherFactory {
 public:
  virtual ~FileCipherFactory() = default;
  // A stream of a counter mode that starts at this counter block.
  [[nodiscard]] virtual std::unique_ptr<FileCipher> make(BytesView iv16) const = 0;
  // 16 bytes that only a holder of the key can compute over `head` (a truncated MAC under a key derived from it): tells
  // a wrong key and a changed iv.
  [[nodiscard]] virtual Bytes check_value(BytesView head) const = 0;
};

// A file system that encrypts what RocksDB writes to `base`; each new file gets a prefix block with an iv from
// `random`, which outlives it. Names and sizes stay visible. What it refuses, because a key stream would be used twice:
// writes at an offset (so direct writes are off), and appends to a reopened or shortened file. A recycled file
// (RocksDB's ReuseWritableFile) starts anew with a new iv. A file whose prefix block was never made durable (too short,
// or all zeros) reads as empty when read in sequence, as it held nothing that was acknowledged. Wrong key or damage:
// Corruption; a newer version: NotSupported. RocksDB's text log is dropped: set options.info_log to have one.
[[nodiscard]] std::shared_ptr<rocksdb::FileSystem> encrypt_file_system(std::shared_ptr<rocksdb::FileSystem> base,
                                                                       std::shared_ptr<const FileCipherFactory> ciphers,
                                                                       Random& random);

}  // namespace freehold::disk
