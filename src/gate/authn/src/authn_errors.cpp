#include "authn_errors.h"

#include "base/encoding.h"

namespace freehold::gate::authn_errors {
namespace {

constexpr std::string_view kFailedText =
    "Server failed to authenticate the request. Make sure the value of Authorization header is formed correctly "
    "including the signature.";
constexpr std::string_view kChallengeText =
    "Server failed to authenticate the request. Please refer to the information in the www-authenticate header.";
// Long enough for every string to sign of a usual request; the rest is of no use to a reader.
constexpr std::size_t kDetailBytes = 4096;

Refusal refuse(int status, std::string_view code, std::string_view message) {
  return std::unexpected(ApiError{.status = status, .code = std::string(code), .message = std::string(message)});
}

// What XML and people can take: no control characters but line feeds, valid UTF-8, bounded.
std::string presentable(std::string_view text) {
  if (!is_valid_utf8(text)) return "The request holds bytes that can't be shown.";
  std::string out(text.substr(0, kDetailBytes));
  while (!is_valid_utf8(out)) out.pop_back();
  for (char& c : out) {
    if (static_cast<unsigned char>(c) < 0x20 && c != '\n') c = '?';
  }
  return out;
}

// RFC 9110 section 15.5.2 asks for a challenge in every 401; shared keys are what this service can be reached with.
Refusal challenge(std::string_view code) {
  auto refusal = refuse(401, code, kChallengeText);
  refusal.error().headers.emplace_back("www-authenticate", "SharedKey");
  return refusal;
}

}  // namespace

Refusal authentication_failed(std::string_view detail) {
  auto refusal = refuse(403, "AuthenticationFailed", kFailedText);
  refusal.error().fields.emplace_back("AuthenticationErrorDetail", presentable(detail));
  return refusal;
}

Refusal malformed_credential() {
  return refuse(400, "InvalidAuthenticationInfo",
                "Authentication information is not given in the correct format. Check the value of Authorization "
                "header.");
}

Refusal bearer_refused() {
  auto refusal = challenge("InvalidAuthenticationInfo");
  refusal.error().fields.emplace_back("AuthenticationErrorDetail", "Bearer tokens are not accepted by this service.");
  return refusal;
}

Refusal invalid_token(std::string_view detail) {
  auto refusal = challenge("InvalidAuthenticationInfo");
  refusal.error().fields.emplace_back("AuthenticationErrorDetail", detail);
  return refusal;
}

Refusal no_authentication_information() { return challenge("NoAuthenticationInformation"); }

Refusal public_access_not_permitted() {
  return refuse(409, "PublicAccessNotPermitted", "Public access is not permitted on this storage account.");
}

Refusal no_such_resource() { return refuse(404, "ResourceNotFound", "The specified resource does not exist."); }

Refusal credential_not_accepted() {
  return refuse(403, "AuthorizationFailure", "This request is not authorized to perform this operation.");
}

Refusal protocol_mismatch() {
  return refuse(403, "AuthorizationProtocolMismatch",
                "This request is not authorized to perform this operation using this protocol.");
}

Refusal source_ip_mismatch(std::string_view address) {
  return refuse(
      403, "AuthorizationSourceIPMismatch",
      "This request is not authorized to perform this operation using this source IP " + std::string(address) + ".");
}

Refusal service_mismatch() {
  return refuse(403, "AuthorizationServiceMismatch",
                "This request is not authorized to perform this operation using this service.");
}

Refusal resource_type_mismatch() {
  return refuse(403, "AuthorizationResourceTypeMismatch",
                "This request is not authorized to perform this operation using this resource type.");
}

Refusal permission_mismatch() {
  return refuse(403, "AuthorizationPermissionMismatch",
                "This request is not authorized to perform this operation using this permission.");
}

}  // namespace freehold::gate::authn_errors
