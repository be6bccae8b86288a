#include "src/hsm_backup.h"

#include <array>
#include <set>

#include "base/encoding.h"
#include "crypto/digest.h"
#include "src/hsm_secrets.h"

namespace freehold::vault {
namespace {

constexpr std::uint32_t kPage = 25;  // of heads, whose versions are read each
constexpr std::size_t kIdBytes = 16;
constexpr std::size_t kMaxRecord = 2 * 1'024 * 1'024;  // a head and 25 versions
constexpr std::uint64_t kMaxRecords = 1'000'000;       // what is remembered of names is in memory
constexpr int kFolders = 60;                           // that are tried

// Gathers keys into parts and writes each that is full.
class PartWriter {
 public:
  PartWriter(PoolStorage& storage, const BackupSeal& seal, Bytes id, std::function<std::string(int)> folder,
             Random& random)
      : storage_(storage), seal_(seal), id_(std::move(id)), folder_(std::move(folder)), random_(random) {
    plain_.reserve(kMaxBackupPart + kMaxRecord);  // what grows leaves copies behind
  }
  ~PartWriter() { wipe(plain_); }
  PartWriter(const PartWriter&) = delete;
  PartWriter& operator=(const PartWriter&) = delete;

  [[nodiscard]] Task<Result<>> add(BackedKey key) {
    if (records == kMaxRecords) co_return too_large();
    append_key(plain_, key);
    ++records;
    if (plain_.size() >= kMaxBackupPart) co_return co_await flush();
    co_return Result<>();
  }
  [[nodiscard]] Task<Result<>> flush() {
    if (plain_.empty()) co_return Result<>();
    if (parts == kMaxBackupParts) co_return too_large();
    Bytes sealed = seal_.seal_part(id_, parts, plain_, random_);
    wipe(plain_);
    plain_.reserve(kMaxBackupPart + kMaxRecord);
    FH_CO_CHECK_OK(co_await put(part_name(parts), std::move(sealed)));
    ++parts;
    co_return Result<>();
  }
  // The first blob decides on the folder: one that has such a blob is another backup's.
  [[nodiscard]] Task<Result<>> put(std::string name, Bytes blob) {
    while (true) {
      const auto done = co_await storage_.put(name, blob);
      if (done || done.error().code != ErrorCode::kConflict || parts > 0 || ++folders_ == kFolders) co_return done;
      storage_.go_to(folder_(folders_));
    }
  }

  std::uint32_t parts = 0;
  std::uint64_t records = 0;

 private:
  static std::unexpected<Error> too_large() {
    return fail(ErrorCode::kExhausted, "The pool is too large for a backup.");
  }
  PoolStorage& storage_;
  const BackupSeal& seal_;
  const Bytes id_;
  const std::function<std::string(int)> folder_;
  Random& random_;
  int folders_ = 0;
  Bytes plain_;
};

using NameMark = std::array<char, 16>;
using NameMarks = std::set<NameMark>;

NameMark mark_of(std::string_view name) {
  const auto digest = crypto::sha256(to_lower(name));
  NameMark out;
  std::copy_n(digest.begin(), out.size(), out.begin());
  return out;
}

// A key's versions stand in as many records as they need, one behind the other.
Task<Result<>> write_key(PoolParts& parts, VaultPtr pool, Life life, ItemHead head, PartWriter& writer) {
  std::string from;
  do {
    auto page = co_await parts.vault.items.contents_page(pool, ItemKind::kKey, head.name, from);
    if (!page) co_return fail(page.error().code, "The key " + head.name + ": " + page.error().message);
    if (page->versions.empty()) co_return Result<>();  // purged meanwhile
    from = page->next;
    FH_CO_CHECK_OK(co_await writer.add({.life = life, .head = head, .versions = std::move(page->versions)}));
  } while (!from.empty());
  co_return Result<>();
}

Task<Result<>> write_keys(PoolParts& parts, VaultPtr pool, const JobRun& run, Life life, PartWriter& writer,
                          NameMarks& written) {
  std::string from;
  do {
    FH_CO_TRY(auto page, co_await parts.vault.items.list(pool, ItemKind::kKey, life, from, kPage));
    for (auto& head : page.items) {
      FH_CO_CHECK_OK(run.go_on());
      if (head.purging || !written.insert(mark_of(head.name)).second) continue;
      FH_CO_CHECK_OK(co_await write_key(parts, pool, life, std::move(head), writer));
    }
    from = page.next;
  } while (!from.empty());
  co_return Result<>();
}

}  // namespace

std::string backup_folder(const Vault& pool, WallTime now) {
  std::string digits;
  for (const char c : rfc3339(now)) {
    if (c >= '0' && c <= '9') digits.push_back(c);
  }
  return "mhsm-" + to_lower(pool.name) + "-" + digits.substr(0, 14);
}

Task<Result<std::string>> back_up_pool(PoolParts& parts, VaultPtr pool, const JobRun& run, StoragePlace place,
                                       WallTime now) {
  FH_CO_TRY(const auto secrets, co_await unwrap_secrets(parts.wrapper, pool));
  const BackupSeal seal(secrets.backup);
  Random& random = parts.vault.random;
  BackupManifest manifest{.id = random.bytes(kIdBytes),
                          .pool = pool->id,
                          .tenant = pool->tenant,
                          .pool_name = pool->name,
                          .taken = unix_seconds(now),
                          .definitions = {},
                          .assignments = {}};
  PoolStorage storage(run.ask, std::move(place), backup_folder(*pool, now));
  const auto folder = [pool, now](int i) { return backup_folder(*pool, now + std::chrono::seconds(i)); };
  PartWriter writer(storage, seal, manifest.id, folder, random);
  NameMarks written;
  // Live ones twice: one that is recovered between the two lists is in neither.
  for (const Life life : {Life::kLive, Life::kDeleted, Life::kLive}) {
    FH_CO_CHECK_OK(co_await write_keys(parts, pool, run, life, writer, written));
  }
  FH_CO_CHECK_OK(co_await writer.flush());
  const auto roles = parts.roles.find(pool->id);
  manifest.parts = writer.parts;
  manifest.records = writer.records;
  manifest.definitions = roles->custom();
  manifest.assignments = roles->assignments();
  FH_CO_CHECK_OK(co_await writer.put(std::string(kManifestName), seal.seal_manifest(manifest, random)));
  co_return storage.url();
}

Task<Result<std::string>> try_backup(PoolStorage storage) {
  const std::string name = "precheck";
  const auto put = co_await storage.put(name, Bytes("may a backup be written here?"));
  if (!put && put.error().code != ErrorCode::kConflict) co_return std::unexpected(put.error());
  FH_CO_CHECK_OK(co_await storage.remove(name));
  co_return storage.url();
}

}  // namespace freehold::vault
