// Which state of a SoftHSM2 token its files or a sealed copy of them are of. docs/formats/token-copy.md.
#pragma once

#include <cstdint>
#include <string>

#include "base/bytes.h"
#include "base/result.h"
#include "base/secret.h"
#include "disk/disk.h"

namespace freehold::crypto {

struct TokenState {
  std::uint64_t changes = 0;  // since the token was made; the first tokens didn't count them
  Bytes digest;               // SHA-256 of its files, as token_digest() has it
  friend bool operator==(const TokenState&, const TokenState&) = default;

  // May what it is of have come after `other`, or beside it? Of one token no two states have the same count.
  [[nodiscard]] bool is_ahead_of(const TokenState& other) const {
    return changes > other.changes || (changes == other.changes && changes > 0 && digest != other.digest);
  }
};

// Both block: the PIN's key derivation is slow on purpose (0.1 s each, two of them for a copy). Errors as open_hsm().
[[nodiscard]] Result<TokenState> token_state(disk::Disk& disk, const std::string& softhsm_dir, const Secret& pin);
// From memory. Errors as restore_token_copy().
[[nodiscard]] Result<TokenState> token_copy_state(BytesView copy, const Secret& pin);

}  // namespace freehold::crypto
