// Audiences: for whom a token is meant, by the names that Azure and this cloud have for their services.
//
// Sources: CLIENTS.md's scopes as clients send them; "Resource and scope" of each service's authentication page. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace freehold::gate {

// The services for which tokens are given and taken. A storage account's own host names that one account besides.
enum class TokenResource : std::uint8_t { kStorage, kManagement, kGraph, kVault, kManagedHsm };

// "https://HOST[:PORT][/]" in any case: the host in lower case; nullopt if it is anything else. Ports say nothing.
[[nodiscard]] std::optional<std::string> audience_host(std::string_view audience);

// The service that a URL (Azure's own host, or this cloud's: "management." + domain) or an application id names;
// nullopt: none of ours.
[[nodiscard]] std::optional<TokenResource> resource_of_audience(std::string_view audience, std::string_view domain);

}  // namespace freehold::gate
