// The pages that people see: plain HTML, no scripts, each a response with the headers that keep it from being framed or
// tampered with. Pure functions.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "http/message.h"

namespace freehold::directory {

// Text for HTML's content and attributes.
[[nodiscard]] std::string html_escape(std::string_view text);

struct SignInPage {
  std::string ticket;
  std::string client_name;
  std::string service = {};      // what the client may use then
  std::string user_name = {};    // filled in already
  std::string device_code = {};  // of a device's sign-in: shown, to be compared; the page may be declined
  bool invitation = false;       // it is `client_name` that invites
  std::string form_action = {};  // where the browser may be sent on to, besides this origin
  std::string error = {};        // announced, and beside the field
};
[[nodiscard]] http::Response password_page(const SignInPage& page);
[[nodiscard]] http::Response one_time_code_page(const SignInPage& page);
[[nodiscard]] http::Response new_password_page(const SignInPage& page);

// `user_code` as it was typed before, never from a link: whoever enters a code is to read it from their own device.
[[nodiscard]] http::Response device_page(std::string_view user_code, std::string_view error);
[[nodiscard]] http::Response message_page(std::string_view title, std::string_view text);
// Links to choose from: what is shown and where it leads.
[[nodiscard]] http::Response choice_page(std::string_view title, std::string_view text,
                                         std::span<const std::pair<std::string, std::string>> links);
// response_mode=form_post (OAuth 2.0 Form Post Response Mode): a button, since there are no scripts.
[[nodiscard]] http::Response form_post_page(std::string_view uri, std::string_view client_name,
                                            std::span<const std::pair<std::string, std::string>> fields,
                                            std::string_view form_action);

}  // namespace freehold::directory
