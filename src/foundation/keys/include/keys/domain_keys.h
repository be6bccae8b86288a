// DomainKeys: the file key of each fault domain, wrapped by the region root key (DESIGN section 5).
#pragma once

#include <string>

#include "base/random.h"
#include "base/result.h"
#include "base/secret.h"
#include "crypto/hsm.h"
#include "disk/disk.h"

namespace freehold::keys {

// A fault domain's own key encrypts its RocksDB files; it stands wrapped in DOMAIN/file.key (docs/formats/file-key.md).
// A domain without the file gets a new key: whatever else lies in it can no longer be read, so it is rebuilt from the
// other domains. Blocks on the HSM; start-up and rebuild only. Thread-safe.
class DomainKeys {
 public:
  DomainKeys(disk::Disk& disk, crypto::Hsm& hsm, Random& random) : disk_(disk), hsm_(hsm), random_(random) {}
  // 32 bytes. kUnsupported: written by a newer version; kCorrupt: damaged, or not wrapped by this region's root key.
  [[nodiscard]] Result<Secret> load_or_make(const std::string& domain_directory);

 private:
  disk::Disk& disk_;
  crypto::Hsm& hsm_;
  Random& random_;
};

}  // namespace freehold::keys
