// Where RocksDB's text log goes: nowhere.
#pragma once

#include <rocksdb/env.h>

#include <cstdarg>

namespace freehold::disk {

// On a simulated disk the log would be most of what is written; in an encrypted directory it would name keys. RocksDB's
// own logger over a FileSystem can't stand in: it writes on after an error, which RocksDB's writer asserts against.
class SilentLogger final : public rocksdb::Logger {
 public:
  using Logger::Logv;
  void Logv(const char*, va_list) override {}
};

}  // namespace freehold::disk
