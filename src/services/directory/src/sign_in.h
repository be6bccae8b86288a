// What people post from a sign-in page: password, one-time code, new password; and what follows.
#pragma once

#include "http/message.h"
#include "src/client_form.h"
#include "src/login_parts.h"
#include "src/sign_in_ticket.h"

namespace freehold::directory {

struct SignInPost {
  ClientForm form;
  std::string cookie_header;
  std::string origin;  // of the Origin header; empty: none was sent
};

struct SignInOutcome {
  http::Response response;
  std::string caller = {};              // who was proved, or "user NAME" that claimed to be
  std::optional<TenantId> tenant = {};  // of who was proved
  std::string_view credential = "Unproven";
  bool refused = false;  // recorded as denied
};

[[nodiscard]] runtime::Task<SignInOutcome> go_on_signing_in(LoginParts& parts, LoginCall call, SignInPost post);

}  // namespace freehold::directory
