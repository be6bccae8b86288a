// What people post from a sign-in page: password, one-time code, new password; and what follows.
#pragma once

#include <functional>

#include "directory/directory_store.h"
#include "http/message.h"
#include "src/client_form.h"
#include "src/login_parts.h"
#include "src/sign_in_ticket.h"

namespace freehold::directory {

// The record of a change that a sign-in makes, to ride in its commit: who made it, and what will be answered.
using SignInRecord = std::function<AuditRow(const ProvenUser& who, int status)>;

struct SignInPost {
  ClientForm form;
  std::string cookie_header;
  std::string origin;  // of the Origin header; empty: none was sent
  SignInRecord record;
};

struct SignInOutcome {
  http::Response response;
  std::string caller = {};              // who was proved, or as claimed_user() says
  std::optional<TenantId> tenant = {};  // of who was proved
  std::string_view credential = "Unproven";
  bool refused = false;  // recorded as denied
};

// "user NAME" for a name that is somebody's, else "user unknown": what strangers make up is put into no record, where
// it would stay. Of the tenant that is named, or of any that is no external directory.
[[nodiscard]] std::string claimed_user(const DirectoryStore& store, std::string_view name,
                                       std::optional<TenantId> tenant);
// Did a form come from one of our own pages, as far as the browser says?
[[nodiscard]] bool is_own_origin(const LoginParts& parts, const LoginCall& call, std::string_view origin);

[[nodiscard]] runtime::Task<SignInOutcome> go_on_signing_in(LoginParts& parts, LoginCall call, SignInPost post);

}  // namespace freehold::directory
