// What a local account of an external directory signs in as: an address of mail or a user name, given by its directory
// ("objectIdentity resource type", Microsoft Graph v1.0).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "directory/object.h"

namespace freehold::directory {

inline constexpr std::size_t kMaxIdentities = 10;  // Graph's limit, of one user

struct LocalIdentity {
  std::string sign_in_type;  // "emailAddress", "userName"
  std::string issuer;        // the directory's domain
  std::string assigned_id;   // what is typed
};

[[nodiscard]] std::vector<LocalIdentity> identities_of(const Attributes& attributes);
void set_identities(Attributes& attributes, const std::vector<LocalIdentity>& identities);
// kInvalidArgument: of a type that there isn't, or no such address or name.
[[nodiscard]] Result<> check_identity(const LocalIdentity& identity);
// What people know the account by: the address, or else the name; empty: it has none.
[[nodiscard]] std::string shown_identity(const Attributes& attributes);
// "ada_mail.example#EXT#@domain": the principal name that a guest has.
[[nodiscard]] std::string guest_name(std::string_view mail, std::string_view domain);
// Is it one address of mail, as far as an @ and what stands about it tell?
[[nodiscard]] bool is_mail_address(std::string_view text);

}  // namespace freehold::directory
