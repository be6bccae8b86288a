// Storage: DIR, its token and its engine, opened together: what `up`, `fsck` and `export-audit` all begin with.
#pragma once

#include <memory>

#include "base/clock.h"
#include "base/random.h"
#include "base/result.h"
#include "crypto/hsm.h"
#include "disk/disk.h"
#include "keys/domain_keys.h"
#include "settings.h"
#include "store/embedded.h"

namespace freehold::app {

// The file keys of fault domains, as the engine asks for them. Also puts the token's sealed copy beside each.
class RegionFileKeys final : public store::FileKeySource {
 public:
  RegionFileKeys(disk::Disk& disk, crypto::Hsm& hsm, Random& random) : keys_(disk, hsm, random) {}
  [[nodiscard]] Result<Secret> load_or_make(const std::string& domain_path) override {
    return keys_.load_or_make(domain_path);
  }

 private:
  keys::DomainKeys keys_;
};

// Owned by one command; closed by destruction, in reverse order of its members.
struct Storage {
  std::unique_ptr<disk::Disk> disk;
  SystemClock clock;
  SystemRandom random;
  std::unique_ptr<disk::DirectoryLock> lock;
  Secret pin;
  std::unique_ptr<crypto::Hsm> hsm;
  std::unique_ptr<RegionFileKeys> file_keys;
  std::unique_ptr<store::EmbeddedEngine> engine;  // null until open_engine()
};

// How a command may treat DIR.
enum class Access {
  kServe,    // makes DIR ready if it is empty
  kInspect,  // DIR must have been served before
};

// Locks DIR and opens its token. A first start leaves DIR/first-start until finish_first_start(), so that one that was cut
// short is begun again; nothing can have been acknowledged by then.
[[nodiscard]] Result<std::unique_ptr<Storage>> open_token_of(const Settings& settings, Access access);
[[nodiscard]] Result<> open_engine(Storage& storage, const Settings& settings);
[[nodiscard]] Result<> finish_first_start(Storage& storage, const Settings& settings);
[[nodiscard]] store::EmbeddedOptions engine_options(const Settings& settings);

}  // namespace freehold::app
