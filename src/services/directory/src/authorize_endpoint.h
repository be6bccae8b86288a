// The authorisation endpoint (RFC 6749 section 3.1): looks at what a client asks for, and begins a sign-in page.
#pragma once

#include "http/message.h"
#include "src/client_form.h"
#include "src/login_parts.h"
#include "src/sign_in_ticket.h"

namespace freehold::directory {

// The cookie that ties a sign-in to the browser that began it. __Host-: only this host can set it.
inline constexpr std::string_view kBrowserCookie = "__Host-freehold-sign-in";
// Its value in the Cookie header, or empty.
[[nodiscard]] std::string browser_cookie(std::string_view header);
[[nodiscard]] std::string browser_digest(std::string_view cookie);

// The page, or a redirect with an error, or a page that says why nobody is sent anywhere: while client and redirect URI
// aren't known to belong together, no redirect happens.
[[nodiscard]] http::Response begin_sign_in(const LoginParts& parts, const LoginCall& call, std::string_view query,
                                           std::string_view cookie_header);

// Where a client is sent with its code or error.
[[nodiscard]] http::Response send_back(const SignInTicket& ticket,
                                       std::vector<std::pair<std::string, std::string>> fields);

// RFC 8628 section 3.1.
[[nodiscard]] gate::ApiResult<http::Response> authorize_device(LoginParts& parts, const LoginCall& call,
                                                               const ClientForm& form);
// The password page of a device's sign-in, once its code was typed.
[[nodiscard]] http::Response begin_device_sign_in(LoginParts& parts, const LoginCall& call, std::string_view user_code,
                                                  std::string_view cookie_header);

// The cookie by which a browser that began is known again.
[[nodiscard]] std::string new_browser_cookie(const LoginParts& parts);
void set_browser_cookie(http::Response& response, std::string_view value);

// The page for a step; `error` is shown.
[[nodiscard]] http::Response step_page(const LoginParts& parts, const SignInTicket& ticket, std::string user_name,
                                       std::string error);

// "Sign out" of OpenID Connect. There is no session in the browser to end; a redirect happens only to what the client
// registered.
[[nodiscard]] http::Response sign_out(const LoginParts& parts, const LoginCall& call, std::string_view query);

}  // namespace freehold::directory
