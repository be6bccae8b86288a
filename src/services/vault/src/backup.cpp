#include "src/backup.h"

#include "crypto/aead.h"
#include "crypto/digest.h"
#include "src/item_row.h"

namespace freehold::vault {
namespace {

constexpr std::uint8_t kFormat = 1;
constexpr std::size_t kMaxPart = 128 * 1'024;

Secret key_of(const Secret& tenant_key) {
  return crypto::hkdf_expand(tenant_key.view(), "freehold vault backup", crypto::kAeadKeyBytes);
}

Bytes context_of(ItemKind kind, const Vault& vault) {
  Bytes context = "freehold vault backup ";
  context.push_back(static_cast<char>(kind));
  context += vault.tenant.view();
  context += vault.subscription.view();
  return context;
}

std::unexpected<Error> no_backup() {
  return fail(ErrorCode::kInvalidArgument,
              "Backup blob could not be restored: it is malformed, or was made for another kind of object, "
              "subscription or region.");
}

}  // namespace

Result<Bytes> seal_backup(const Backup& backup, ItemKind kind, const Vault& vault, const Secret& tenant_key,
                          Random& random) {
  const auto too_long = [] { return fail(ErrorCode::kExhausted, "it is too long for a backup"); };
  Bytes plain;
  plain.reserve(kMaxBackupBytes + kMaxPart);
  append_sized(plain, encode_head(backup.head));
  append_u16(plain, static_cast<std::uint16_t>(backup.versions.size()));
  for (const auto& version : backup.versions) {
    append_sized(plain, encode_content(version).view());
    if (plain.size() > kMaxBackupBytes) {
      wipe(plain);
      return too_long();
    }
  }
  Bytes out(1, static_cast<char>(kFormat));
  out += crypto::seal(key_of(tenant_key), context_of(kind, vault), plain, random);
  wipe(plain);
  return out;
}

Result<Backup> open_backup(BytesView sealed, ItemKind kind, const Vault& vault, const Secret& tenant_key) {
  if (sealed.empty() || sealed.front() != static_cast<char>(kFormat)) return no_backup();
  const auto plain = crypto::open_secret(key_of(tenant_key), context_of(kind, vault), sealed.substr(1));
  if (!plain) return no_backup();
  ByteReader in(plain->view());
  auto head = decode_head(in.sized(kMaxPart));
  if (!head) return no_backup();
  Backup out{.head = std::move(*head), .versions = {}};
  const auto count = in.u16();
  for (int i = 0; i < count && in.ok(); ++i) {
    auto content = decode_content(in.sized(kMaxPart));
    if (!content) return no_backup();
    out.versions.push_back(std::move(*content));
  }
  if (!in.done() || out.versions.empty() || out.versions.size() > kMaxBackupVersions) return no_backup();
  return out;
}

}  // namespace freehold::vault
