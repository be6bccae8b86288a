// ChunkStore: immutable chunks of at most limits::kChunkBytes. Contract 2 of 3 (DESIGN section 4).
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <vector>

#include "base/bytes.h"
#include "base/ids.h"
#include "base/result.h"
#include "runtime/task.h"

namespace freehold::store {

using runtime::Task;

// Never reused: a hybrid timestamp (so that list() runs in order of creation) and a random half. Content keys are
// derived from it (DESIGN section 5).
struct ChunkId {
  std::uint64_t hybrid_time = 0;
  std::uint64_t random = 0;
  friend auto operator<=>(const ChunkId&, const ChunkId&) = default;
};
[[nodiscard]] Bytes to_bytes(ChunkId id);  // 16 bytes, big-endian: sorts like the id
[[nodiscard]] std::optional<ChunkId> chunk_id_from_bytes(BytesView bytes);

// Which of the placement's copies served a read.
struct CopyIndex {
  std::uint8_t value = 0;
};

struct ChunkBytes {
  AlignedBuffer bytes;
  CopyIndex copy;
};

struct ChunkInfo {
  ChunkId id;
  std::uint32_t length = 0;
};

struct ChunkPage {
  std::vector<ChunkInfo> chunks;
  bool more = false;
};

// Thread-safe; every call may be made from any loop and resumes on it.
class ChunkStore {
 public:
  virtual ~ChunkStore() = default;

  // Durable on return, in enough copies to survive the loss of one. 1..kChunkBytes. The tenant is for fairness only.
  // kConflict if the id exists, kExhausted if the disk or the queue is full, kUnavailable with too few fault domains.
  [[nodiscard]] virtual Task<Result<>> put(TenantId tenant, ChunkId id, AlignedBuffer bytes) = 0;
  // Exactly [offset, offset + length). Verified against the stored checksum; a copy that fails is passed over and
  // mended behind the reader's back. kNotFound; kInvalidArgument past the end; kCorrupt if no copy is right.
  [[nodiscard]] virtual Task<Result<ChunkBytes>> read(TenantId tenant, ChunkId id, std::uint32_t offset,
                                                      std::uint32_t length) = 0;
  // The reader's own check (AEAD) refused what `copy` gave: later reads avoid that copy of the chunk, and it is rebuilt
  // from another one.
  virtual void reject(ChunkId id, CopyIndex copy) = 0;
  // Idempotent. The space is given back soon after.
  [[nodiscard]] virtual Task<Result<>> remove(ChunkId id) = 0;
  // Chunks with from <= id, ascending, at most min(limit, kScanLimit). For garbage collection only.
  [[nodiscard]] virtual Task<Result<ChunkPage>> list(ChunkId from, std::uint32_t limit) = 0;
};

}  // namespace freehold::store
