#include "src/garbage_row.h"

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
  kSharedName = 149
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

bool read_staged(ByteReader& in, GarbageRow& row) {
  row.staged_generation = in.u64();
  row.staged_content = in.u8() == 1;
  row.staged_name = in.rest();
  return in.ok();
}

}  // namespace

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
