#include "src/client_proof_rules.h"

#include <algorithm>

#include "base/encoding.h"
#include "crypto/client_proof.h"
#include "src/client_secret.h"
#include "src/snapshot.h"
#include "src/token_errors.h"

namespace freehold::directory {
namespace {

using gate::ApiResult;
namespace errors = token_errors;

constexpr std::string_view kAssertionType = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
constexpr std::chrono::minutes kSkew{5};
constexpr std::chrono::hours kLongestAssertion{24};

std::unexpected<gate::ApiError> refuse(gate::ApiError error) { return std::unexpected(std::move(error)); }

bool brings_assertion(const ClientForm& form) {
  return form.has("client_assertion") || form.has("client_assertion_type");
}

// Every secret is compared, right or wrong, so that the time doesn't tell how many there are before the right one.
enum class SecretVerdict { kWrong, kExpired, kRight };
SecretVerdict judge(const std::vector<ClientSecret>& secrets, BytesView secret, WallTime now) {
  auto verdict = SecretVerdict::kWrong;
  for (const auto& kept : secrets) {
    if (!is_secret(kept, secret)) continue;
    const bool over = (kept.expiry && *kept.expiry <= now) || (kept.start && *kept.start > now + kSkew);
    verdict = std::max(verdict, over ? SecretVerdict::kExpired : SecretVerdict::kRight);
  }
  return verdict;
}

// What a client may prove itself with: its service principal's credentials and its application's.
struct Credentials {
  std::vector<ClientSecret> secrets;
  std::vector<CertificateCredential> certificates;
  std::vector<FederatedCredential> federated;
  [[nodiscard]] bool empty() const { return secrets.empty() && certificates.empty() && federated.empty(); }
};
Credentials credentials_of(const Snapshot& directory, const ServicePrincipal& principal) {
  Credentials out{principal.secrets, principal.certificates, {}};
  const auto application = directory.application(principal.application);
  if (!application) return out;
  out.secrets.insert(out.secrets.end(), application->secrets.begin(), application->secrets.end());
  out.certificates.insert(out.certificates.end(), application->certificates.begin(), application->certificates.end());
  out.federated = application->federated;
  return out;
}

// Of another tenant's application what it has there counts too, as long as it is there and enabled.
ApiResult<Credentials> all_credentials_of(const DirectoryStore& store, const Snapshot& directory,
                                          const ServicePrincipal& principal) {
  auto out = credentials_of(directory, principal);
  const auto home = home_of(principal.attributes);
  if (!home) return out;
  const auto there = store.snapshot(home->tenant);
  const auto owner = there ? live_in(there->objects.principals, home->object) : nullptr;
  if (!owner || owner->application != principal.application) {
    return refuse(errors::unknown_client(to_string(principal.application)));
  }
  if (!owner->enabled) return refuse(errors::disabled_client(to_string(principal.application)));
  auto theirs = credentials_of(*there, *owner);
  const auto add = [](auto& to, auto& from) { to.insert(to.end(), from.begin(), from.end()); };
  add(out.secrets, theirs.secrets);
  add(out.certificates, theirs.certificates);
  add(out.federated, theirs.federated);
  return out;
}

std::vector<std::string> audiences_of(const crypto::Jwt& assertion) {
  const auto at = assertion.claims.values.find("aud");
  if (at == assertion.claims.values.end()) return {};
  if (const auto* one = std::get_if<std::string>(&at->second)) return {*one};
  if (const auto* many = std::get_if<std::vector<std::string>>(&at->second)) return *many;
  return {};
}

// RFC 7523 section 3: an end is a must; more than a day is no proof of now.
std::optional<WallTime> end_of(const crypto::Jwt& assertion, WallTime now) {
  constexpr std::int64_t kLast = 253'402'300'799;
  const auto end = assertion.claims.number("exp");
  const auto begin = assertion.claims.number("nbf");
  if (!end || *end < 0 || *end > kLast || (begin && (*begin < 0 || *begin > kLast))) return std::nullopt;
  const WallTime over{std::chrono::seconds(*end)};
  if (over + kSkew <= now || over > now + kLongestAssertion + kSkew) return std::nullopt;
  if (begin && WallTime(std::chrono::seconds(*begin)) > now + kSkew) return std::nullopt;
  return over;
}

// RFC 7515 section 4.1.7 has no padding; MSAL for Python writes it.
std::optional<Bytes> thumbprint_of(std::string_view text) {
  while (text.ends_with('=')) text.remove_suffix(1);
  return from_base64url(text);
}

// The certificate that the header names by a thumbprint. Thumbprints are no secrets.
const CertificateCredential* named_certificate(const crypto::Jwt& assertion,
                                               const std::vector<CertificateCredential>& certificates) {
  const auto sha256 = assertion.header.text("x5t#S256");
  const auto sha1 = assertion.header.text("x5t");
  for (const auto& certificate : certificates) {
    if (sha256 && thumbprint_of(*sha256) == certificate.sha256) return &certificate;
    if (!sha256 && sha1 && thumbprint_of(*sha1) == certificate.sha1) return &certificate;
  }
  return nullptr;
}

// Of one whose issuer is the application itself.
ApiResult<> check_certificate_assertion(const LoginParts& parts, const LoginCall& call, TenantId tenant,
                                        const crypto::Jwt& assertion,
                                        const std::vector<CertificateCredential>& certificates) {
  const auto* named = named_certificate(assertion, certificates);
  if (named == nullptr) return refuse(errors::wrong_assertion("the key was not found; x5t names no certificate"));
  if (named->expiry <= call.now || named->start > call.now + kSkew) {
    return refuse(errors::wrong_assertion("the certificate is not valid now"));
  }
  const auto certificate = crypto::read_client_certificate(named->der);
  if (!certificate || !crypto::verify_assertion(assertion, certificate->key)) {
    return refuse(errors::wrong_assertion("the signature is not that of the certificate's key"));
  }
  if (assertion.claims.text("sub") != assertion.claims.text("iss")) {
    return refuse(errors::malformed_assertion("iss and sub must be the client id"));
  }
  const auto ours = [&](const std::string& audience) { return is_own_audience(parts.site, audience, tenant); };
  if (!std::ranges::any_of(audiences_of(assertion), ours)) {
    return refuse(errors::malformed_assertion("the audience must be the token endpoint"));
  }
  return {};
}

ApiResult<> check_federated_assertion(const crypto::Jwt& assertion, const std::vector<FederatedCredential>& federated) {
  const auto audiences = audiences_of(assertion);
  const auto matches = [&](const FederatedCredential& credential) {
    return assertion.claims.text("iss") == std::string_view(credential.issuer) &&
           assertion.claims.text("sub") == std::string_view(credential.subject) &&
           std::ranges::find_first_of(audiences, credential.audiences) != audiences.end();
  };
  const auto credential = std::ranges::find_if(federated, matches);
  if (credential == federated.end()) return refuse(errors::unmatched_assertion());
  const auto keys = crypto::read_key_set(credential->key_set);
  const auto id = assertion.header.text("kid");
  const auto proves = [&](const crypto::NamedKey& key) {
    return (!id || key.id == *id) && crypto::verify_assertion(assertion, key.key);
  };
  if (!keys || !std::ranges::any_of(*keys, proves)) {
    return refuse(errors::wrong_assertion("the signature is not that of a key of the issuer"));
  }
  return {};
}

ApiResult<ProvenBy> prove_by_assertion(LoginParts& parts, const LoginCall& call, TenantId tenant,
                                       const ClientForm& form, const Credentials& kept, PrincipalId application) {
  if (form.get("client_assertion_type") != kAssertionType) {
    return refuse(errors::malformed_assertion("client_assertion_type must be " + std::string(kAssertionType)));
  }
  const auto assertion = crypto::parse_jwt(form.get("client_assertion"));
  if (!assertion) return refuse(errors::malformed_assertion("it is no JWT"));
  const auto end = end_of(*assertion, call.now);
  if (!end) return refuse(errors::stale_assertion());
  // What the application says itself it signs by its certificate; all else is another issuer's word, whose tokens are
  // used for as long as they last.
  const std::string client = to_string(application);
  const auto issuer = assertion->claims.text("iss");
  if (!issuer || !equals_ignoring_case(*issuer, client)) {
    FH_CHECK_OK(check_federated_assertion(*assertion, kept.federated));
    return ProvenBy::kFederated;
  }
  FH_CHECK_OK(check_certificate_assertion(parts, call, tenant, *assertion, kept.certificates));
  const auto id = assertion->claims.text("jti");
  // An application with service principals in two tenants has the same certificates in both, and an audience may name
  // neither.
  if (!id || !parts.memory.use_assertion(client, *id, *end + kSkew)) {
    return refuse(errors::replayed_assertion());
  }
  return ProvenBy::kCertificate;
}

ApiResult<ProvenBy> prove(LoginParts& parts, const LoginCall& call, const Snapshot& directory,
                          const ServicePrincipal& principal, const ClientForm& form,
                          const ClientCredentials& credentials) {
  FH_TRY(const auto kept, all_credentials_of(parts.store, directory, principal));
  if (brings_assertion(form)) {
    return prove_by_assertion(parts, call, directory.tenant, form, kept, principal.application);
  }
  switch (judge(kept.secrets, credentials.secret.view(), call.now)) {
    case SecretVerdict::kRight:
      return ProvenBy::kSecret;
    case SecretVerdict::kExpired:
      return refuse(errors::expired_secret());
    case SecretVerdict::kWrong:
      break;
  }
  return refuse(errors::wrong_secret());
}

}  // namespace

std::string_view credential_name(ProvenBy by) {
  switch (by) {
    case ProvenBy::kSecret:
      return "ClientSecret";
    case ProvenBy::kCertificate:
      return "ClientCertificate";
    case ProvenBy::kFederated:
      return "FederatedAssertion";
    case ProvenBy::kNothing:
      break;
  }
  return "PublicClient";
}

gate::ApiResult<std::optional<TenantId>> named_tenant(const DirectoryStore& store, std::string_view segment) {
  if (segment.empty() || segment == "common" || segment == "organizations") return std::optional<TenantId>();
  const auto id = parse_guid<TenantId>(segment);
  if (!id || !store.has(*id)) return refuse(errors::unknown_tenant(segment));
  return id;
}

bool is_own_audience(const LoginSite& site, std::string_view audience, TenantId tenant) {
  const std::string front = site.origin("");
  if (!equals_ignoring_case(audience.substr(0, front.size()), front)) return false;
  audience.remove_prefix(front.size());
  const auto slash = audience.find('/');
  const auto port = audience.substr(0, slash);
  if (slash == audience.npos || (!port.empty() && (port.front() != ':' || !parse_u64(port.substr(1))))) return false;
  auto path = audience.substr(slash + 1);
  if (path.ends_with('/')) path.remove_suffix(1);
  const auto end = path.find('/');
  const auto first = path.substr(0, end);
  const auto rest = end == path.npos ? std::string_view() : path.substr(end);
  if (first == "adfs") return rest.empty() || rest == "/oauth2/token";
  const bool named = first == "common" || first == "organizations" || parse_guid<TenantId>(first) == tenant;
  return named && (rest.empty() || rest == "/v2.0" || rest == "/oauth2/token" || rest == "/oauth2/v2.0/token");
}

bool is_public_client(const Snapshot& directory, const ServicePrincipal& principal) {
  if (!credentials_of(directory, principal).empty()) return false;
  if (to_string(principal.application) == kAzureCli) return true;
  const auto application = directory.application(principal.application);
  return application && (flag_of(application->attributes, "isFallbackPublicClient") ||
                         !texts_of(application->attributes, "publicClient.redirectUris").empty());
}

ApiResult<ProvenClient> prove_client(LoginParts& parts, const LoginCall& call, const ClientForm& form,
                                     const ClientCredentials& credentials) {
  if (credentials.id.empty()) return refuse(errors::missing_parameter("client_id"));
  FH_TRY(const auto named, named_tenant(parts.store, call.tenant));
  if (!named && !call.tenant.empty()) return refuse(errors::no_tenant());
  const auto application = parse_guid<PrincipalId>(credentials.id);
  const auto clients = application ? parts.store.clients(*application, named) : std::vector<DirectoryStore::Client>();
  if (clients.empty()) return refuse(errors::unknown_client(credentials.id));
  if (credentials.secret.empty() && !brings_assertion(form)) return refuse(errors::no_secret());
  std::optional<gate::ApiError> refusal;
  for (const auto& client : clients) {
    const auto directory = parts.store.snapshot(client.tenant);
    auto by = directory ? prove(parts, call, *directory, *client.principal, form, credentials)
                        : refuse(errors::unknown_client(credentials.id));
    if (!by) {
      // "Over" says more than "wrong", which every other tenant's says.
      if (!refusal || by.error().message.starts_with("AADSTS7000222")) refusal = std::move(by.error());
      continue;
    }
    if (!client.principal->enabled) return refuse(errors::disabled_client(credentials.id));
    return ProvenClient{client.tenant, client.principal, *by};
  }
  return refuse(std::move(*refusal));
}

ApiResult<ProvenClient> admit_client(LoginParts& parts, const LoginCall& call, TenantId tenant, const ClientForm& form,
                                     const ClientCredentials& credentials) {
  if (credentials.id.empty()) return refuse(errors::missing_parameter("client_id"));
  const auto application = parse_guid<PrincipalId>(credentials.id);
  const auto directory = parts.store.snapshot(tenant);
  const auto principal = application && directory ? directory->principal(*application) : nullptr;
  if (!principal) return refuse(errors::unknown_client(credentials.id));
  if (!principal->enabled) return refuse(errors::disabled_client(credentials.id));
  const bool proves = brings_assertion(form) || !credentials.secret.empty();
  if (is_public_client(*directory, *principal)) {
    if (proves) return refuse(errors::public_client_secret());
    return ProvenClient{tenant, principal, ProvenBy::kNothing};
  }
  if (!proves) return refuse(errors::not_public_client());
  FH_TRY(const auto by, prove(parts, call, *directory, *principal, form, credentials));
  return ProvenClient{tenant, principal, by};
}

}  // namespace freehold::directory
