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
  kClearMetadata = 8,  // written by earlier programs instead of kNotes
  kHotNamed = 9,       // written by earlier programs instead of kTier
  kTier = 10,
  // 11 last access: reserved
  kKind = 128,  // type, state
  kEtag = 129,
  kLength = 130,
  kWrappedKey = 131,
  kLayout = 132,
  kManifests = 133,
  kStaging = 134,
  // 135, 136: garbage rows
  kLease = 137,
  kClearTags = 138,  // as well
  kCopy = 139,
  kCustomerKey = 140,
  // 141 encryption scope: reserved
  kPage = 142,
  kAppend = 143,
  kSnapshot = 144,
  kFlags = 145,
  // 146 version, 147 deleted, 148 legal hold and immutability: reserved; 149: garbage rows
  kLastSnapshot = 150,
  // 151 to 153: windows of page blobs
  kNotes = 154
};

enum : std::uint8_t { kHasSnapshots = 1, kSharedContent = 2 };

std::unexpected<Error> broken(std::string_view what) {
  return fail(ErrorCode::kCorrupt, "a row is not as it was written", std::string(what));
}

Bytes encode_staging(const Staging& staging) {
  Bytes out;
  append_u64(out, staging.generation);
  append_u8(out, staging.id_bytes);
  append_u32(out, staging.revision);
  out += staging.customer_key_sha256;
  return out;
}

bool read_kind(BytesView value, BlobRow& row) {
  if (value.size() != 2 || value[0] < 1 || value[0] > 3 || value[1] < 1 || value[1] > 2) return false;
  row.type = static_cast<BlobType>(value[0]);
  row.state = static_cast<BlobState>(value[1]);
  return true;
}

bool read_staging(BytesView value, BlobRow& row) {
  ByteReader in(value);
  Staging staging;
  staging.generation = in.u64();
  staging.id_bytes = in.u8();
  staging.revision = in.u32();
  if (!in.rest().empty()) staging.customer_key_sha256 = in.take(32);
  row.staging = staging;
  return in.done();
}

bool read_flags(BytesView value, BlobRow& row) {
  if (value.size() != 1 || (value[0] & ~(kHasSnapshots | kSharedContent)) != 0) return false;
  row.has_snapshots = (value[0] & kHasSnapshots) != 0;
  row.shared_content = (value[0] & kSharedContent) != 0;
  return true;
}

bool read_clear_metadata(BytesView value, RowNotes& notes) {
  auto* clear = notes.read_in_clear();
  return clear != nullptr && take(decode_metadata(value), clear->metadata);
}

bool read_clear_tags(BytesView value, RowNotes& notes) {
  auto* clear = notes.read_in_clear();
  return clear != nullptr && take(decode_tags(value), clear->tags);
}

// False: the field's bytes can't be right.
bool read_field(const Field& field, BlobRow& row, bool& known) {
  known = true;
  switch (field.id) {
    case kKind:
      return read_kind(field.value, row);
    case kEtag:
      return take(field_u64(field.value), row.etag);
    case kCreated:
      return take(field_u64(field.value), row.created);
    case kLength:
      return take(field_u64(field.value), row.length);
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
    case kClearMetadata:
      return read_clear_metadata(field.value, row.notes);
    case kHotNamed:
      row.tier.named = true;
      return true;
    case kTier:
      return take(decode_tier(field.value), row.tier);
    case kWrappedKey:
      row.wrapped_key = field.value;
      return true;
    case kLayout:
      return take(decode_layout(field.value), row.layout.direct);
    case kManifests:
      return take(decode_manifests(field.value), row.layout.manifests);
    case kStaging:
      return read_staging(field.value, row);
    case kLease:
      return take(decode_lease(field.value), row.lease);
    case kClearTags:
      return read_clear_tags(field.value, row.notes);
    case kNotes:
      return !row.notes.is_in_clear() && take(RowNotes::decode_sealed(field.value), row.notes);
    case kCopy:
      return take(decode_copy(field.value), row.copy);
    case kCustomerKey:
      row.customer_key_sha256 = field.value;
      return field.value.size() == 32;
    case kPage:
      return take(decode_page_state(field.value), row.page);
    case kAppend:
      return take(decode_append_state(field.value), row.append);
    case kSnapshot:
      return take(field_u64(field.value), row.snapshot);
    case kLastSnapshot:
      return take(field_u64(field.value), row.last_snapshot);
    case kFlags:
      return read_flags(field.value, row);
    default:
      known = false;
      return true;
  }
}

}  // namespace

std::string_view to_string(BlobType type) {
  switch (type) {
    case BlobType::kBlock:
      return "BlockBlob";
    case BlobType::kAppend:
      return "AppendBlob";
    case BlobType::kPage:
      return "PageBlob";
  }
  return "";
}

Existing BlobRow::existing(std::uint64_t now) const {
  return {etag, last_modified(), &lease, &notes, store::HybridClock::wall_time(now)};
}
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

namespace {

void write_notes(FieldWriter& out, const RowNotes& notes) {
  out.text(kNotes, notes.encode_sealed());
  const auto* clear = notes.in_clear();
  if (clear == nullptr) return;
  out.text(kClearMetadata, encode_metadata(clear->metadata));
  out.text(kClearTags, encode_tags(clear->tags));
}

void write_states(FieldWriter& out, const BlobRow& row) {
  if (row.lease) out.bytes(kLease, encode_lease(*row.lease));
  if (row.copy) out.bytes(kCopy, encode_copy(*row.copy));
  out.text(kCustomerKey, row.customer_key_sha256);
  if (row.page) out.bytes(kPage, encode_page_state(*row.page));
  if (row.append) out.bytes(kAppend, encode_append_state(*row.append));
  if (row.snapshot != 0) out.u64(kSnapshot, row.snapshot);
  const int flags = (row.has_snapshots ? kHasSnapshots : 0) | (row.shared_content ? kSharedContent : 0);
  if (row.last_snapshot != 0) out.u64(kLastSnapshot, row.last_snapshot);
  if (flags != 0) out.bytes(kFlags, Bytes(1, static_cast<char>(flags)));
}

}  // namespace

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
  write_notes(out, row.notes);
  if (row.tier != TierState{}) out.bytes(kTier, encode_tier(row.tier));
  out.text(kWrappedKey, row.wrapped_key);
  out.text(kLayout, encode_layout(row.layout.direct));
  out.text(kManifests, encode_manifests(row.layout.manifests));
  if (row.staging) out.bytes(kStaging, encode_staging(*row.staging));
  write_states(out, row);
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

}  // namespace freehold::blob
