// The region's HSM token: made on first start, restored from a fault domain's sealed copy when it is lost (DESIGN
// section 5).
#pragma once

#include <memory>
#include <string>

#include "base/random.h"
#include "base/result.h"
#include "crypto/hsm.h"
#include "disk/disk.h"
#include "settings.h"
#include "token_copies.h"

namespace freehold::app {

// The PIN in settings.pin_file, made (32 random characters, mode 0600) if `may_create` and there is none.
[[nodiscard]] Result<Secret> load_pin(disk::Disk& disk, const Settings& settings, bool may_create, Random& random);

// Opens the token. With `first_start`, makes it if it is absent. Otherwise one that is missing or damaged, or older
// than a copy, is restored from the newest whole sealed copy; its files are kept aside until the token changes.
// kCorrupt: fewer than two whole copies; nothing was changed, and the message says what to do. Blocks (seconds).
// `copies` outlives the token: each change of that is in them before it is answered.
[[nodiscard]] Result<std::unique_ptr<crypto::Hsm>> open_region_token(disk::Disk& disk, const Settings& settings,
                                                                     const Secret& pin, bool first_start,
                                                                     TokenCopies& copies);
// The token of keys in premium vaults, made if it is absent and no fault domain is away that may have it: of SoftHSM2
// one beside the region's, whose PIN follows from the region's; of another device the region's own. Null, and in the
// log: it can't be opened; everything else can be served. Blocks (seconds).
[[nodiscard]] std::unique_ptr<crypto::TokenKeys> open_vault_keys(disk::Disk& disk, crypto::Hsm& hsm,
                                                                 const Settings& settings, const Secret& pin);

}  // namespace freehold::app
