#include "src/garbage_row.h"

#include <algorithm>

#include "base/limits.h"
#include "src/fields.h"

namespace freehold::blob {
namespace {

// Numbered together with the fields of a blob's row (docs/formats/blob-rows.md).
enum : std::uint8_t {
  kWrappedKey = 131,
  kLayout = 132,
  kManifests = 133,
  kChunks = 135,
  kStagedGarbage = 136,
  kSharedName = 149,
  // 150: of a blob's row; 151, 153: of windows of page blobs
  kPageGarbage = 152
};

std::unexpected<Error> broken(std::string_view what) {
  return fail(ErrorCode::kCorrupt, "a row is not as it was written", std::string(what));
}

bool read_chunks(ByteReader& in, GarbageRow& row) {
  while (in.ok() && !in.rest().empty()) {
    const auto hybrid_time = in.u64();
    row.chunks.push_back({hybrid_time, in.u64()});
  }
  return in.ok();
}

bool read_pages(ByteReader& in, GarbageRow& row) {
  row.page_name = in.sized(limits::kKeyBytes);
  while (in.ok() && !in.rest().empty()) {
    PageGarbage garbage;
    garbage.generation = in.u64();
    garbage.from = in.u32();
    garbage.end = in.u32();
    const auto holes = in.u8();
    garbage.holes = holes == 1;
    if (holes > 1) return false;
    row.pages.push_back(garbage);
  }
  return in.ok() && !row.pages.empty();
}

bool read_staged(ByteReader& in, GarbageRow& row) {
  row.staged_generation = in.u64();
  row.staged_content = in.u8() == 1;
  row.staged_name = in.rest();
  return in.ok();
}

}  // namespace

void GarbageRow::add_pages(BytesView name, PageGarbage garbage) {
  page_name = name;
  if (!pages.empty()) {
    auto& last = pages.back();
    if (last.generation == garbage.generation && last.holes == garbage.holes && garbage.from <= last.end &&
        garbage.end >= last.from) {
      last.from = std::min(last.from, garbage.from);
      last.end = std::max(last.end, garbage.end);
      return;
    }
  }
  pages.push_back(garbage);
}

Bytes encode_garbage_row(const GarbageRow& row) {
  FieldWriter out;
  out.text(kWrappedKey, row.wrapped_key);
  out.text(kLayout, encode_layout(row.expand.direct));
  out.text(kManifests, encode_manifests(row.expand.manifests));
  Bytes chunks;
  for (const auto& id : row.chunks) chunks += store::to_bytes(id);
  out.text(kChunks, chunks);
  if (row.staged_generation != 0) {
    Bytes staged;
    append_u64(staged, row.staged_generation);
    append_u8(staged, row.staged_content ? 1 : 0);
    staged += row.staged_name;
    out.bytes(kStagedGarbage, staged);
  }
  out.text(kSharedName, row.shared_name);
  if (!row.pages.empty()) {
    Bytes pages;
    append_sized(pages, row.page_name);
    for (const auto& garbage : row.pages) {
      append_u64(pages, garbage.generation);
      append_u32(pages, garbage.from);
      append_u32(pages, garbage.end);
      append_u8(pages, garbage.holes ? 1 : 0);
    }
    out.bytes(kPageGarbage, pages);
  }
  return out.finish();
}

Result<GarbageRow> decode_garbage_row(BytesView bytes) {
  FH_TRY(const auto fields, split_fields(bytes));
  GarbageRow row;
  for (const auto& field : fields) {
    ByteReader in(field.value);
    switch (field.id) {
      case kWrappedKey:
        row.wrapped_key = field.value;
        break;
      case kLayout:
        if (!take(decode_layout(field.value), row.expand.direct)) return broken("garbage layout");
        break;
      case kManifests:
        if (!take(decode_manifests(field.value), row.expand.manifests)) return broken("garbage manifests");
        break;
      case kChunks:
        if (!read_chunks(in, row)) return broken("garbage chunks");
        break;
      case kStagedGarbage:
        if (!read_staged(in, row)) return broken("staged garbage");
        break;
      case kPageGarbage:
        if (!read_pages(in, row)) return broken("page garbage");
        break;
      case kSharedName:
        row.shared_name = field.value;
        break;
      default:
        return fail(ErrorCode::kUnsupported, "a garbage row needs a newer program");
    }
  }
  return row;
}

}  // namespace freehold::blob
