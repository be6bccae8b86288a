#include "src/encryption_scope_row.h"

#include "base/ids.h"

namespace freehold::blob {
namespace {

enum : std::uint8_t {
  kName = 1,
  kCreated = 2,
  kModified = 3,
  kToErase = 4,
  kEnabled = 128,
  kWrappedKey = 129,
  kCustody = 130,
  kPoolCustody = 131,  // the same, of a key of a Managed HSM pool
  kErasableKey = 132,  // its key, wrapped under a secret of the erasure tree
  kOuterKey = 133,
};

constexpr std::size_t kTextBytes = 512;

std::uint64_t microseconds(WallTime time) { return static_cast<std::uint64_t>(time.time_since_epoch().count()); }

bool read_time(BytesView value, WallTime& time) {
  const auto us = field_u64(value);
  if (!us || *us > std::uint64_t{1} << 62) return false;
  time = WallTime(std::chrono::microseconds(static_cast<std::int64_t>(*us)));
  return true;
}

Bytes encode_custody(const ScopeRow& row) {
  Bytes out;
  append_sized(out, row.by->identity.view());
  for (const auto& text : {row.by->vault, row.by->name, row.by->version, row.wrapped.version}) append_sized(out, text);
  append_sized(out, row.wrapped.wrapped);
  return out;
}

bool read_custody(BytesView bytes, keys::KeyHome home, ScopeRow& row) {
  if (row.by) return false;
  ByteReader in(bytes);
  auto& by = row.by.emplace();
  by.home = home;
  const auto identity = id_from_bytes<PrincipalId>(in.sized(16));
  for (auto* text : {&by.vault, &by.name, &by.version, &row.wrapped.version}) *text = in.sized(kTextBytes);
  row.wrapped.wrapped = in.sized(bytes.size());
  if (!in.done() || !identity) return false;
  by.identity = *identity;
  return true;
}

bool read_id(BytesView bytes, keys::ErasureId& id) {
  const auto read = id_from_bytes<keys::ErasureId>(bytes);
  id = read.value_or(keys::ErasureId{});
  return id != keys::ErasureId{};
}

bool read_erasable(BytesView bytes, ScopeRow& row) {
  constexpr std::size_t kId = 16;
  if (bytes.size() <= kId || !row.wrapped_key.empty()) return false;
  row.wrapped_key = bytes.substr(kId);
  return read_id(bytes.substr(0, kId), row.erasure);
}

// False: the field's bytes can't be right.
bool read_field(const Field& field, ScopeRow& row, bool& known) {
  known = true;
  switch (field.id) {
    case kName:
      row.name = field.value;
      return true;
    case kCreated:
      return read_time(field.value, row.created);
    case kModified:
      return read_time(field.value, row.modified);
    case kEnabled:
      row.enabled = field.value == BytesView("\x01", 1);
      return field.value.size() == 1 && (field.value[0] == 0 || field.value[0] == 1);
    case kWrappedKey:
      if (!row.wrapped_key.empty()) return false;
      row.wrapped_key = field.value;
      return true;
    case kErasableKey:
      return read_erasable(field.value, row);
    case kOuterKey:
      row.wrapped_outer = field.value;
      return !field.value.empty();
    case kToErase:
      return read_id(field.value, row.to_erase.emplace_back());
    case kCustody:
      return read_custody(field.value, keys::KeyHome::kVault, row);
    case kPoolCustody:
      return read_custody(field.value, keys::KeyHome::kManagedHsm, row);
    default:
      known = false;
      return true;
  }
}

}  // namespace

Bytes encode_scope_row(const ScopeRow& row) {
  FieldWriter out;
  out.text(kName, row.name);
  out.u64(kCreated, microseconds(row.created));
  out.u64(kModified, microseconds(row.modified));
  out.bytes(kEnabled, Bytes(1, row.enabled ? '\x01' : '\0'));
  if (row.erasure != keys::ErasureId{}) {
    out.bytes(kErasableKey, Bytes(row.erasure.view()) + row.wrapped_key);
  } else {
    out.text(kWrappedKey, row.wrapped_key);
  }
  if (!row.wrapped_outer.empty()) out.bytes(kOuterKey, row.wrapped_outer);
  for (const auto& id : row.to_erase) out.bytes(kToErase, id.view());
  if (row.by) out.bytes(row.by->home == keys::KeyHome::kVault ? kCustody : kPoolCustody, encode_custody(row));
  out.unknown(row.unknown);
  return out.finish();
}

Result<ScopeRow> decode_scope_row(BytesView bytes) {
  const auto broken = [] { return fail(ErrorCode::kCorrupt, "an encryption scope's row is not as it was written"); };
  FH_TRY(const auto fields, split_fields(bytes));
  ScopeRow row;
  for (const auto& field : fields) {
    bool known = false;
    if (!read_field(field, row, known)) return broken();
    if (known) continue;
    if (field.id >= kFirstCriticalField) {
      return fail(ErrorCode::kUnsupported, "an encryption scope's row needs a newer program");
    }
    row.unknown.emplace_back(field.id, field.value);
  }
  // One of the two has the key.
  if (row.name.empty() || row.wrapped_key.empty() != row.by.has_value()) return broken();
  return row;
}

}  // namespace freehold::blob
