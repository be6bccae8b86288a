#include "src/container_row.h"

#include "store/hybrid_clock.h"

namespace freehold::blob {
namespace {
enum : std::uint8_t {
  kCreated = 1,
  kClearMetadata = 2,  // written by earlier programs instead of kNotes
  kId = 128,
  kEtag = 129,
  kLease = 130,
  kPublicAccess = 131,
  kPolicies = 132,
  kScope = 133,
  // 134 immutability, 135 deleted: reserved
  kNotes = 136
};

bool read_public_access(BytesView value, ContainerRow& row) {
  if (value.size() != 1 || value[0] < 0 || value[0] > static_cast<char>(PublicAccess::kContainer)) return false;
  row.public_access = static_cast<PublicAccess>(value[0]);
  return true;
}

bool read_scope(BytesView value, ContainerRow& row) {
  if (value.empty() || value[0] < 0 || value[0] > 1) return false;
  row.scope = {std::string(value.substr(1)), value[0] == 1};
  return true;
}

bool read_clear_metadata(BytesView value, RowNotes& notes) {
  auto* clear = notes.read_in_clear();
  return clear != nullptr && take(decode_metadata(value), clear->metadata);
}

// False: the field's bytes can't be right.
bool read_field(const Field& field, ContainerRow& row, bool& known) {
  known = true;
  switch (field.id) {
    case kId:
      return take(id_from_bytes<ContainerId>(field.value), row.id);
    case kEtag:
      return take(field_u64(field.value), row.etag);
    case kCreated:
      return take(field_u64(field.value), row.created);
    case kClearMetadata:
      return read_clear_metadata(field.value, row.notes);
    case kNotes:
      return !row.notes.is_in_clear() && take(RowNotes::decode_sealed(field.value), row.notes);
    case kLease:
      return take(decode_lease(field.value), row.lease);
    case kPublicAccess:
      return read_public_access(field.value, row);
    case kScope:
      return read_scope(field.value, row);
    case kPolicies:
      return take(decode_policies(field.value), row.policies);
    default:
      known = false;
      return true;
  }
}

}  // namespace

WallTime ContainerRow::last_modified() const {
  return std::chrono::floor<std::chrono::seconds>(store::HybridClock::wall_time(etag));
}

Bytes encode_container_row(const ContainerRow& row) {
  FieldWriter out;
  out.bytes(kId, row.id.view());
  out.u64(kEtag, row.etag);
  out.u64(kCreated, row.created);
  out.text(kNotes, row.notes.encode_sealed());
  if (const auto* clear = row.notes.in_clear()) out.text(kClearMetadata, encode_metadata(clear->metadata));
  if (row.lease) out.bytes(kLease, encode_lease(*row.lease));
  if (row.public_access != PublicAccess::kNone) {
    out.bytes(kPublicAccess, Bytes(1, static_cast<char>(row.public_access)));
  }
  if (row.scope != ScopePolicy{}) out.bytes(kScope, Bytes(1, row.scope.only ? '\x01' : '\0') + row.scope.name);
  out.text(kPolicies, encode_policies(row.policies));
  out.unknown(row.unknown);
  return out.finish();
}

Result<ContainerRow> decode_container_row(BytesView bytes) {
  const auto broken = [] { return fail(ErrorCode::kCorrupt, "a container row is not as it was written"); };
  FH_TRY(const auto fields, split_fields(bytes));
  ContainerRow row;
  bool has_id = false;
  for (const auto& field : fields) {
    bool known = false;
    if (!read_field(field, row, known)) return broken();
    has_id = has_id || field.id == kId;
    if (known) continue;
    if (field.id >= kFirstCriticalField) {
      return fail(ErrorCode::kUnsupported, "a container row needs a newer program");
    }
    row.unknown.emplace_back(field.id, field.value);
  }
  if (!has_id || row.etag == 0) return broken();
  return row;
}

}  // namespace freehold::blob
