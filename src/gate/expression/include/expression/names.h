// Names made from other names: Azure's uniqueString() and guid().
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace freehold::gate::expression {

// 64-bit MurmurHash3 of Azure Resource Manager's kind (two lanes of 32 bits, seed 0).
[[nodiscard]] std::uint64_t murmur64(std::string_view data);
// 13 characters of a-z2-7 for the texts joined by '-'. Not a secret, and no protection against collisions made on
// purpose.
[[nodiscard]] std::string unique_string(std::string_view joined);
// RFC 4122 version 5 in Azure's namespace 11fb06fb-712d-4ddd-98c7-e71bbd588830, for the texts joined by '-'.
[[nodiscard]] std::string name_guid(std::string_view joined);

}  // namespace freehold::gate::expression
