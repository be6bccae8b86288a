// What a first start makes and every later start finds: tenant, administrator, subscription, account names, authority,
// audit signing key (DESIGN section 11).
#pragma once

#include <string>

#include "base/ids.h"
#include "base/random.h"
#include "base/result.h"
#include "base/secret.h"
#include "crypto/hsm.h"
#include "crypto/x509.h"
#include "store/hybrid_clock.h"
#include "store/partition_store.h"

namespace freehold::app {

// Where a first start puts the storage account that it makes.
inline constexpr std::string_view kResourceGroup = "default";

struct RegionIdentity {
  TenantId tenant;
  SubscriptionId subscription;
  PrincipalId admin;  // the administrator's application (client) id
  Secret admin_secret;
  std::string account_name;  // "default" and six more
  crypto::CertificateAndKey authority;
  Secret audit_seed;  // Ed25519, signs the audit log's checkpoints
};

// Loads the one row that holds all of it (sealed under the region root key), or makes it. One row, one commit: a crash
// leaves either no identity or a whole one. Blocks; start-up only.
[[nodiscard]] Result<RegionIdentity> load_or_make_identity(store::PartitionStore& partitions, store::HybridClock& clock,
                                                           store::Epoch epoch, crypto::Hsm& hsm,
                                                           const std::string& region, WallTime now, Random& random);

// The server certificate: loaded if it is whole, names `domain` and isn't due; else issued anew and stored; where
// it can't be stored, one that is due is used on.
[[nodiscard]] Result<crypto::CertificateAndKey> load_or_issue_certificate(
    store::PartitionStore& partitions, store::HybridClock& clock, store::Epoch epoch, crypto::Hsm& hsm,
    const RegionIdentity& identity, const std::string& domain, WallTime now, Random& random);

}  // namespace freehold::app
