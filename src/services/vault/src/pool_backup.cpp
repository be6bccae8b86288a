#include "src/pool_backup.h"

#include "base/encoding.h"
#include "crypto/aead.h"
#include "crypto/digest.h"
#include "src/backup.h"
#include "store/json_row.h"

namespace freehold::vault {
namespace {

constexpr int kVersion = 2;  // 2: a key may stand in several records
constexpr std::uint8_t kFormat = 1;
constexpr std::size_t kMaxPiece = 128 * 1'024;
constexpr std::string_view kManifestContext = "freehold pool backup manifest";

Bytes part_context(BytesView id, std::uint32_t number) {
  Bytes out = "freehold pool backup part ";
  append_sized(out, id);
  append_u32(out, number);
  return out;
}

std::unexpected<Error> no_backup() {
  return fail(ErrorCode::kInvalidArgument,
              "The backup was altered, or was taken of a pool with another security domain.");
}

std::unexpected<Error> corrupt() { return fail(ErrorCode::kCorrupt, "A part of the backup is damaged."); }

Bytes with_format(Bytes sealed) { return Bytes(1, static_cast<char>(kFormat)) + sealed; }

bool has_format(BytesView blob) { return !blob.empty() && blob.front() == static_cast<char>(kFormat); }

}  // namespace

BackupSeal::BackupSeal(const Secret& secret)
    : key_(crypto::hkdf_expand(secret.view(), "freehold pool backup", crypto::kAeadKeyBytes)) {}

Bytes BackupSeal::seal_manifest(const BackupManifest& m, Random& random) const {
  Json definitions = Json::array();
  for (const auto& each : m.definitions) definitions.push_back(encode_definition(each));
  Json assignments = Json::array();
  for (const auto& each : m.assignments) assignments.push_back(encode_assignment(each));
  const Json json = {{"v", kVersion},
                     {"id", to_hex(m.id)},
                     {"pool", to_string(m.pool)},
                     {"tenant", to_string(m.tenant)},
                     {"name", m.pool_name},
                     {"taken", m.taken},
                     {"parts", m.parts},
                     {"keys", m.records},
                     {"definitions", std::move(definitions)},
                     {"assignments", std::move(assignments)}};
  return with_format(
      crypto::seal(key_, kManifestContext, json.dump(-1, ' ', false, Json::error_handler_t::replace), random));
}

Result<BackupManifest> BackupSeal::open_manifest(BytesView blob) const {
  if (!has_format(blob)) return no_backup();
  const auto plain = crypto::open(key_, kManifestContext, blob.substr(1));
  if (!plain) return no_backup();
  FH_TRY(const Json json, store::parse_json_row(*plain, kVersion, "a backup's manifest"));
  BackupManifest out;
  std::string id;
  std::vector<std::string> definitions;
  std::vector<std::string> assignments;
  store::MemberReader reader(json);
  reader.take("id", id).id("pool", out.pool).id("tenant", out.tenant).take("name", out.pool_name);
  reader.take("taken", out.taken).take("parts", out.parts).take("keys", out.records);
  reader.take("definitions", definitions).take("assignments", assignments);
  const auto raw = from_hex(id);
  if (!reader.ok() || !raw || out.parts > kMaxBackupParts) return corrupt();
  out.id = *raw;
  for (const auto& each : definitions) {
    FH_TRY(auto definition, decode_definition(each));
    out.definitions.push_back(std::move(definition));
  }
  for (const auto& each : assignments) {
    FH_TRY(auto assignment, decode_assignment(each));
    out.assignments.push_back(std::move(assignment));
  }
  return out;
}

Bytes BackupSeal::seal_part(BytesView id, std::uint32_t number, BytesView plain, Random& random) const {
  return with_format(crypto::seal(key_, part_context(id, number), plain, random));
}

Result<Secret> BackupSeal::open_part(BytesView id, std::uint32_t number, BytesView blob) const {
  if (!has_format(blob)) return no_backup();
  auto plain = crypto::open_secret(key_, part_context(id, number), blob.substr(1));
  if (!plain) return no_backup();
  return plain;
}

void append_key(Bytes& part, const BackedKey& key) {
  append_u8(part, static_cast<std::uint8_t>(key.life));
  append_sized(part, encode_head(key.head));
  append_u16(part, static_cast<std::uint16_t>(key.versions.size()));
  for (const auto& version : key.versions) append_sized(part, encode_content(version).view());
}

Result<std::vector<BackedKey>> read_keys(BytesView part) {
  std::vector<BackedKey> out;
  ByteReader in(part);
  while (in.ok() && !in.done()) {
    const auto life = in.u8();
    if (life != static_cast<std::uint8_t>(Life::kLive) && life != static_cast<std::uint8_t>(Life::kDeleted)) {
      return corrupt();
    }
    BackedKey key{.life = static_cast<Life>(life), .head = {}, .versions = {}};
    FH_TRY(key.head, decode_head(in.sized(kMaxPiece)));
    const auto count = in.u16();
    for (int i = 0; i < count && in.ok(); ++i) {
      FH_TRY(auto content, decode_content(in.sized(kMaxPiece)));
      key.versions.push_back(std::move(content));
    }
    if (!in.ok() || key.versions.empty() || key.versions.size() > kMaxBackupVersions || !is_item_name(key.head.name)) {
      return corrupt();
    }
    out.push_back(std::move(key));
  }
  if (!in.ok()) return corrupt();
  return out;
}

std::string part_name(std::uint32_t number) {
  const auto digits = std::to_string(number);
  return "keys-" + std::string(digits.size() < 5 ? 5 - digits.size() : 0, '0') + digits;
}

}  // namespace freehold::vault
