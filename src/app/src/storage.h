// Storage: DIR, its token and its engine, opened together: what `up`, `fsck` and `export-audit` all begin with.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/random.h"
#include "base/result.h"
#include "crypto/hsm.h"
#include "disk/disk.h"
#include "keys/domain_keys.h"
#include "settings.h"
#include "store/embedded.h"
#include "token_copies.h"

namespace freehold::app {

// The file keys of fault domains, as the engine asks for them. A damaged key file is set aside and replaced (whereupon
// the engine rebuilds the domain), but only while another domain's key still opens: were the root key the wrong one,
// none would, and nothing may be changed.
class RegionFileKeys final : public store::FileKeySource {
 public:
  RegionFileKeys(disk::Disk& disk, crypto::Hsm& hsm, Random& random, std::vector<std::string> domains)
      : disk_(disk), keys_(disk, hsm, random), domains_(std::move(domains)) {}
  [[nodiscard]] Result<Secret> load_or_make(const std::string& domain_path) override;

 private:
  [[nodiscard]] bool another_opens(const std::string& domain_path);

  disk::Disk& disk_;
  keys::DomainKeys keys_;
  const std::vector<std::string> domains_;
};

// This process's name for its lease, its log's partition and its spool: what a running region writes under, and what an
// offline export must read.
inline constexpr std::string_view kFrontEnd = "front-end";

// Owned by one command; closed by destruction, in reverse order of its members.
struct Storage {
  std::unique_ptr<disk::Disk> disk;
  SystemClock clock;
  SystemRandom random;
  std::unique_ptr<disk::DirectoryLock> lock;
  Secret pin;
  std::unique_ptr<TokenCopies> token_copies;
  std::unique_ptr<crypto::Hsm> hsm;
  std::unique_ptr<RegionFileKeys> file_keys;
  std::unique_ptr<store::EmbeddedEngine> engine;  // null until open_engine()
};

// How a command may treat DIR.
enum class Access {
  kServe,    // makes DIR ready if it is empty
  kInspect,  // DIR must have been served before
};

// Locks DIR and opens its token. A first start leaves DIR/first-start until finish_first_start(), so that one that was
// cut short is begun again; nothing can have been acknowledged by then.
[[nodiscard]] Result<std::unique_ptr<Storage>> open_token_of(const Settings& settings, Access access);
[[nodiscard]] Result<> open_engine(Storage& storage, const Settings& settings);
[[nodiscard]] Result<bool> first_start_under_way(const Storage& storage, const Settings& settings);
[[nodiscard]] Result<> finish_first_start(Storage& storage, const Settings& settings);
// The lease's epoch; where the placement can only be read, the one that the lease will have once it can be written.
[[nodiscard]] Result<store::Epoch> acquire_epoch(store::EmbeddedEngine& engine, const std::string& lease);
[[nodiscard]] store::EmbeddedOptions engine_options(const Settings& settings);

}  // namespace freehold::app
