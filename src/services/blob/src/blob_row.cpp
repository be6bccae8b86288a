#include "src/blob_row.h"

#include "base/limits.h"
#include "store/hybrid_clock.h"

namespace freehold::blob {
namespace {

// Field numbers are for ever: a retired one is never given to something else. Critical ones begin at 128.
enum : std::uint8_t {
  kCreated = 1,
  kContentType = 2,
  kContentEncoding = 3,
  kContentLanguage = 4,
  kContentDisposition = 5,
  kCacheControl = 6,
  kContentMd5 = 7,
  kMetadata = 8,
  kTierNamed = 9,
  kKind = 128,  // type, state
  kEtag = 129,
  kLength = 130,
  kWrappedKey = 131,
  kLayout = 132,
  kManifests = 133,
  kStaging = 134,
  kChunks = 135,        // garbage rows
  kStagedGarbage = 136  // garbage rows
};

std::unexpected<Error> broken(std::string_view what) {
  return fail(ErrorCode::kCorrupt, "a row is not as it was written", std::string(what));
}

Bytes encode_staging(const Staging& staging) {
  Bytes out;
  append_u64(out, staging.generation);
  append_u8(out, staging.id_bytes);
  append_u32(out, staging.revision);
  return out;
}

bool read_kind(BytesView value, BlobRow& row) {
  if (value.size() != 2 || value[0] != 1 || value[1] < 1 || value[1] > 2) return false;
  row.type = static_cast<BlobType>(value[0]);
  row.state = static_cast<BlobState>(value[1]);
  return true;
}

bool read_number(BytesView value, std::uint64_t& out) {
  const auto number = field_u64(value);
  out = number.value_or(0);
  return number.has_value();
}

bool read_staging(BytesView value, BlobRow& row) {
  ByteReader in(value);
  Staging staging;
  staging.generation = in.u64();
  staging.id_bytes = in.u8();
  staging.revision = in.u32();
  row.staging = staging;
  return in.done();
}

bool read_layout(BytesView value, LayoutRef& out) {
  auto layout = decode_layout(value);
  if (layout) out.direct = std::move(*layout);
  return layout.has_value();
}

bool read_manifests(BytesView value, LayoutRef& out) {
  auto manifests = decode_manifests(value);
  if (manifests) out.manifests = std::move(*manifests);
  return manifests.has_value();
}

bool read_metadata(BytesView value, BlobRow& row) {
  auto metadata = decode_metadata(value);
  if (metadata) row.metadata = std::move(*metadata);
  return metadata.has_value();
}

// False: the field's bytes can't be right.
bool read_field(const Field& field, BlobRow& row, bool& known) {
  known = true;
  switch (field.id) {
    case kKind:
      return read_kind(field.value, row);
    case kEtag:
      return read_number(field.value, row.etag);
    case kCreated:
      return read_number(field.value, row.created);
    case kLength:
      return read_number(field.value, row.length);
    case kContentType:
      row.content.type = field.value;
      return true;
    case kContentEncoding:
      row.content.encoding = field.value;
      return true;
    case kContentLanguage:
      row.content.language = field.value;
      return true;
    case kContentDisposition:
      row.content.disposition = field.value;
      return true;
    case kCacheControl:
      row.content.cache_control = field.value;
      return true;
    case kContentMd5:
      row.content.md5 = field.value;
      return field.value.size() == 16;
    case kMetadata:
      return read_metadata(field.value, row);
    case kTierNamed:
      row.tier_named = true;
      return true;
    case kWrappedKey:
      row.wrapped_key = field.value;
      return true;
    case kLayout:
      return read_layout(field.value, row.layout);
    case kManifests:
      return read_manifests(field.value, row.layout);
    case kStaging:
      return read_staging(field.value, row);
    default:
      known = false;
      return true;
  }
}

}  // namespace

WallTime BlobRow::last_modified() const {
  return std::chrono::floor<std::chrono::seconds>(store::HybridClock::wall_time(etag));
}
WallTime BlobRow::creation_time() const {
  return std::chrono::floor<std::chrono::seconds>(store::HybridClock::wall_time(created));
}

Bytes encode_metadata(const Metadata& metadata) {
  Bytes out;
  for (const auto& [name, value] : metadata) {
    append_sized(out, name);
    append_sized(out, value);
  }
  return out;
}

std::optional<Metadata> decode_metadata(BytesView bytes) {
  Metadata metadata;
  ByteReader in(bytes);
  while (in.ok() && !in.rest().empty()) {
    const auto name = in.sized(kMetadataBytes);
    const auto value = in.sized(kMetadataBytes);
    metadata.emplace_back(name, value);
  }
  if (!in.ok()) return std::nullopt;
  return metadata;
}

Bytes encode_manifests(const std::vector<ManifestRef>& manifests) {
  Bytes out;
  for (const auto& manifest : manifests) {
    out += store::to_bytes(manifest.id);
    append_u32(out, manifest.plain_bytes);
    append_u64(out, manifest.content_bytes);
  }
  return out;
}

std::optional<std::vector<ManifestRef>> decode_manifests(BytesView bytes) {
  std::vector<ManifestRef> manifests;
  ByteReader in(bytes);
  while (in.ok() && !in.rest().empty()) {
    ManifestRef manifest;
    manifest.id.hybrid_time = in.u64();
    manifest.id.random = in.u64();
    manifest.plain_bytes = in.u32();
    manifest.content_bytes = in.u64();
    manifests.push_back(manifest);
  }
  if (!in.ok()) return std::nullopt;
  return manifests;
}

Bytes encode_blob_row(const BlobRow& row) {
  FieldWriter out;
  out.bytes(kKind, Bytes{static_cast<char>(row.type), static_cast<char>(row.state)});
  out.u64(kEtag, row.etag);
  out.u64(kCreated, row.created);
  out.u64(kLength, row.length);
  out.text(kContentType, row.content.type);
  out.text(kContentEncoding, row.content.encoding);
  out.text(kContentLanguage, row.content.language);
  out.text(kContentDisposition, row.content.disposition);
  out.text(kCacheControl, row.content.cache_control);
  out.text(kContentMd5, row.content.md5);
  out.text(kMetadata, encode_metadata(row.metadata));
  if (row.tier_named) out.bytes(kTierNamed, "1");
  out.text(kWrappedKey, row.wrapped_key);
  out.text(kLayout, encode_layout(row.layout.direct));
  out.text(kManifests, encode_manifests(row.layout.manifests));
  if (row.staging) out.bytes(kStaging, encode_staging(*row.staging));
  out.unknown(row.unknown);
  return out.finish();
}

Result<BlobRow> decode_blob_row(BytesView bytes) {
  FH_TRY(const auto fields, split_fields(bytes));
  BlobRow row;
  for (const auto& field : fields) {
    bool known = false;
    if (!read_field(field, row, known)) return broken("field " + std::to_string(field.id));
    if (known) continue;
    if (field.id >= kFirstCriticalField) {
      return fail(ErrorCode::kUnsupported, "a row has a field that needs a newer program");
    }
    row.unknown.emplace_back(field.id, field.value);
  }
  if (row.etag == 0) return broken("no etag");
  return row;
}

Bytes encode_staged_block(const Block& block) {
  FieldWriter out;
  out.bytes(kLayout, encode_layout({block}));
  return out.finish();
}

Result<Block> decode_staged_block(BytesView bytes) {
  FH_TRY(const auto fields, split_fields(bytes));
  for (const auto& field : fields) {
    if (field.id != kLayout) return fail(ErrorCode::kUnsupported, "a staged block needs a newer program");
    FH_TRY(auto layout, decode_layout(field.value));
    if (layout.size() == 1) return std::move(layout.front());
  }
  return broken("staged block");
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
        if (!read_layout(field.value, row.expand)) return broken("garbage layout");
        break;
      case kManifests:
        if (!read_manifests(field.value, row.expand)) return broken("garbage manifests");
        break;
      case kChunks:
        while (in.ok() && !in.rest().empty()) {
          const auto hybrid_time = in.u64();
          row.chunks.push_back({hybrid_time, in.u64()});
        }
        if (!in.ok()) return broken("garbage chunks");
        break;
      case kStagedGarbage:
        row.staged_generation = in.u64();
        row.staged_content = in.u8() == 1;
        row.staged_name = in.rest();
        if (!in.ok()) return broken("staged garbage");
        break;
      default:
        return fail(ErrorCode::kUnsupported, "a garbage row needs a newer program");
    }
  }
  return row;
}

}  // namespace freehold::blob
