#include "src/token_errors.h"

#include "base/encoding.h"

namespace freehold::directory::token_errors {
namespace {

constexpr std::size_t kShownBytes = 128;

ApiError make(int status, std::string_view code, int number, std::string text) {
  ApiError error{.status = status, .code = std::string(code)};
  error.message = "AADSTS" + std::to_string(number) + ": " + std::move(text);
  error.fields.emplace_back("error_codes", std::to_string(number));
  return error;
}

// A no to the caller by a status that elsewhere is none.
ApiError denied(ApiError error) {
  error.denied = true;
  return error;
}

// What the caller sent, for the caller to read: bounded, one line.
std::string shown(std::string_view text) {
  std::string out(text.substr(0, kShownBytes));
  while (!is_valid_utf8(out)) out.pop_back();
  for (char& c : out) {
    if (static_cast<unsigned char>(c) < 0x20 || c == '\'') c = '?';
  }
  return "'" + out + "'";
}

}  // namespace

ApiError malformed_form() {
  return make(400, "invalid_request", 900'144,
              "The request body must be a form (application/x-www-form-urlencoded) with each parameter once.");
}

ApiError missing_parameter(std::string_view name) {
  return make(400, "invalid_request", 900'144,
              "The request body must contain the following parameter: " + shown(name) + ".");
}

ApiError unsupported_grant_type(std::string_view type) {
  return make(400, "unsupported_grant_type", 70'003,
              "The app requested an unsupported grant type " + shown(type) + ".");
}

ApiError unknown_tenant(std::string_view tenant) {
  return make(400, "invalid_request", 90'002, "Tenant " + shown(tenant) + " not found. Check the tenant id.");
}

ApiError no_tenant() {
  return make(400, "invalid_request", 50'059,
              "No tenant-identifying information found in either the request or implied by any provided credentials.");
}

ApiError unknown_client(std::string_view client) {
  return denied(make(400, "unauthorized_client", 700'016,
                     "Application with identifier " + shown(client) + " was not found in the directory."));
}

ApiError disabled_client(std::string_view client) {
  return denied(make(400, "unauthorized_client", 7'000'112, "Application " + shown(client) + " is disabled."));
}

ApiError no_secret() {
  return make(401, "invalid_client", 7'000'218,
              "The request body must contain the following parameter: 'client_assertion' or 'client_secret'.");
}

ApiError wrong_secret() {
  return make(401, "invalid_client", 7'000'215,
              "Invalid client secret provided. Ensure the secret being sent in the request is the client secret value, "
              "not the client secret ID.");
}

ApiError expired_secret() {
  return make(401, "invalid_client", 7'000'222, "The provided client secret keys are expired.");
}

ApiError malformed_assertion(std::string_view why) {
  return make(401, "invalid_client", 50'027, "The client assertion is malformed or invalid: " + std::string(why));
}

ApiError wrong_assertion(std::string_view why) {
  return make(401, "invalid_client", 700'027, "Client assertion failed signature validation: " + std::string(why));
}

ApiError stale_assertion() {
  return make(401, "invalid_client", 700'024,
              "Client assertion is not within its valid time range, or is valid for more than a day.");
}

ApiError replayed_assertion() {
  return make(401, "invalid_client", 700'025, "The client assertion was used before, or names no jti.");
}

ApiError unmatched_assertion() {
  return make(401, "invalid_client", 700'213,
              "No matching federated identity record found for the presented assertion: issuer, subject and audience "
              "must be those of a credential of the application.");
}

ApiError public_client_secret() {
  return make(401, "invalid_client", 700'025,
              "Client is public so neither 'client_assertion' nor 'client_secret' should be presented.");
}

ApiError not_public_client() {
  return make(401, "invalid_client", 7'000'218,
              "The request body must contain the following parameter: 'client_assertion' or 'client_secret'.");
}

// The same for a name that is nobody's: who guesses learns no names.
ApiError wrong_password() {
  return denied(
      make(400, "invalid_grant", 50'126, "Error validating credentials due to invalid username or password."));
}

ApiError locked_out(std::string_view seconds) {
  auto error = make(400, "invalid_grant", 50'053,
                    "The account is locked for a while because too many sign-ins failed. Try again later.");
  error.headers.emplace_back("retry-after", std::string(seconds));
  return denied(std::move(error));
}

ApiError disabled_user() { return denied(make(400, "invalid_grant", 50'057, "The user account is disabled.")); }

ApiError password_over() {
  return denied(make(400, "invalid_grant", 50'055, "The password must be changed: sign in with a browser."));
}

ApiError second_factor_needed() {
  return denied(make(400, "interaction_required", 50'076,
                     "You must use multi-factor authentication: sign in with a browser or a device code."));
}

ApiError wrong_code() {
  return denied(make(400, "invalid_grant", 500'121, "The verification code is wrong or was used before."));
}

ApiError password_grant_off() {
  return denied(make(400, "unauthorized_client", 7'000'014,
                     "Signing in with a user name and password at the token endpoint is switched off here."));
}

ApiError wrong_authorization_code(std::string_view why) {
  return denied(
      make(400, "invalid_grant", 70'008, "The provided authorization code is not valid: " + std::string(why)));
}

ApiError wrong_verifier() {
  return denied(make(400, "invalid_grant", 501'481,
                     "The code_verifier does not match the code_challenge supplied in the authorization request."));
}

ApiError wrong_redirect() {
  return denied(make(400, "invalid_grant", 50'011,
                     "The redirect URI specified in the request does not match the one of the authorization request."));
}

ApiError revoked_grant() {
  return denied(make(400, "invalid_grant", 50'173,
                     "The grant was revoked: the password was changed, or the user's sessions were ended. Sign in "
                     "again."));
}

ApiError not_agreed(std::string_view service) {
  return denied(make(400, "invalid_grant", 65'001,
                     "The user did not agree to the application's use of " + shown(service) + ". Sign in for it."));
}

ApiError wrong_refresh_token() {
  return denied(make(400, "invalid_grant", 700'082,
                     "The refresh token has expired, was revoked or was used before. Sign in again."));
}

ApiError authorization_pending() {
  return make(400, "authorization_pending", 70'016, "The user has not finished signing in yet. Continue polling.");
}

ApiError slow_down() {
  return make(400, "slow_down", 70'016, "Too many polls. Wait five seconds longer between two of them.");
}

ApiError device_code_over() {
  return make(400, "expired_token", 70'020, "The provided value for the device code is over. Begin again.");
}

ApiError device_declined() {
  return denied(make(400, "access_denied", 70'018, "The sign-in on the device was declined."));
}

ApiError unknown_device_code() {
  return denied(make(400, "invalid_grant", 70'019, "The device code is not valid for this client."));
}

ApiError too_many_under_way() {
  auto error = make(429, "temporarily_unavailable", 90'055, "Too many sign-ins are under way. Try again later.");
  error.headers.emplace_back("retry-after", "60");
  return denied(std::move(error));
}

ApiError invalid_scope(std::string_view scope) {
  return make(400, "invalid_scope", 70'011,
              "The provided value for the input parameter 'scope' is not valid: " + shown(scope) + ".");
}

ApiError no_default_scope(std::string_view scope) {
  return make(400, "invalid_scope", 1'002'012,
              "The provided value for scope " + shown(scope) +
                  " is not valid. Client credential flows must have a scope value with /.default suffixed to the "
                  "resource identifier (application ID URI).");
}

ApiError unknown_resource(std::string_view resource) {
  return make(400, "invalid_resource", 500'011,
              "The resource principal named " + shown(resource) + " was not found in the tenant.");
}

ApiError too_many_attempts(std::string_view seconds) {
  auto error = make(429, "temporarily_unavailable", 90'055, "There are too many incoming requests. Try again later.");
  error.headers.emplace_back("retry-after", std::string(seconds));
  return denied(std::move(error));
}

ApiError invalid_instance() { return make(400, "invalid_instance", 50'049, "Unknown or invalid instance."); }

ApiError body_unreadable(std::string detail) {
  auto error = malformed_form();
  error.detail = std::move(detail);
  return error;
}

ApiError busy(std::string detail) {
  auto error = make(503, "temporarily_unavailable", 90'033, "A transient error has occurred. Please try again.");
  error.detail = std::move(detail);
  error.headers.emplace_back("retry-after", "1");
  return error;
}

ApiError no_such_page() { return make(404, "invalid_request", 90'014, "There is no such endpoint here."); }

}  // namespace freehold::directory::token_errors
