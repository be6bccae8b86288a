// ContentStore: content in and out of chunks and inline rows, sealed page by page (docs/formats/content-page.md).
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "base/ids.h"
#include "base/limits.h"
#include "crypto/digest.h"
#include "http/message.h"
#include "runtime/pool.h"
#include "runtime/task_scope.h"
#include "src/account_key.h"
#include "src/blob_row.h"
#include "src/chunk_claims.h"
#include "src/content_key.h"
#include "src/ingest_room.h"
#include "src/range_rules.h"
#include "store/partition_store.h"

namespace freehold::blob {

using runtime::Task;

// Plain bytes of a page and its tag, as they lie in a chunk.
inline constexpr std::size_t kSealedPageBytes = limits::kPageBytes + crypto::kAeadTagBytes;
[[nodiscard]] constexpr std::size_t sealed_size(std::size_t plain) {
  return plain + (plain + limits::kPageBytes - 1) / limits::kPageBytes * crypto::kAeadTagBytes;
}

enum class Digest : std::uint8_t { kNone = 0, kMd5 = 1, kCrc64 = 2, kBoth = 3 };
[[nodiscard]] constexpr bool wants(Digest digest, Digest what) {
  return (static_cast<unsigned>(digest) & static_cast<unsigned>(what)) != 0;
}

// May short content become a row? Each one makes the commit that names it longer.
enum class Inlining { kAllowed, kNever };

// What became of a request's body: durable chunks that nothing names yet, or one sealed page to go into the row's
// commit.
struct Ingested {
  std::vector<Segment> segments;
  std::optional<store::KeyValue> inline_row;
  std::uint64_t length = 0;
  Bytes md5;  // 16 bytes if it was wanted
  std::uint64_t crc64 = 0;
};

// Content that lies where its segment says once `inline_row` (if there is one) is committed.
struct StoredContent {
  Segment segment;
  std::optional<store::KeyValue> inline_row;
};

// A body in parts that end at the multiples of some size: the first where that is `first` bytes away, the others
// `step`. Parts of at most limits::kInlineContentBytes are inline.
struct Cuts {
  std::uint32_t first = 0;
  std::uint32_t step = 0;
};
struct CutIngested {
  std::vector<StoredContent> parts;
  Ingested whole;  // length and digests alone
};

// A run of plain bytes: `buffer` from `skip` on.
struct PlainPiece {
  AlignedBuffer buffer;
  std::size_t skip = 0;
  std::size_t length = 0;
  [[nodiscard]] BytesView view() const { return {buffer.data() + skip, length}; }
};

// Where content lies and what opens it. Values: passed to coroutines by copy.
struct ContentPlace {
  TenantId tenant;
  store::PartitionId partition;
  BlobKey key;                  // of content
  BlobKey manifests = nullptr;  // of the manifests that tell where content lies, if that is another one
  std::shared_ptr<AccountKeyHold> hold = nullptr;  // of the account's key, if it is a customer's to give
  [[nodiscard]] const BlobKey& manifest_key() const { return manifests ? manifests : key; }
  // May it be used, as far as is known? Otherwise hold->hold() says, before each page that is opened or sealed.
  [[nodiscard]] bool is_held() const { return hold == nullptr || hold->is_fresh(); }
};

// Owned by BlobService; thread-safe.
class ContentStore {
 public:
  ContentStore(store::PartitionStore& rows, store::ChunkStore& chunks, ChunkClaims& claims, runtime::Pool& pool)
      : rows_(rows), chunks_(chunks), claims_(claims), pool_(pool) {}

  // Reads exactly `length` bytes of the body, seals them, and puts them as chunks (claimed in `pending`) unless they
  // fit inline. At most two chunks are on their way at a time, so a slow disk slows the client down. kCancelled: the
  // body ended early. kExhausted: bodies that are under way fill the memory set aside for them; nothing was read.
  // `body` outlives the call.
  [[nodiscard]] Task<Result<Ingested>> ingest(http::BodyReader& body, std::uint64_t length, Digest digest,
                                              ContentPlace place, PendingChunks& pending,
                                              Inlining inlining = Inlining::kAllowed);

  // The same for bodies of at most limits::kChunkContentBytes that must be cut.
  [[nodiscard]] Task<Result<CutIngested>> ingest_cut(http::BodyReader& body, std::uint32_t length, Cuts cuts,
                                                     Digest digest, ContentPlace place, PendingChunks& pending);
  // Seals and puts bytes that are in memory: [1, limits::kChunkContentBytes] of them.
  [[nodiscard]] Task<Result<StoredContent>> put_content(ContentPlace place, AlignedBuffer plain, PendingChunks& pending,
                                                        Inlining inlining = Inlining::kAllowed);
  // Memory for content that is on its way by put_content(). nullopt: bodies that are under way fill what is set aside.
  [[nodiscard]] std::optional<IngestRoom::Place> take_room(TenantId tenant, std::size_t bytes) {
    return room_.take(tenant, bytes);
  }

  // Plain bytes [offset, offset + length) of a segment, at most kPieceBytes within page bounds. kNotFound: the segment
  // is gone (its blob was overwritten meanwhile). kCorrupt: no copy opens.
  [[nodiscard]] Task<Result<PlainPiece>> read_piece(ContentPlace place, Segment segment, std::uint32_t offset,
                                                    std::uint32_t length);
  // The content of a blob that is one inline segment; nullopt if it is gone.
  [[nodiscard]] Task<Result<std::optional<Bytes>>> read_inline(ContentPlace place, Segment segment);

  // Puts parts of a long layout as manifest chunks.
  [[nodiscard]] Task<Result<LayoutRef>> store_layout(ContentPlace place, Layout layout, PendingChunks& pending);
  // One part as one manifest.
  [[nodiscard]] Task<Result<ManifestRef>> store_manifest(ContentPlace place, Layout part, PendingChunks& pending);
  [[nodiscard]] Task<Result<Layout>> load_layout(ContentPlace place, LayoutRef ref);
  [[nodiscard]] Task<Result<Layout>> load_manifest(ContentPlace place, ManifestRef manifest);

  [[nodiscard]] ChunkClaims& claims() { return claims_; }
  [[nodiscard]] store::ChunkStore& chunks() { return chunks_; }

  static constexpr std::uint32_t kPieceBytes = 3 * limits::kPageBytes;

 private:
  [[nodiscard]] Task<Result<std::vector<StoredContent>>> put_parts(ContentPlace place,
                                                                   std::shared_ptr<AlignedBuffer> plain, Cuts cuts,
                                                                   Inlining inlining, PendingChunks& pending);
  [[nodiscard]] Task<Result<PlainPiece>> read_chunk(ContentPlace place, Segment segment, std::uint32_t offset,
                                                    std::uint32_t length);

  store::PartitionStore& rows_;
  store::ChunkStore& chunks_;
  ChunkClaims& claims_;
  runtime::Pool& pool_;
  IngestRoom room_{IngestRoom::default_limit()};
};

}  // namespace freehold::blob
