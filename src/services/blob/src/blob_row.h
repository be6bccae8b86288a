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

namespace freehold::blob {

enum class BlobType : std::uint8_t { kBlock = 1 };  // append and page blobs get the next numbers
// kUncommitted: blocks were put, no block list yet; only Put Block, Put Block List and listings with
// include=uncommittedblobs see it.
enum class BlobState : std::uint8_t { kUncommitted = 1, kCommitted = 2 };

// Blocks put since the last commit of the blob stand in rows of this generation; a new generation forgets them.
struct Staging {
  std::uint64_t generation = 0;
  std::uint8_t id_bytes = 0;  // all block ids of a blob have one length (Put Block)
  std::uint32_t revision =
      0;  // grows when a staged block is replaced, so that a commit that read the old one conflicts
  friend bool operator==(const Staging&, const Staging&) = default;
};

struct BlobRow {
  BlobType type = BlobType::kBlock;
  BlobState state = BlobState::kCommitted;
  std::uint64_t etag = 0;     // hybrid timestamp of the last change; also gives Last-Modified
  std::uint64_t created = 0;  // hybrid timestamp
  std::uint64_t length = 0;
  ContentHeaders content;
  Metadata metadata;
  Bytes wrapped_key;  // the blob key under the account key
  LayoutRef layout;
  std::optional<Staging> staging;
  bool tier_named = false;  // x-ms-access-tier: Hot was asked for, not inferred
  UnknownFields unknown;

  [[nodiscard]] WallTime last_modified() const;
  [[nodiscard]] WallTime creation_time() const;
  [[nodiscard]] bool committed() const { return state == BlobState::kCommitted; }
  [[nodiscard]] Existing existing() const { return {etag, last_modified()}; }
};

[[nodiscard]] Bytes encode_blob_row(const BlobRow& row);
// kCorrupt, or kUnsupported for rows of a newer version or with critical fields unknown here.
[[nodiscard]] Result<BlobRow> decode_blob_row(BytesView bytes);

[[nodiscard]] Bytes encode_metadata(const Metadata& metadata);
[[nodiscard]] std::optional<Metadata> decode_metadata(BytesView bytes);
[[nodiscard]] Bytes encode_manifests(const std::vector<ManifestRef>& manifests);
[[nodiscard]] std::optional<std::vector<ManifestRef>> decode_manifests(BytesView bytes);

// A staged block (Put Block), before a block list names it.
struct StagedBlock {
  Block block;
  std::uint64_t length = 0;
};
[[nodiscard]] Bytes encode_staged_block(const Block& block);
[[nodiscard]] Result<Block> decode_staged_block(BytesView bytes);

// What the collector has to remove, written in the commit that made it garbage.
struct GarbageRow {
  Bytes wrapped_key;                   // opens the manifests of `expand`
  LayoutRef expand;                    // all its segments, and its manifests themselves
  std::vector<store::ChunkId> chunks;  // these as they are (manifests whose content lives on)
  // Staged rows of this blob and generation: with `staged_content`, what they name goes too.
  Bytes staged_name;
  std::uint64_t staged_generation = 0;
  bool staged_content = false;
  [[nodiscard]] bool empty() const { return expand.empty() && chunks.empty() && staged_generation == 0; }
};
[[nodiscard]] Bytes encode_garbage_row(const GarbageRow& row);
[[nodiscard]] Result<GarbageRow> decode_garbage_row(BytesView bytes);

}  // namespace freehold::blob
