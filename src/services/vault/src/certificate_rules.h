// Certificate policies: what a certificate is to be. Pure.
//
// Source: "Create Certificate", "Get Certificate Policy", "About Azure Key Vault certificates" (policy).
#pragma once

#include "crypto/key_certificate.h"
#include "src/key_rules.h"

namespace freehold::vault {

// "application/x-pkcs12", "application/x-pem-file": how the secret has the certificate with its key.
// The issuers that are nobody: the key signs itself, or somebody else does and the certificate is merged.
inline constexpr std::string_view kSelf = "Self";
inline constexpr std::string_view kUnknown = "Unknown";
inline constexpr std::string_view kPfxType = "application/x-pkcs12";
inline constexpr std::string_view kPemType = "application/x-pem-file";

// The policy as it is to be kept: `given` with Azure's defaults for what it doesn't say. 400 for what no policy says.
[[nodiscard]] ApiResult<Json> read_certificate_policy(const Json& given);
// The policy that a certificate has which was brought; `given` says whether its key goes into the HSM and can be
// exported. 400 if it says that the key is another one.
[[nodiscard]] ApiResult<Json> policy_of_import(const Json& given, const crypto::PublicNumbers& key,
                                               std::string_view content_type, const crypto::CertificateFacts& facts);
[[nodiscard]] ApiResult<KeySpec> key_spec_of(const Json& policy);
[[nodiscard]] std::string issuer_of(const Json& policy);
// Is the private half in the secret, too? Does the next certificate have the same key?
[[nodiscard]] bool is_exportable(const Json& policy);
[[nodiscard]] bool reuses_key(const Json& policy);
[[nodiscard]] crypto::CertificateTerms terms_of(const Json& policy);
[[nodiscard]] std::string content_type_of(const Json& policy);

// What a certificate's head keeps besides: {"policy", "operation"}.
[[nodiscard]] Json kept_of(const ItemHead& head);

// When it is to be renewed by itself; nullopt: never.
[[nodiscard]] std::optional<std::int64_t> renewal_due(const ItemHead& head);

}  // namespace freehold::vault
