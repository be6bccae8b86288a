// The key of a certificate, in this process's memory or in an HSM's token: made, kept on, and signed with.
#pragma once

#include "src/certificate_rules.h"
#include "src/token_material.h"

namespace freehold::vault {

// Moves only: it holds a Secret.
struct CertificateKey {
  ItemContent content;  // its version is the certificate's, too
  crypto::PublicNumbers open;
  std::optional<crypto::JoseKey> here;  // with its private half; none: that is in the token alone
};

// One that somebody brought, as a version of its own.
[[nodiscard]] CertificateKey key_in_memory(VaultParts& parts, crypto::JoseKey key);
// As it was kept. 500 for what is none.
[[nodiscard]] ApiResult<CertificateKey> key_as_kept(const ItemContent& content);
// As the policy says, where the vault has such keys.
[[nodiscard]] Task<ApiResult<CertificateKey>> make_certificate_key(VaultParts& parts, VaultPtr vault, std::string name,
                                                                   Json policy);
// What somebody brought, moved into the token. 400 where the vault has no such keys.
[[nodiscard]] Task<ApiResult<CertificateKey>> take_into_token(VaultParts& parts, VaultPtr vault, std::string name,
                                                              crypto::JoseKey key);
// The key of the certificate's newest version again, as a version of its own (`reuse_key`). Null: there is none that is
// what the policy says; one that was made to stay isn't reused where it could be exported.
[[nodiscard]] Task<ApiResult<std::shared_ptr<CertificateKey>>> same_key_again(VaultParts& parts, VaultPtr vault,
                                                                              std::string name, Json policy);

// The document with its signature. `key` is one of the vault's, with `name`.
[[nodiscard]] Task<ApiResult<Bytes>> sign_document(VaultParts& parts, VaultPtr vault, std::string name,
                                                   const CertificateKey& key, crypto::UnsignedDocument document);

// What an import brings in "value", as Azure finds it there: PEM if the policy or its first line says so, else a PFX in
// base64. 400.
[[nodiscard]] Task<ApiResult<crypto::CertificateBundle>> read_bundle(VaultParts& parts, VaultCall& call, bool pem);
// Its key, in the token if the policy says so.
[[nodiscard]] Task<ApiResult<CertificateKey>> key_of_import(VaultParts& parts, VaultCall& call, std::string name,
                                                            crypto::JoseKey key, Json policy);

}  // namespace freehold::vault
