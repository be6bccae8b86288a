// Tokens that were made for a pool and that it didn't come to have: a row of the pool names each token before it is
// made, so that none stays behind for good, whatever breaks off. Keeps: K1.
#pragma once

#include "src/hsm_rows.h"
#include "src/hsm_tokens.h"

namespace freehold::vault {

inline constexpr std::size_t kMaxStrayTokens = 8;  // of one pool; more aren't made

// Before the token is made. kExhausted: there are so many already.
[[nodiscard]] Task<Result<>> name_token(PoolRows& rows, VaultPtr pool, std::string label);
// Removes those that the pool doesn't have. What is known of its row must be what the disks have: not after a change of
// which nobody knows whether it was kept.
[[nodiscard]] Task<Result<>> remove_stray_tokens(PoolRows& rows, PoolTokens& tokens, VaultPtr pool);

}  // namespace freehold::vault
