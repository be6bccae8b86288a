// Certificate policies: what a certificate is to be. Pure.
//
// Source: "Create Certificate", "Get Certificate Policy", "About Azure Key Vault certificates" (policy).
#pragma once

#include "crypto/key_certificate.h"
#include "src/key_rules.h"

namespace freehold::vault {

// "application/x-pkcs12", "application/x-pem-file": how the secret has the certificate with its key.
inline constexpr std::string_view kPfxType = "application/x-pkcs12";
inline constexpr std::string_view kPemType = "application/x-pem-file";

// The policy as it is to be kept: `given` with Azure's defaults for what it doesn't say. 400 for what no policy says,
// 501 for what isn't there yet: issuers other than Self, keys in an HSM or that can't be exported or are reused.
[[nodiscard]] ApiResult<Json> read_certificate_policy(const Json& given);
// The policy that a certificate has which was brought.
[[nodiscard]] Json policy_of_import(const crypto::PublicNumbers& key, std::string_view content_type,
                                    const crypto::CertificateFacts& facts);
[[nodiscard]] ApiResult<KeySpec> key_spec_of(const Json& policy);
[[nodiscard]] crypto::CertificateTerms terms_of(const Json& policy);
[[nodiscard]] std::string content_type_of(const Json& policy);

// What a certificate's head keeps besides: {"policy", "operation"}.
[[nodiscard]] Json kept_of(const ItemHead& head);

// When it is to be renewed by itself; nullopt: never.
[[nodiscard]] std::optional<std::int64_t> renewal_due(const ItemHead& head);

}  // namespace freehold::vault
