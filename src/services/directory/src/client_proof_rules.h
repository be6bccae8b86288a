// Which application asks, and how it proves that: by a secret, a certificate, or the word of a federated issuer.
#pragma once

#include "src/client_form.h"
#include "src/login_parts.h"

namespace freehold::directory {

enum class ProvenBy { kNothing, kSecret, kCertificate, kFederated };

struct ProvenClient {
  TenantId tenant;
  std::shared_ptr<const ServicePrincipal> principal;
  ProvenBy by = ProvenBy::kNothing;  // a public client, which has nothing to prove itself by
};

// What the audit record says of it.
[[nodiscard]] std::string_view credential_name(ProvenBy by);

// Public: a client that people's machines hold and that can keep no secret. It has no credentials, and is the az CLI or
// registered as public.
[[nodiscard]] bool is_public_client(const Snapshot& directory, const ServicePrincipal& principal);

// For client_credentials: in the tenant that is named, or in whichever its credentials are right. An assertion that
// proved something is remembered and refused the next time.
[[nodiscard]] gate::ApiResult<ProvenClient> prove_client(LoginParts& parts, const LoginCall& call,
                                                         const ClientForm& form, const ClientCredentials& credentials);
// For what a user was asked for: in the user's tenant; a public client proves nothing.
[[nodiscard]] gate::ApiResult<ProvenClient> admit_client(LoginParts& parts, const LoginCall& call, TenantId tenant,
                                                         const ClientForm& form, const ClientCredentials& credentials);

// Does this audience name an endpoint or issuer of ours, for this tenant or none?
[[nodiscard]] bool is_own_audience(const LoginSite& site, std::string_view audience, TenantId tenant);

}  // namespace freehold::directory
