// BlobRow: what a container's partition says of one blob. Written and read here only (docs/formats/blob-rows.md).
#pragma once

#include <cstdint>
#include <optional>

#include "base/clock.h"
#include "base/result.h"
#include "src/conditional_rules.h"
#include "src/fields.h"
#include "src/header_rules.h"
#include "src/layout.h"
#include "src/notes.h"
#include "src/row_parts.h"

namespace freehold::blob {

enum class BlobType : std::uint8_t { kBlock = 1, kAppend = 2, kPage = 3 };
[[nodiscard]] std::string_view to_string(BlobType type);  // "BlockBlob" ...
// kUncommitted: blocks were put, no block list yet; only Put Block, Put Block List and listings with
// include=uncommittedblobs see it.
enum class BlobState : std::uint8_t { kUncommitted = 1, kCommitted = 2 };

// Blocks put since the last commit of the blob stand in rows of this generation; a new generation forgets them.
struct Staging {
  std::uint64_t generation = 0;
  std::uint8_t id_bytes = 0;  // all block ids of a blob have one length (Put Block)
  std::uint32_t revision =
      0;                      // grows when a staged block is replaced, so that a commit that read the old one conflicts
  Bytes customer_key_sha256;  // 32 bytes if they are under a customer-provided key
  friend bool operator==(const Staging&, const Staging&) = default;
};

struct BlobRow {
  BlobType type = BlobType::kBlock;
  BlobState state = BlobState::kCommitted;
  std::uint64_t etag = 0;     // hybrid timestamp of the last change; also gives Last-Modified
  std::uint64_t created = 0;  // hybrid timestamp
  std::uint64_t length = 0;
  ContentHeaders content;
  RowNotes notes;     // metadata and tags
  Bytes wrapped_key;  // the blob key under the account key
  LayoutRef layout;
  std::optional<Staging> staging;
  TierState tier;
  std::optional<Lease> lease;
  std::optional<CopyState> copy;
  std::optional<PageState> page;      // page blobs
  std::optional<AppendState> append;  // append blobs
  Bytes customer_key_sha256;          // 32 bytes if the content is under a customer-provided key
  std::uint64_t snapshot = 0;         // of a snapshot: its time in microseconds since 1970; 0: the blob itself
  bool has_snapshots = false;         // of the blob itself: there may be some
  std::uint64_t last_snapshot = 0;    // of the blob itself: time of the newest; each one changes the row thereby
  bool shared_content = false;        // other rows of this name may name the same chunks and inline content
  UnknownFields unknown;

  [[nodiscard]] WallTime last_modified() const;
  [[nodiscard]] WallTime creation_time() const;
  [[nodiscard]] bool committed() const { return state == BlobState::kCommitted; }
  [[nodiscard]] bool is_snapshot() const { return snapshot != 0; }
  // What conditions are held against at hybrid time `now`. Borrows from this row.
  [[nodiscard]] Existing existing(std::uint64_t now) const;
};

// Notes that were set are sealed before (BlobStore::encode).
[[nodiscard]] Bytes encode_blob_row(const BlobRow& row);
// kCorrupt, or kUnsupported for rows of a newer version or with critical fields unknown here.
[[nodiscard]] Result<BlobRow> decode_blob_row(BytesView bytes);

[[nodiscard]] Bytes encode_metadata(const Metadata& metadata);
[[nodiscard]] std::optional<Metadata> decode_metadata(BytesView bytes);

// A staged block (Put Block), before a block list names it.
struct StagedBlock {
  Block block;
  std::uint64_t length = 0;
};
[[nodiscard]] Bytes encode_staged_block(const Block& block);
[[nodiscard]] Result<Block> decode_staged_block(BytesView bytes);

}  // namespace freehold::blob
