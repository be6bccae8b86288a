// Errors as RocksDB wants them told.
#pragma once

#include <rocksdb/io_status.h>

#include "base/result.h"

namespace freehold::disk {

inline rocksdb::IOStatus io_status(const Error& error) {
  const std::string& text = error.detail.empty() ? error.message : error.detail;
  switch (error.code) {
    case ErrorCode::kNotFound:
      return rocksdb::IOStatus::PathNotFound(text);
    case ErrorCode::kCorrupt:
      return rocksdb::IOStatus::Corruption(text);
    case ErrorCode::kConflict:
      return rocksdb::IOStatus::Busy(text);
    case ErrorCode::kUnsupported:
      return rocksdb::IOStatus::NotSupported(text);
    case ErrorCode::kExhausted: {
      auto status = rocksdb::IOStatus::NoSpace(text);
      status.SetRetryable(true);  // as RocksDB's own file system says of ENOSPC
      return status;
    }
    default:
      return rocksdb::IOStatus::IOError(text);
  }
}

inline rocksdb::IOStatus io_status(const Result<>& result) {
  return result ? rocksdb::IOStatus::OK() : io_status(result.error());
}

}  // namespace freehold::disk
