#include "src/account_row.h"

namespace freehold::blob {
namespace {

enum : std::uint8_t {
  kSubscription = 1,
  kResourceGroup = 2,
  kSku = 3,
  kKind = 4,
  kLocation = 5,
  kTag = 6,
  kCreated = 7,
  kKey1Created = 8,
  kKey2Created = 9,
  kAccessTier = 10,
  kKept = 11,
  kOwnIdentity = 12,
  kAssignedIdentity = 13,
  kToErase = 14,
  kTenant = 128,
  kAccount = 129,
  kKey1 = 130,
  kKey2 = 131,
  kWrappedKey = 132,
  kFlags = 133,
  kDelegationEpoch = 134,
  kRules = 135,
  kIpRule = 136,
  kDeleting = 137,
  kCustody = 138,
  kPoolCustody = 139,  // the same, of a key of a Managed HSM pool
  kErasableKey = 140,  // the account key, wrapped under a secret of the erasure tree
  kOuterKey = 141,
};
enum Flag : std::uint8_t { kSecureTransfer = 1, kEmulator = 2, kPublicAccess = 4 };
// Of kRules. Rows of before know none of them, and a program of before mustn't read a row that has some.
enum Rule : std::uint8_t { kNoSharedKey = 1, kNoPublicNetwork = 2, kDeniesOthers = 4 };

std::uint64_t microseconds(WallTime time) { return static_cast<std::uint64_t>(time.time_since_epoch().count()); }
std::optional<WallTime> time_of(BytesView value) {
  const auto us = field_u64(value);
  if (!us || *us > std::uint64_t{1} << 62) return std::nullopt;
  return WallTime(std::chrono::microseconds(static_cast<std::int64_t>(*us)));
}

Bytes encode_tag(const std::string& name, const std::string& value) {
  Bytes out;
  append_sized(out, name);
  out += value;
  return out;
}

bool decode_tag(BytesView bytes, std::map<std::string, std::string>& tags) {
  ByteReader in(bytes);
  const auto name = in.sized(bytes.size());
  const auto value = in.rest();
  if (!in.ok()) return false;
  tags[std::string(name)] = std::string(value);
  return true;
}

Bytes encode_rules(const AccountSettings& settings) {
  const int flags = (settings.allow_shared_key ? 0 : kNoSharedKey) | (settings.public_network ? 0 : kNoPublicNetwork) |
                    (settings.admits_all ? 0 : kDeniesOthers);
  Bytes out;
  append_u8(out, static_cast<std::uint8_t>(flags));
  append_u32(out, settings.minimum_tls);
  return out;
}

bool decode_rules(BytesView bytes, AccountSettings& settings) {
  ByteReader in(bytes);
  const auto flags = in.u8();
  const auto tls = in.u32();
  if (!in.done() || tls > 0xffff) return false;
  settings.allow_shared_key = (flags & kNoSharedKey) == 0;
  settings.public_network = (flags & kNoPublicNetwork) == 0;
  settings.admits_all = (flags & kDeniesOthers) == 0;
  settings.minimum_tls = static_cast<std::uint16_t>(tls);
  return true;
}

Bytes encode_custody(const AccountCustody& custody) {
  Bytes out;
  append_sized(out, custody.by.identity.view());
  for (const auto& text : {custody.by.vault, custody.by.name, custody.by.version, custody.wrapped.version}) {
    append_sized(out, text);
  }
  append_sized(out, custody.wrapped.wrapped);
  append_sized(out, custody.wrapped_delegation);
  return out;
}

// The tenant is the account's; who reads the row knows it.
bool decode_custody(BytesView bytes, keys::KeyHome home, AccountRow& row) {
  if (row.custody) return false;
  ByteReader in(bytes);
  AccountCustody custody;
  custody.by.home = home;
  const auto identity = id_from_bytes<PrincipalId>(in.sized(bytes.size()));
  for (auto* text : {&custody.by.vault, &custody.by.name, &custody.by.version, &custody.wrapped.version}) {
    *text = in.sized(bytes.size());
  }
  custody.wrapped.wrapped = in.sized(bytes.size());
  custody.wrapped_delegation = in.sized(bytes.size());
  if (!in.done() || !identity) return false;
  custody.by.identity = *identity;
  row.custody = std::move(custody);
  return true;
}

template <class Id>
bool decode_id(BytesView bytes, Id& id) {
  return take(id_from_bytes<Id>(bytes), id);
}

bool decode_erasable(BytesView bytes, AccountRow& row) {
  constexpr std::size_t kId = 16;
  if (bytes.size() <= kId || !row.wrapped_key.empty()) return false;
  row.wrapped_key = bytes.substr(kId);
  return decode_id(bytes.substr(0, kId), row.erasure) && row.erasure != keys::ErasureId{};
}

bool decode_flags(BytesView bytes, AccountRow& row) {
  if (bytes.size() != 1) return false;
  row.settings.secure_transfer_required = (bytes[0] & kSecureTransfer) != 0;
  row.emulator = (bytes[0] & kEmulator) != 0;
  row.settings.allow_public_access = row.emulator || (bytes[0] & kPublicAccess) != 0;
  return true;
}

Bytes encode_assigned(const gate::resource::UserIdentity& identity) {
  Bytes out(identity.principal.object.view());
  out += identity.principal.application.view();
  out += identity.id;
  return out;
}

bool decode_assigned(BytesView bytes, std::vector<gate::resource::UserIdentity>& out) {
  constexpr std::size_t kId = 16;
  if (bytes.size() <= 2 * kId) return false;
  const auto object = id_from_bytes<PrincipalId>(bytes.substr(0, kId));
  const auto application = id_from_bytes<PrincipalId>(bytes.substr(kId, kId));
  if (!object || !application) return false;
  out.push_back({std::string(bytes.substr(2 * kId)), {*object, *application}});
  return true;
}

// What decides requests. False: not as it was written; nullopt: none of these.
std::optional<bool> decode_critical(const Field& field, AccountRow& row) {
  switch (field.id) {
    case kKey1:
      row.keys[0] = Secret(field.value);
      return true;
    case kKey2:
      row.keys[1] = Secret(field.value);
      return true;
    case kWrappedKey:
      if (!row.wrapped_key.empty()) return false;
      row.wrapped_key = field.value;
      return true;
    case kErasableKey:
      return decode_erasable(field.value, row);
    case kOuterKey:
      row.wrapped_outer = field.value;
      row.settings.infrastructure_encryption = true;
      return !field.value.empty();
    case kCustody:
      return decode_custody(field.value, keys::KeyHome::kVault, row);
    case kPoolCustody:
      return decode_custody(field.value, keys::KeyHome::kManagedHsm, row);
    case kFlags:
      return decode_flags(field.value, row);
    case kDelegationEpoch:
      return take(field_u64(field.value), row.delegation_epoch);
    case kRules:
      return decode_rules(field.value, row.settings);
    case kIpRule:
      row.settings.ip_rules.emplace_back(field.value);
      return gate::parse_ip_network(field.value).has_value();
    default:
      return std::nullopt;
  }
}

std::optional<bool> decode_plain(const Field& field, AccountRow& row) {
  switch (field.id) {
    case kSubscription:
      return decode_id(field.value, row.subscription);
    case kOwnIdentity:
      return decode_id(field.value, row.identity.own);
    case kAssignedIdentity:
      return decode_assigned(field.value, row.identity.assigned);
    case kTag:
      return decode_tag(field.value, row.settings.tags);
    case kCreated:
      return take(time_of(field.value), row.created);
    case kKey1Created:
      return take(time_of(field.value), row.keys_created[0]);
    case kKey2Created:
      return take(time_of(field.value), row.keys_created[1]);
    case kToErase:
      return decode_id(field.value, row.to_erase.emplace_back());
    default:
      return std::nullopt;
  }
}

std::string* text_of(std::uint8_t id, AccountRow& row) {
  switch (id) {
    case kResourceGroup:
      return &row.resource_group;
    case kSku:
      return &row.settings.sku;
    case kKind:
      return &row.settings.kind;
    case kLocation:
      return &row.settings.location;
    case kAccessTier:
      return &row.settings.access_tier;
    case kKept:
      return &row.settings.kept;
    default:
      return nullptr;
  }
}

}  // namespace

Bytes encode_account_row(const AccountRow& row) {
  const auto& settings = row.settings;
  FieldWriter out;
  out.bytes(kKey1, row.keys[0].view());
  out.bytes(kKey2, row.keys[1].view());
  if (row.erasure != keys::ErasureId{}) {
    out.bytes(kErasableKey, Bytes(row.erasure.view()) + row.wrapped_key);
  } else if (!row.wrapped_key.empty()) {
    out.bytes(kWrappedKey, row.wrapped_key);
  }
  if (!row.wrapped_outer.empty()) out.bytes(kOuterKey, row.wrapped_outer);
  for (const auto& id : row.to_erase) out.bytes(kToErase, id.view());
  if (row.custody) {
    out.bytes(row.custody->by.home == keys::KeyHome::kVault ? kCustody : kPoolCustody, encode_custody(*row.custody));
  }
  const int flags = (settings.secure_transfer_required ? kSecureTransfer : 0) | (row.emulator ? kEmulator : 0) |
                    (settings.allow_public_access ? kPublicAccess : 0);
  out.bytes(kFlags, Bytes{static_cast<char>(flags)});
  if (row.delegation_epoch != 0) out.u64(kDelegationEpoch, row.delegation_epoch);
  out.bytes(kRules, encode_rules(settings));
  for (const auto& rule : settings.ip_rules) out.bytes(kIpRule, rule);
  out.bytes(kSubscription, row.subscription.view());
  out.text(kResourceGroup, row.resource_group);
  out.text(kSku, settings.sku);
  out.text(kKind, settings.kind);
  out.text(kLocation, settings.location);
  out.text(kAccessTier, settings.access_tier);
  for (const auto& [name, value] : settings.tags) out.bytes(kTag, encode_tag(name, value));
  out.u64(kCreated, microseconds(row.created));
  out.u64(kKey1Created, microseconds(row.keys_created[0]));
  out.u64(kKey2Created, microseconds(row.keys_created[1]));
  out.text(kKept, settings.kept);
  if (row.identity.own != PrincipalId{}) out.bytes(kOwnIdentity, row.identity.own.view());
  for (const auto& one : row.identity.assigned) out.bytes(kAssignedIdentity, encode_assigned(one));
  out.unknown(row.unknown);
  return out.finish();
}

Result<AccountRow> decode_account_row(BytesView bytes) {
  FH_TRY(const auto fields, split_fields(bytes));
  AccountRow row;
  for (const auto& field : fields) {
    auto read = decode_critical(field, row);
    if (!read) read = decode_plain(field, row);
    if (auto* text = text_of(field.id, row)) {
      *text = field.value;
    } else if (!read && field.id >= kFirstCriticalField) {
      return fail(ErrorCode::kUnsupported, "an account row needs a newer program");
    } else if (!read) {
      row.unknown.emplace_back(field.id, field.value);
    } else if (!*read) {
      return fail(ErrorCode::kCorrupt, "an account row is not as it was written");
    }
  }
  // One of both: what the service could open besides would be nobody's to withhold.
  const bool kept_once = row.wrapped_key.empty() == row.custody.has_value();
  if (!kept_once || row.keys[0].empty() || row.keys[1].empty()) {
    return fail(ErrorCode::kCorrupt, "an account row lacks its keys");
  }
  return row;
}

Bytes encode_registry_row(const RegistryRow& row) {
  FieldWriter out;
  out.bytes(kTenant, row.tenant.view());
  out.bytes(kAccount, row.account.view());
  if (row.deleting) out.bytes(kDeleting, Bytes(1, '\x01'));
  return out.finish();
}

Result<RegistryRow> decode_registry_row(BytesView bytes) {
  FH_TRY(const auto fields, split_fields(bytes));
  RegistryRow row;
  bool tenant = false;
  bool account = false;
  for (const auto& field : fields) {
    if (field.id == kTenant) {
      tenant = decode_id(field.value, row.tenant);
    } else if (field.id == kAccount) {
      account = decode_id(field.value, row.account);
    } else if (field.id == kDeleting) {
      row.deleting = true;
    } else if (field.id >= kFirstCriticalField) {
      return fail(ErrorCode::kUnsupported, "an account's registry row needs a newer program");
    }
  }
  if (!tenant || !account) return fail(ErrorCode::kCorrupt, "an account's registry row is not as it was written");
  return row;
}

}  // namespace freehold::blob
