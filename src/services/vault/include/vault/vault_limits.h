// How many transactions a vault or a pool has in ten seconds, as an operator sets them ([vault] of the settings).
#pragma once

#include <cstdint>

namespace freehold::vault {

// Of each vault and each pool by itself; more are answered with 429. 0: any number. Azure's own limits ("Key Vault
// service limits") are of hardware that many share, and lower: 4,000, 2,000, 20 and 10.
struct VaultLimits {
  std::uint64_t transactions = 200'000;     // of any kind; 10,000,000 at most
  std::uint64_t hsm_transactions = 20'000;  // uses of keys that are in a token
  std::uint64_t key_creations = 1'000;      // in software, of certificates too
  std::uint64_t hsm_key_creations = 100;    // in a token; what is brought into one counts as well
};

}  // namespace freehold::vault
