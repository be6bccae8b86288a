#include "src/item_row.h"

#include <algorithm>

#include "base/encoding.h"
#include "base/limits.h"
#include "crypto/aead.h"
#include "crypto/digest.h"
#include "src/vault_store.h"

namespace freehold::vault {
namespace {

constexpr std::uint8_t kFormat = 1;
constexpr std::uint8_t kFormatErasable = 2;  // of a version: the id of an erasable secret, and the material under it
constexpr std::size_t kMaxText = 4 * 1'024;
constexpr std::size_t kMaxOpen = 32 * 1'024;
constexpr std::size_t kMaxMaterial = 40 * 1'024;
constexpr std::size_t kMaxSealedMaterial = kMaxMaterial + crypto::kAeadNonceBytes + crypto::kAeadTagBytes;
constexpr std::size_t kMaxTags = 255;

constexpr std::uint8_t kEnabled = 1;
constexpr std::uint8_t kExportable = 2;
constexpr std::uint8_t kManaged = 4;
constexpr std::uint8_t kHasNotBefore = 8;
constexpr std::uint8_t kHasExpires = 16;

std::unexpected<Error> corrupt() { return fail(ErrorCode::kCorrupt, "a row of a vault is damaged"); }

void append_version(Bytes& out, const ItemVersion& v) {
  const auto& a = v.attributes;
  append_sized(out, v.version);
  append_u8(out, static_cast<std::uint8_t>((a.enabled ? kEnabled : 0) | (a.exportable ? kExportable : 0) |
                                           (v.managed ? kManaged : 0) | (a.not_before ? kHasNotBefore : 0) |
                                           (a.expires ? kHasExpires : 0)));
  append_u64(out, static_cast<std::uint64_t>(a.not_before.value_or(0)));
  append_u64(out, static_cast<std::uint64_t>(a.expires.value_or(0)));
  append_u64(out, static_cast<std::uint64_t>(a.created));
  append_u64(out, static_cast<std::uint64_t>(a.updated));
  append_sized(out, v.content_type);
  append_sized(out, v.open);
  append_u8(out, static_cast<std::uint8_t>(v.tags.size()));
  for (const auto& [name, value] : v.tags) {
    append_sized(out, name);
    append_sized(out, value);
  }
}

ItemVersion read_version(ByteReader& in) {
  ItemVersion v;
  v.version = in.sized(kVersionDigits);
  const auto flags = in.u8();
  auto& a = v.attributes;
  a.enabled = (flags & kEnabled) != 0;
  a.exportable = (flags & kExportable) != 0;
  v.managed = (flags & kManaged) != 0;
  const auto not_before = static_cast<std::int64_t>(in.u64());
  const auto expires = static_cast<std::int64_t>(in.u64());
  if ((flags & kHasNotBefore) != 0) a.not_before = not_before;
  if ((flags & kHasExpires) != 0) a.expires = expires;
  a.created = static_cast<std::int64_t>(in.u64());
  a.updated = static_cast<std::int64_t>(in.u64());
  v.content_type = in.sized(kMaxText);
  v.open = in.sized(kMaxOpen);
  const auto tags = in.u8();
  for (int i = 0; i < tags && in.ok(); ++i) {
    std::string name(in.sized(kMaxText));
    v.tags.emplace(std::move(name), in.sized(kMaxText));
  }
  return v;
}

bool fits(const ItemVersion& v) {
  return v.open.size() <= kMaxOpen && v.content_type.size() <= kMaxText && v.tags.size() <= kMaxTags &&
         std::ranges::all_of(
             v.tags, [](const auto& tag) { return tag.first.size() <= kMaxText && tag.second.size() <= kMaxText; });
}

Result<std::uint8_t> read_format(ByteReader& in, std::uint8_t newest) {
  const auto format = in.u8();
  if (format >= kFormat && format <= newest) return format;
  if (format > newest) return fail(ErrorCode::kUnsupported, "a row of a vault needs a newer program");
  return corrupt();
}

// The row's own seal binds the material to its place; this one to the secret that it is under.
Bytes material_context(keys::ErasureId id) { return Bytes("freehold vault material ") += id.view(); }

}  // namespace

bool is_item_name(std::string_view name) {
  return !name.empty() && name.size() <= kMaxItemNameBytes && std::ranges::all_of(name, [](char c) {
    const char low = ascii_lower(c);
    return (low >= 'a' && low <= 'z') || (c >= '0' && c <= '9') || c == '-';
  });
}

bool is_item_version(std::string_view version) {
  return version.size() == kVersionDigits && std::ranges::all_of(version, [](char c) {
           const char low = ascii_lower(c);
           return (low >= 'a' && low <= 'f') || (c >= '0' && c <= '9');
         });
}

std::int64_t unix_seconds(WallTime time) {
  return std::chrono::floor<std::chrono::seconds>(time).time_since_epoch().count();
}

Bytes heads_prefix(ItemKind kind, Life life) { return {static_cast<char>(kind), static_cast<char>(life)}; }

Bytes head_key(ItemKind kind, Life life, std::string_view name) { return heads_prefix(kind, life) + to_lower(name); }

// No name has a slash, so that no item's versions stand among another's.
Bytes versions_prefix(ItemKind kind, std::string_view name) {
  return Bytes{static_cast<char>(kind), 'v'} + to_lower(name) + "/";
}

Bytes version_key(ItemKind kind, std::string_view name, std::string_view version) {
  return versions_prefix(kind, name) + to_lower(version);
}

Bytes encode_head(const ItemHead& head) {
  Bytes out;
  append_u8(out, kFormat);
  append_sized(out, head.name);
  append_u8(out, head.purging ? 1 : 0);
  append_u64(out, static_cast<std::uint64_t>(head.deleted));
  append_u64(out, static_cast<std::uint64_t>(head.purge_at));
  append_sized(out, head.policy);
  append_version(out, head.current);
  return out;
}

bool fits(const ItemHead& head) { return fits(head.current) && head.policy.size() <= kMaxOpen; }

Result<ItemHead> decode_head(BytesView row) {
  ByteReader in(row);
  FH_TRY([[maybe_unused]] const auto format, read_format(in, kFormat));
  ItemHead head;
  head.name = in.sized(kMaxItemNameBytes);
  head.purging = in.u8() != 0;
  head.deleted = static_cast<std::int64_t>(in.u64());
  head.purge_at = static_cast<std::int64_t>(in.u64());
  head.policy = in.sized(kMaxOpen);
  head.current = read_version(in);
  if (!in.done()) return corrupt();
  return head;
}

Secret encode_content(const ItemContent& content) {
  Bytes out;
  // Once, so that nothing of the material is left behind where a string grew.
  out.reserve(kMaxOpen + content.material.size() + kMaxItemTags * 1'024 + 2'048);
  const bool erasable = content.erasure != keys::ErasureId{};
  append_u8(out, erasable ? kFormatErasable : kFormat);
  if (erasable) out += content.erasure.view();
  append_version(out, content.shown);
  append_u8(out, static_cast<std::uint8_t>(content.protection));
  append_sized(out, content.handle);
  append_sized(out, content.material.view());
  Secret plain{BytesView(out)};
  wipe(out);
  return plain;
}

bool fits(const ItemContent& content) {
  return fits(content.shown) && content.handle.size() <= kMaxText && content.material.size() <= kMaxMaterial;
}

Result<ItemContent> decode_content(BytesView row) {
  ByteReader in(row);
  FH_TRY(const auto format, read_format(in, kFormatErasable));
  ItemContent content;
  if (format == kFormatErasable) {
    const BytesView id = in.take(content.erasure.bytes.size());
    std::ranges::copy(id, content.erasure.bytes.begin());
  }
  content.shown = read_version(in);
  const auto protection = in.u8();
  content.handle = in.sized(kMaxText);
  content.material = Secret(in.sized(format == kFormatErasable ? kMaxSealedMaterial : kMaxMaterial));
  content.protection = static_cast<Protection>(protection);
  const bool known = content.protection == Protection::kVaultKey || content.protection == Protection::kToken;
  if (!in.done() || !known) return corrupt();
  return content;
}

ItemContent seal_material(const ItemContent& content, const keys::Erasable& under, Random& random) {
  const Bytes sealed = crypto::seal(under.secret, material_context(under.id), content.material.view(), random);
  return {content.shown, content.protection, content.handle, Secret(BytesView(sealed)), under.id};
}

Result<> open_material(ItemContent& content, const Secret& under) {
  FH_TRY(content.material, crypto::open_secret(under, material_context(content.erasure), content.material.view()));
  return {};
}

Bytes RowSeal::seal(BytesView key, BytesView plain, Random& random) const {
  Bytes context = "freehold vault row";
  append_sized(context, rows_->partition.value);
  context += key;
  return crypto::seal(rows_->key, context, plain, random);
}

Result<Secret> RowSeal::open(BytesView key, BytesView sealed) const {
  Bytes context = "freehold vault row";
  append_sized(context, rows_->partition.value);
  context += key;
  return crypto::open_secret(rows_->key, context, sealed);
}

}  // namespace freehold::vault
