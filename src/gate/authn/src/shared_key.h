// Checking an Authorization header and account keys' signatures.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "authn/account.h"
#include "authn/authenticate.h"

namespace freehold::gate {

// Which of the account's keys made `signature` (base64) over any of the strings: 1 or 2, or nullopt. Looks at every key
// and string in every case, and compares in constant time, so that the time taken says nothing.
[[nodiscard]] std::optional<int> signing_key(const StorageAccount& account, std::span<const std::string> strings,
                                             std::string_view signature);

// The caller of a request that has one Authorization header or more.
[[nodiscard]] ApiResult<Principal> by_authorization(const http::Request& request, const StorageAccount& account,
                                                    WallTime now);

}  // namespace freehold::gate
