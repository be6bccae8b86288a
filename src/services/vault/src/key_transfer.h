// Keys that come wrapped for an HSM ("Bring your own key specification" of Key Vault): a transfer blob, read and taken
// in.
#pragma once

#include "src/token_material.h"

namespace freehold::vault {

// `jwk` is a body's key with `key_hsm`: the blob's JSON in base64url. Its header names a key of the same vault that is
// for imports alone. The key is never in the clear outside the token. The version has no attributes yet.
[[nodiscard]] Task<ApiResult<ItemContent>> take_transferred(VaultParts& parts, VaultCall& call, std::string name,
                                                            Json jwk, crypto::Leaving leaving);

}  // namespace freehold::vault
