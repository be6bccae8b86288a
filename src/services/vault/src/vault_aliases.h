// What policies may name of vaults.
#pragma once

#include <span>
#include <string_view>

#include "resource/provider.h"

namespace freehold::vault {

[[nodiscard]] std::span<const gate::resource::PropertyAlias> vault_aliases();
// Types below vaults that Azure has and the resource manager here doesn't.
[[nodiscard]] std::span<const std::string_view> absent_vault_types();

}  // namespace freehold::vault
