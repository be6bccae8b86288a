// AES-256-CTR over byte ranges, for files that RocksDB reads and writes anywhere (DESIGN section 5).
#pragma once

#include <cstdint>
#include <memory>

#include "base/bytes.h"
#include "base/secret.h"

namespace freehold::crypto {

// The key stream of one file: counter block = iv + offset / 16. The owner makes sure that no two files share key and iv
// and that no file is written twice at one offset. Thread-safe.
class CtrStream {
 public:
  CtrStream(const Secret& key, BytesView iv16);
  ~CtrStream();
  // Encrypts or decrypts in place what stands at `offset` in the file.
  void apply(std::uint64_t offset, std::span<char> data) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace freehold::crypto
