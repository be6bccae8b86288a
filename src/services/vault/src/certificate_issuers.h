// Issuers of certificates and contacts, which every certificate of a vault shares.
//
// An issuer's provider is "InternalCA": a certificate of the same vault that is an authority, whose key signs. Sources:
// "Set Certificate Issuer", "Set Certificate Contacts" of the data plane reference.
#pragma once

#include "src/certificate_key.h"
#include "src/item_operations.h"

namespace freehold::vault {

// Kinds of their own: heads without versions.
inline constexpr ItemKind kIssuer{'i'};
inline constexpr ItemKind kContacts{'o'};
inline constexpr std::size_t kMaxContacts = 100;

[[nodiscard]] Task<Reply> list_issuers(VaultParts& parts, VaultCall& call);
[[nodiscard]] Task<Reply> get_issuer(VaultParts& parts, VaultCall& call);
[[nodiscard]] Task<Reply> set_issuer(VaultParts& parts, VaultCall& call);
[[nodiscard]] Task<Reply> update_issuer(VaultParts& parts, VaultCall& call);
[[nodiscard]] Task<Reply> delete_issuer(VaultParts& parts, VaultCall& call);
[[nodiscard]] Task<Reply> get_contacts(VaultParts& parts, VaultCall& call);
[[nodiscard]] Task<Reply> set_contacts(VaultParts& parts, VaultCall& call);
[[nodiscard]] Task<Reply> delete_contacts(VaultParts& parts, VaultCall& call);

// Who signs, found anew at each certificate.
struct Authority {
  std::string name;  // of its certificate
  CertificateKey key;
  Bytes certificate;  // DER
  std::string common_name;
};
// 400: there is no such issuer, it is disabled, or its certificate is none of an authority, disabled or over.
[[nodiscard]] Task<ApiResult<Authority>> find_authority(VaultParts& parts, VaultPtr vault, std::string issuer,
                                                        std::int64_t now);

}  // namespace freehold::vault
