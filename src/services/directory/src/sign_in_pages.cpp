#include "src/sign_in_pages.h"

#include "base/encoding.h"
#include "crypto/digest.h"

namespace freehold::directory {
namespace {

constexpr std::string_view kStyle =
    "body{font:1rem/1.5 system-ui,sans-serif;margin:0;background:#f3f4f6;color:#111827}"
    "main{max-width:26rem;margin:8vh auto;padding:2rem;background:#fff;border:1px solid #9ca3af;border-radius:.5rem}"
    "h1{font-size:1.4rem;margin-top:0}label{display:block;margin-top:1rem;font-weight:600}"
    "input{box-sizing:border-box;width:100%;padding:.6rem;font:inherit;border:1px solid #6b7280;border-radius:.25rem}"
    "button{margin:1.5rem .5rem 0 0;padding:.6rem 1.5rem;font:inherit;color:#fff;background:#1d4ed8;"
    "border:1px solid #1d4ed8;border-radius:.25rem}button.second{color:#111827;background:#fff;border-color:#6b7280}"
    "input:focus,button:focus{outline:3px solid #f59e0b;outline-offset:2px}"
    ".error{padding:.75rem;border-left:4px solid #b91c1c;background:#fef2f2}";

http::Response page(std::string_view title, std::string_view content, std::string_view error,
                    std::string_view form_action) {
  static const std::string style_hash = to_base64(crypto::view(crypto::sha256(kStyle)));
  http::Response response;
  response.status = 200;
  response.headers.add("content-type", "text/html; charset=utf-8");
  response.headers.add("content-security-policy",
                       "default-src 'none'; style-src 'sha256-" + style_hash + "'; form-action 'self'" +
                           (form_action.empty() ? std::string() : " " + std::string(form_action)) +
                           "; frame-ancestors 'none'; base-uri 'none'");
  response.headers.add("x-frame-options", "DENY");
  response.headers.add("referrer-policy", "same-origin");
  std::string body = "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<title>";
  body += (error.empty() ? "" : "Error: ") + html_escape(title) + "</title>\n";
  body += "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<style>";
  body.append(kStyle).append("</style>\n</head>\n<body>\n<main>\n<h1>").append(html_escape(title)).append("</h1>\n");
  if (!error.empty()) body += "<p class=\"error\" role=\"alert\" id=\"error\">" + html_escape(error) + "</p>\n";
  body.append(content).append("</main>\n</body>\n</html>\n");
  response.body = std::move(body);
  return response;
}

struct Field {
  std::string_view name;
  std::string_view label;
  std::string_view type;
  std::string_view autocomplete;
  std::string_view value = {};
  bool focus = false;
  std::string_view more = {};  // further attributes, trusted
};
std::string input(const Field& field, bool failed) {
  std::string out =
      "<label for=\"" + std::string(field.name) + "\">" + std::string(field.label) + "</label>\n<input id=\"";
  out.append(field.name).append("\" name=\"").append(field.name).append("\" type=\"").append(field.type);
  out.append("\" autocomplete=\"").append(field.autocomplete).append("\" required");
  if (!field.value.empty()) out += " value=\"" + html_escape(field.value) + "\"";
  if (field.focus) out += " autofocus";
  if (failed) out += " aria-invalid=\"true\" aria-describedby=\"error\"";
  return out.append(field.more).append(">\n");
}

std::string begin_form(std::string_view action, std::string_view ticket) {
  std::string out = "<form method=\"post\" action=\"" + html_escape(action) + "\">\n";
  if (!ticket.empty()) out += "<input type=\"hidden\" name=\"ticket\" value=\"" + html_escape(ticket) + "\">\n";
  return out;
}

std::string end_form(const SignInPage& shown, std::string_view button) {
  std::string out = "<button type=\"submit\">" + std::string(button) + "</button>\n";
  // formnovalidate: who declines needs to fill in nothing.
  if (!shown.device_code.empty()) {
    out += "<button type=\"submit\" class=\"second\" name=\"decline\" value=\"1\" formnovalidate>Decline</button>\n";
  }
  return out + "</form>\n";
}

std::string purpose(const SignInPage& shown) {
  const auto strong = [](std::string_view text) { return "<strong>" + html_escape(text) + "</strong>"; };
  if (shown.invitation) {
    return "<p>to accept the invitation of " + strong(shown.client_name) +
           ". It will know you as a guest, by your address; your password stays where it is.</p>\n";
  }
  const std::string use = ", which may then use " + strong(shown.service) + " in your name";
  if (shown.device_code.empty()) return "<p>to continue to " + strong(shown.client_name) + use + "</p>\n";
  // RFC 8628 section 5.4: who was sent a link sees that the code isn't their own device's.
  return "<p>You are signing in to " + strong(shown.client_name) + " on another device or in a terminal" + use +
         ". It must show the code " + strong(shown.device_code) +
         " now. Go on only if it does, you began this yourself, and you trust the device.</p>\n";
}

}  // namespace

std::string html_escape(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      case '\'':
        out += "&#39;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

http::Response password_page(const SignInPage& shown) {
  const bool failed = !shown.error.empty();
  const bool named = !shown.user_name.empty();
  std::string content = purpose(shown) + begin_form("/signin", shown.ticket);
  content += input({"username", "User name", "text", "username", shown.user_name, !named,
                    " maxlength=\"256\" autocapitalize=\"none\" spellcheck=\"false\""},
                   failed);
  content += input({"password", "Password", "password", "current-password", {}, named, " maxlength=\"1024\""}, failed);
  return page("Sign in", content + end_form(shown, "Sign in"), shown.error, shown.form_action);
}

http::Response one_time_code_page(const SignInPage& shown) {
  std::string content = purpose(shown) + "<p>Enter the six digits that your authenticator app shows now.</p>\n";
  content += begin_form("/signin", shown.ticket);
  content += input({"code",
                    "Verification code",
                    "text",
                    "one-time-code",
                    {},
                    true,
                    " inputmode=\"numeric\" pattern=\"[0-9]{6}\" maxlength=\"6\""},
                   !shown.error.empty());
  return page("Verify that it is you", content + end_form(shown, "Verify"), shown.error, shown.form_action);
}

http::Response new_password_page(const SignInPage& shown) {
  const bool failed = !shown.error.empty();
  std::string content = "<p>Your password must be changed. A new one has 8 to 256 characters.</p>\n";
  content += begin_form("/signin", shown.ticket);
  content +=
      input({"new_password", "New password", "password", "new-password", {}, true, " maxlength=\"256\""}, failed);
  content +=
      input({"again", "New password again", "password", "new-password", {}, false, " maxlength=\"256\""}, failed);
  return page("Choose a new password", content + end_form(shown, "Change password"), shown.error, shown.form_action);
}

http::Response device_page(std::string_view user_code, std::string_view error) {
  std::string content = "<p>Enter the code that your device or terminal shows.</p>\n" + begin_form("/device", {});
  content += input({"user_code", "Code", "text", "off", user_code, true,
                    " maxlength=\"16\" autocapitalize=\"characters\" spellcheck=\"false\""},
                   !error.empty());
  return page("Sign in on another device", content + "<button type=\"submit\">Next</button>\n</form>\n", error, {});
}

http::Response message_page(std::string_view title, std::string_view text) {
  return page(title, "<p>" + html_escape(text) + "</p>\n", {}, {});
}

http::Response choice_page(std::string_view title, std::string_view text,
                           std::span<const std::pair<std::string, std::string>> links) {
  std::string content = "<p>" + html_escape(text) + "</p>\n<ul>\n";
  for (const auto& [shown, target] : links) {
    content += "<li><a href=\"" + html_escape(target) + "\">" + html_escape(shown) + "</a></li>\n";
  }
  return page(title, content + "</ul>\n", {}, {});
}

http::Response form_post_page(std::string_view uri, std::string_view client_name,
                              std::span<const std::pair<std::string, std::string>> fields,
                              std::string_view form_action) {
  std::string content = "<p>Go on to <strong>" + html_escape(client_name) + "</strong>.</p>\n" + begin_form(uri, {});
  for (const auto& [name, value] : fields) {
    if (value.empty()) continue;
    content += "<input type=\"hidden\" name=\"" + html_escape(name) + "\" value=\"" + html_escape(value) + "\">\n";
  }
  content += "<button type=\"submit\" autofocus>Continue</button>\n</form>\n";
  return page("You are signed in", content, {}, form_action);
}

}  // namespace freehold::directory
