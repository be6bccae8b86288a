// Debian builds RocksDB for every x86-64 processor, and so with a table-driven CRC-32C: a tenth of all processor time
// of a small write. The function that all of RocksDB calls is an exported one; defined here with the same meaning, it
// takes the library's place when the program is loaded (ELF symbol interposition), as an allocator does. Where it
// doesn't, the library's own gives the same values.
#include "src/rocksdb_crc32c.h"

#include <dlfcn.h>

#include <cstddef>
#include <cstdint>

#include "disk/crc32c.h"

namespace rocksdb::crc32c {

// As declared in RocksDB's util/crc32c.h, which isn't installed.
[[gnu::visibility("default")]] std::uint32_t Extend(std::uint32_t init_crc, const char* data, std::size_t n);

std::uint32_t Extend(std::uint32_t init_crc, const char* data, std::size_t n) {
  return freehold::disk::crc32c({data, n}, init_crc);
}

}  // namespace rocksdb::crc32c

namespace freehold::disk {

bool rocksdb_uses_our_crc32c() {
  const auto ours = reinterpret_cast<void*>(&rocksdb::crc32c::Extend);
  return ::dlsym(RTLD_DEFAULT, "_ZN7rocksdb6crc32c6ExtendEjPKcm") == ours;
}

}  // namespace freehold::disk
