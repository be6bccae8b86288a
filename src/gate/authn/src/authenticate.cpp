#include "authn/authenticate.h"

#include "account_sas.h"
#include "authn_errors.h"
#include "shared_key.h"

namespace freehold::gate {

Principal local_operator(const http::Request& request) {
  auto uid = request.peer.uid ? std::to_string(*request.peer.uid) : "unknown";
  return {.credential = kLocalOperator, .tenant = {}, .pseudonym_source = "uid " + uid};
}

ApiResult<Principal> authenticate(const http::Request& request, const Target& target, const StorageAccount& account,
                                  WallTime now) {
  // Two credentials, or one that names another account than the host does, would leave it open who called.
  bool header = request.headers.has("authorization");
  bool sas = has_sas(request);
  bool admin = request.listener == http::Listener::kAdmin;
  if (int{header} + int{sas} + int{admin} > 1) return authn_errors::malformed_credential();
  if (target.account != account.name) return authn_errors::authentication_failed("The account is another one.");
  if (admin) return local_operator(request);
  if (header) return by_authorization(request, account, now);
  if (sas) return by_sas(request, account, now);
  return Principal{.credential = kAnonymous};
}

std::string_view to_string(Credential credential) {
  switch (credential) {
    case kSharedKey:
      return "SharedKey";
    case kAccountSas:
      return "AccountSas";
    case kLocalOperator:
      return "LocalOperator";
    case kSystemJob:
      return "SystemJob";
    case kBearer:
      return "Bearer";
    case kAnonymous:
    case kNoCredential:
      break;
  }
  return "Anonymous";
}

}  // namespace freehold::gate
