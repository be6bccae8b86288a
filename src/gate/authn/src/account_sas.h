// Checking an account SAS ("Create an account SAS").
#pragma once

#include "authn/account.h"
#include "authn/authenticate.h"

namespace freehold::gate {

// Does the query hold any parameter of a shared access signature? Then it must be a whole and right one.
[[nodiscard]] bool has_sas(const http::Request& request);

// The caller of a request with a SAS in its query.
[[nodiscard]] ApiResult<Principal> by_sas(const http::Request& request, const StorageAccount& account, WallTime now);

}  // namespace freehold::gate
