// RocksDB's checksum by the processor's instruction.
#pragma once

namespace freehold::disk {

// True where this program's own CRC-32C stands in for RocksDB's. Calling it is what links the definition in.
[[nodiscard]] bool rocksdb_uses_our_crc32c();

}  // namespace freehold::disk
