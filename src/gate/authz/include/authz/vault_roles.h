// The ids of Key Vault's built-in roles ("Azure built-in roles for Security"); role.h has the administrator's.
#pragma once

#include <string_view>

namespace freehold::gate::authz::roles {

inline constexpr std::string_view kKeyVaultContributor = "f25e0fa2-a7c8-4377-a976-54943a77a395";
inline constexpr std::string_view kKeyVaultReader = "21090545-7ca7-4776-b22c-e363652d74d2";
inline constexpr std::string_view kKeyVaultSecretsOfficer = "b86a8fe4-44ce-4948-aee5-eccb2c155cd7";
inline constexpr std::string_view kKeyVaultSecretsUser = "4633458b-17de-408a-b874-0445c86b69e6";
inline constexpr std::string_view kKeyVaultCryptoOfficer = "14b46e9e-c2b7-41b4-b07b-48a6ebf60603";
inline constexpr std::string_view kKeyVaultCryptoUser = "12338af0-0e69-4776-bea7-57ae8d297424";
inline constexpr std::string_view kKeyVaultCryptoServiceEncryptionUser = "e147488a-f6f5-4113-8e2d-b22465e65bf6";
inline constexpr std::string_view kKeyVaultCryptoServiceReleaseUser = "08bbd89e-9f13-488c-ac41-acfcb10c90ab";
inline constexpr std::string_view kKeyVaultCertificatesOfficer = "a4417e6f-fecd-4de8-b567-7b0420556985";
inline constexpr std::string_view kKeyVaultCertificateUser = "db79e9a7-68ee-4b58-9aeb-b90e7c24fcba";
inline constexpr std::string_view kKeyVaultPurgeOperator = "a68e7c17-0ab2-4c09-9a58-125dae29748c";

}  // namespace freehold::gate::authz::roles
