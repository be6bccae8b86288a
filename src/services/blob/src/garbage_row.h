// GarbageRow: what the collector has to remove, written in the commit that made it garbage.
#pragma once

#include <vector>

#include "src/layout.h"

namespace freehold::blob {

// Windows [from, end) of a generation of a page blob in which rows may stand that no state of the blob sees any more.
// `holes`: its holes are to be filled besides.
struct PageGarbage {
  std::uint64_t generation = 0;
  std::uint32_t from = 0;
  std::uint32_t end = 0;
  bool holes = false;
  friend bool operator==(const PageGarbage&, const PageGarbage&) = default;
};
inline constexpr std::uint32_t kAllWindows = 0xFFFF'FFFF;

struct GarbageRow {
  Bytes wrapped_key;                   // opens the manifests of `expand`
  LayoutRef expand;                    // all its segments, and its manifests themselves
  std::vector<store::ChunkId> chunks;  // these as they are (manifests whose content lives on)
  // Staged rows of this blob and generation: with `staged_content`, what they name goes too.
  Bytes staged_name;
  std::uint64_t staged_generation = 0;
  bool staged_content = false;
  // Snapshots of this name, or the blob itself, may name some of it too: what they name stays.
  Bytes shared_name;
  Bytes page_name;
  std::vector<PageGarbage> pages;
  void add_pages(BytesView name, PageGarbage garbage);  // joins what touches the last one
  [[nodiscard]] bool empty() const {
    return expand.empty() && chunks.empty() && staged_generation == 0 && pages.empty();
  }
};
[[nodiscard]] Bytes encode_garbage_row(const GarbageRow& row);
[[nodiscard]] Result<GarbageRow> decode_garbage_row(BytesView bytes);

}  // namespace freehold::blob
