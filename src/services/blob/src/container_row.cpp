#include "src/container_row.h"

#include "store/hybrid_clock.h"

namespace freehold::blob {
namespace {
enum : std::uint8_t { kCreated = 1, kMetadata = 2, kId = 128, kEtag = 129 };
}  // namespace

WallTime ContainerRow::last_modified() const {
  return std::chrono::floor<std::chrono::seconds>(store::HybridClock::wall_time(etag));
}

Bytes encode_container_row(const ContainerRow& row) {
  FieldWriter out;
  out.bytes(kId, row.id.view());
  out.u64(kEtag, row.etag);
  out.u64(kCreated, row.created);
  out.text(kMetadata, encode_metadata(row.metadata));
  out.unknown(row.unknown);
  return out.finish();
}

Result<ContainerRow> decode_container_row(BytesView bytes) {
  FH_TRY(const auto fields, split_fields(bytes));
  ContainerRow row;
  std::optional<ContainerId> id;
  bool whole = true;
  for (const auto& field : fields) {
    switch (field.id) {
      case kId:
        id = id_from_bytes<ContainerId>(field.value);
        break;
      case kEtag:
        row.etag = field_u64(field.value).value_or(0);
        break;
      case kCreated:
        row.created = field_u64(field.value).value_or(0);
        break;
      case kMetadata: {
        auto metadata = decode_metadata(field.value);
        whole = whole && metadata.has_value();
        if (metadata) row.metadata = std::move(*metadata);
        break;
      }
      default:
        if (field.id >= kFirstCriticalField) {
          return fail(ErrorCode::kUnsupported, "a container row needs a newer program");
        }
        row.unknown.emplace_back(field.id, field.value);
    }
  }
  if (!id || row.etag == 0 || !whole) return fail(ErrorCode::kCorrupt, "a container row is not as it was written");
  row.id = *id;
  return row;
}

}  // namespace freehold::blob
