// What the settings name files for, read at start-up.
#pragma once

#include <memory>

#include "base/secret.h"
#include "disk/disk.h"
#include "http/client.h"
#include "settings.h"
#include "vault/attestation_issuers.h"

namespace freehold::app {

// Of the reader of the LDAP directory; empty where there is none. A line's end is no part of it. kInvalidArgument: it
// can't be read.
[[nodiscard]] Result<Secret> read_ldap_password(disk::Disk& disk, const Settings& settings);
// kInvalidArgument, by name: a file that can't be read, or is no set of keys.
[[nodiscard]] Result<std::vector<vault::AttestationIssuer>> read_attestation_issuers(disk::Disk& disk,
                                                                                     const Settings& settings);
// For copies from outside; null where the operator allows none. kInvalidArgument: the authorities can't be read.
[[nodiscard]] Result<std::unique_ptr<http::Client>> make_outside_client(const Settings& settings);

}  // namespace freehold::app
