// Shares of a secret: any `required` of them give it back, fewer say nothing of it (Shamir, "How to Share a Secret",
// CACM 1979), in the form that security domains have: each byte is shared by a polynomial over the integers modulo 257,
// and a share is 16 bits a byte, little-endian, x in the upper 7 and the value in the lower 9.
//
// The field's arithmetic takes the same time whatever the numbers are. No library of Debian has this field. Pure.
// Keeps: K1.
#pragma once

#include <cstdint>
#include <vector>

#include "base/random.h"
#include "base/result.h"
#include "base/secret.h"

namespace freehold::crypto {

inline constexpr unsigned kLeastRequiredShares = 2;
inline constexpr unsigned kMostShares = 126;
inline constexpr std::size_t kMaxSharedBytes = 1'024;

// `count` shares, of which `required` are needed; kInvalidArgument: not 2 <= required <= count <= 126, or too long.
[[nodiscard]] Result<std::vector<Secret>> share_secret(const Secret& secret, unsigned count, unsigned required,
                                                       Random& random);
// Of at least `required` shares the first so many; whether it is the right secret only its user can tell.
// kInvalidArgument: too few, of unequal lengths, two of one place, or no shares at all.
[[nodiscard]] Result<Secret> join_shares(const std::vector<Secret>& shares, unsigned required);

}  // namespace freehold::crypto
