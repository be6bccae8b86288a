// SignInTicket: what a sign-in under way is about, carried by its pages themselves, sealed. Nothing is kept here for
// who only opens a page.
#pragma once

#include <optional>
#include <string>

#include "base/clock.h"
#include "base/ids.h"
#include "base/random.h"
#include "base/secret.h"
#include "src/login_site.h"
#include "src/sign_in_memory.h"

namespace freehold::directory {

enum class SignInStep { kPassword, kOneTimeCode, kNewPassword };

struct SignInTicket {
  Style style = Style::kEntraV2;
  std::string tenant = {};  // as the path named it
  PrincipalId client = {};
  std::string client_name = {};
  // Of the authorisation endpoint.
  std::string redirect_uri = {};
  std::string state = {};
  std::string nonce = {};
  std::string scope = {};
  std::string resource = {};
  std::string audience = {};  // what scope and resource come to
  std::string challenge = {};
  bool form_post = false;
  // Of a device's sign-in instead.
  std::string user_code = {};  // its letters (SignInMemory::letters_of)

  // Of an invitation that is being accepted instead (invitation.h): what its link says.
  std::string invitation = {};

  std::string browser = {};  // digest of the cookie of the browser that began
  WallTime expires = {};
  SignInStep step = SignInStep::kPassword;
  std::optional<ProvenUser> user = {};  // whose password was right
};

inline constexpr std::chrono::minutes kTicketLife{15};

[[nodiscard]] std::string seal_ticket(const SignInTicket& ticket, const Secret& key, Random& random);
// nullopt: not one of this process's, altered, or over.
[[nodiscard]] std::optional<SignInTicket> open_ticket(std::string_view text, const Secret& key, WallTime now);

}  // namespace freehold::directory
