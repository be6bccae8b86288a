#include "authn/authenticate.h"

#include "authn_errors.h"
#include "sas.h"
#include "shared_key.h"

namespace freehold::gate {

Principal local_operator(const http::Request& request) {
  auto uid = request.peer.uid ? std::to_string(*request.peer.uid) : "unknown";
  return {.credential = kLocalOperator, .tenant = {}, .pseudonym_source = "uid " + uid};
}

bool needs_container_access(const http::Request& request, const Target& target, const StorageAccount& account) {
  if (target.container.empty() || request.listener == http::Listener::kAdmin) return false;
  if (request.method == http::Method::kOptions) return false;
  if (request.headers.has("authorization")) return false;
  if (has_sas(request)) return request.has_parameter("si");
  return account.allow_public_access;
}

ApiResult<Principal> authenticate(const http::Request& request, const Target& target, const StorageAccount& account,
                                  WallTime now, const ContainerAccess* container) {
  // A browser's preflight has the URL of the request to come, SAS and all, but isn't that request.
  if (request.method == http::Method::kOptions) return Principal{.credential = kPreflight};
  // Two credentials, or one that names another account than the host does, would leave it open who called.
  bool header = request.headers.has("authorization");
  bool sas = has_sas(request);
  bool admin = request.listener == http::Listener::kAdmin;
  if (int{header} + int{sas} + int{admin} > 1) return authn_errors::malformed_credential();
  if (target.account != account.name) return authn_errors::authentication_failed("The account is another one.");
  if (admin) return local_operator(request);
  if (header) return by_authorization(request, account, now);
  if (sas) return by_sas({request, target, account, now, container});
  Principal anonymous{.credential = kAnonymous, .public_account = account.allow_public_access};
  if (account.allow_public_access && container != nullptr) anonymous.public_access = container->public_access;
  return anonymous;
}

std::string_view to_string(Credential credential) {
  switch (credential) {
    case kSharedKey:
      return "SharedKey";
    case kAccountSas:
      return "AccountSas";
    case kServiceSas:
      return "ServiceSas";
    case kUserDelegationSas:
      return "UserDelegationSas";
    case kLocalOperator:
      return "LocalOperator";
    case kSystemJob:
      return "SystemJob";
    case kBearer:
      return "Bearer";
    case kPreflight:
      return "Preflight";
    case kAnonymous:
    case kNoCredential:
      break;
  }
  return "Anonymous";
}

}  // namespace freehold::gate
