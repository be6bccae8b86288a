#include "src/hsm_backup.h"

#include "src/hsm_secrets.h"

namespace freehold::vault {
namespace {

constexpr std::uint32_t kPage = 25;  // of heads, whose versions are read each
constexpr std::size_t kIdBytes = 16;

// Gathers keys into parts and writes each that is full.
class PartWriter {
 public:
  PartWriter(const PoolStorage& storage, const BackupSeal& seal, Bytes id, Random& random)
      : storage_(storage), seal_(seal), id_(std::move(id)), random_(random) {}
  ~PartWriter() { wipe(plain_); }
  PartWriter(const PartWriter&) = delete;
  PartWriter& operator=(const PartWriter&) = delete;

  [[nodiscard]] Task<Result<>> add(BackedKey key) {
    append_key(plain_, key);
    ++keys;
    if (plain_.size() >= kMaxBackupPart) co_return co_await flush();
    co_return Result<>();
  }
  [[nodiscard]] Task<Result<>> flush() {
    if (plain_.empty()) co_return Result<>();
    if (parts == kMaxBackupParts) co_return fail(ErrorCode::kExhausted, "The pool is too large for a backup.");
    Bytes sealed = seal_.seal_part(id_, parts, plain_, random_);
    wipe(plain_);
    co_return co_await storage_.put(part_name(parts++), std::move(sealed));
  }

  std::uint32_t parts = 0;
  std::uint64_t keys = 0;

 private:
  const PoolStorage& storage_;
  const BackupSeal& seal_;
  const Bytes id_;
  Random& random_;
  Bytes plain_;
};

Task<Result<>> write_keys(PoolParts& parts, VaultPtr pool, Life life, PartWriter& writer) {
  std::string from;
  do {
    FH_CO_TRY(auto page, co_await parts.vault.items.list(pool, ItemKind::kKey, life, from, kPage));
    for (auto& head : page.items) {
      if (head.purging) continue;
      auto versions = co_await parts.vault.items.contents(pool, ItemKind::kKey, head.name);
      if (!versions) co_return fail(versions.error().code, "The key " + head.name + ": " + versions.error().message);
      if (versions->empty()) continue;  // purged meanwhile
      FH_CO_CHECK_OK(co_await writer.add({.life = life, .head = std::move(head), .versions = std::move(*versions)}));
    }
    from = page.next;
  } while (!from.empty());
  co_return Result<>();
}

}  // namespace

Task<Result<std::string>> back_up_pool(PoolParts& parts, VaultPtr pool, PoolStorage storage, std::int64_t now) {
  FH_CO_TRY(const auto secrets, co_await unwrap_secrets(parts.wrapper, pool));
  const BackupSeal seal(secrets.backup);
  Random& random = parts.vault.random;
  BackupManifest manifest{.id = random.bytes(kIdBytes),
                          .pool = pool->id,
                          .tenant = pool->tenant,
                          .pool_name = pool->name,
                          .taken = now,
                          .definitions = {},
                          .assignments = {}};
  PartWriter writer(storage, seal, manifest.id, random);
  FH_CO_CHECK_OK(co_await write_keys(parts, pool, Life::kLive, writer));
  FH_CO_CHECK_OK(co_await write_keys(parts, pool, Life::kDeleted, writer));
  FH_CO_CHECK_OK(co_await writer.flush());
  const auto roles = parts.roles.find(pool->id);
  manifest.parts = writer.parts;
  manifest.keys = writer.keys;
  manifest.definitions = roles->custom();
  manifest.assignments = roles->assignments();
  FH_CO_CHECK_OK(co_await storage.put(std::string(kManifestName), seal.seal_manifest(manifest, random)));
  co_return storage.url();
}

Task<Result<std::string>> try_backup(PoolStorage storage) {
  const std::string name = "precheck";
  FH_CO_CHECK_OK(co_await storage.put(name, Bytes("may a backup be written here?")));
  FH_CO_CHECK_OK(co_await storage.remove(name));
  co_return storage.url();
}

}  // namespace freehold::vault
