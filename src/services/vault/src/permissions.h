// The names that access policies have for what may be done to keys, secrets and certificates. Pure.
//
// Source: "Vaults - Create Or Update" (KeyPermissions, SecretPermissions, CertificatePermissions, StoragePermissions).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace freehold::vault {

enum class PermissionKind : std::uint8_t { kKeys, kSecrets, kCertificates, kStorage };
inline constexpr std::size_t kPermissionKinds = 4;

// A bit for each name of a kind, in the order of its table, which is part of the rows' format: names are only added at
// its end.
using PermissionMask = std::uint32_t;
inline constexpr PermissionMask kAllPermissions = 1u << 31;  // "all", also what is added later

// "keys", "secrets", "certificates", "storage": as a policy's "permissions" names the kind.
[[nodiscard]] std::string_view name_of(PermissionKind kind);
// The bit of a name in any case; nullopt: no such permission.
[[nodiscard]] std::optional<PermissionMask> permission(PermissionKind kind, std::string_view name);
[[nodiscard]] std::vector<std::string> names_of(PermissionKind kind, PermissionMask mask);

}  // namespace freehold::vault
