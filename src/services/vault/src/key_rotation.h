// A key's next version, by whoever asks for it or when its policy says so.
#pragma once

#include "src/key_material.h"

namespace freehold::vault {

// Makes another key of the same kind and puts it as the newest version, with the tags and operations of the one before.
// 404 if there is no such key, 403 if it is disabled.
[[nodiscard]] Task<ApiResult<ItemVersion>> rotate(VaultParts& parts, VaultPtr vault, std::string name, std::int64_t now,
                                                  AuditRow audit);

}  // namespace freehold::vault
