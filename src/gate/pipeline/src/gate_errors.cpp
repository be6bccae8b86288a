#include "gate_errors.h"

#include "base/clock.h"

namespace freehold::gate::gate_errors {
namespace {

ApiError make(int status, std::string_view code, std::string_view message) {
  return {.status = status, .code = std::string(code), .message = std::string(message)};
}

}  // namespace

ApiError nobody_claims() {
  return make(400, "InvalidUri", "The requested URI does not represent any resource on the server.");
}

ApiError server_busy(std::string detail) {
  auto error =
      make(503, "ServerBusy", "The server is currently unable to receive requests. Please retry your request.");
  error.detail = std::move(detail);
  error.headers.emplace_back("retry-after", "1");
  return error;
}

// As the Blob service says of all that rests under such a key.
ApiError tags_withheld() {
  return make(403, "KeyVaultEncryptionKeyNotFound", "The key that encrypts this storage account cannot be used.");
}

ApiError no_such_account() { return make(404, "ResourceNotFound", "The specified resource does not exist."); }

ApiError no_write_on_secondary() {
  return make(403, "WriteOperationNotSupportedOnSecondary", "Write operations are not supported on the secondary.");
}

ApiError requires_https() {
  return make(400, "AccountRequiresHttps", "The account being accessed does not support http.");
}

ApiError tls_too_old() {
  return make(400, "TlsVersionNotPermitted",
              "The TLS version of the connection is not permitted on this storage account.");
}

ApiError network_refused() {
  return make(403, "AuthorizationFailure", "This request is not authorized to perform this operation.");
}

ApiError key_based_not_permitted() {
  return make(403, "KeyBasedAuthenticationNotPermitted",
              "Key based authentication is not permitted on this storage account.");
}

ApiError another_account() {
  return make(403, "AuthorizationFailure", "This request is not authorized to perform this operation.");
}

ApiError nested_part() { return make(400, "InvalidInput", "One of the request inputs is not valid."); }

ApiError permission_mismatch() {
  return make(403, "AuthorizationPermissionMismatch",
              "This request is not authorized to perform this operation using this permission.");
}

ApiError not_implemented() {
  return make(501, "NotImplemented", "The requested operation is not implemented on the specified resource.");
}

ApiError internal_error(std::string detail) {
  auto error = make(500, "InternalError", "The server encountered an internal error. Please retry the request.");
  error.detail = std::move(detail);
  return error;
}

// Code and message are the constants above, so nothing here needs escaping.
http::Response render_plain(const ApiError& error, const http::Request& request) {
  http::Response response;
  response.status = error.status;
  if (request.method == http::Method::kHead) return response;
  response.headers.add("content-type", "application/xml");
  response.body = "<?xml version=\"1.0\" encoding=\"utf-8\"?><Error><Code>" + error.code + "</Code><Message>" +
                  error.message + "\nRequestId:" + error.request_id + "\nTime:" + rfc3339_ticks(error.time) +
                  "</Message></Error>";
  return response;
}

}  // namespace freehold::gate::gate_errors
