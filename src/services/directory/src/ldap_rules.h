// What a reading of an LDAP directory changes in a tenant's: pure rules over objects and a draft.
#pragma once

#include <unordered_map>

#include "src/draft.h"
#include "src/ldap_contents.h"

namespace freehold::directory {

// Synchronised objects by the source's id. Deleted users are among them: who comes back is who they were.
struct Synchronised {
  explicit Synchronised(const Objects& objects);
  std::unordered_map<std::string, std::shared_ptr<const User>> users;
  std::unordered_map<std::string, std::shared_ptr<const Group>> groups;
};

// A user as they are to be: the source's word on what it knows, ours on the rest (roles, second factor). Who is
// disabled or comes back has to sign in anew.
[[nodiscard]] User merged(const User& present, const LdapUser& source, WallTime now);
[[nodiscard]] Group merged(const Group& present, const LdapGroup& source);
[[nodiscard]] bool differs(const User& present, const LdapUser& source);
[[nodiscard]] bool differs(const Group& present, const LdapGroup& source);

// What is to be done, as the directory stands. Indices are into the contents.
struct LdapPlan {
  std::vector<std::size_t> users;  // new or different
  std::vector<std::size_t> groups;
  std::vector<PrincipalId> gone;  // users and groups that the source hasn't any more
  [[nodiscard]] bool empty() const { return users.empty() && groups.empty() && gone.empty(); }
};
// kDenied: more than half of the users or of the groups, and more than ten, would go. So a wrong filter or an empty
// server looks, and nobody is deleted for that.
[[nodiscard]] Result<LdapPlan> plan_changes(const Objects& objects, const LdapContents& contents);

// Each makes one object what the source says. kConflict: its name belongs to a user who isn't the source's, who keeps
// it; others as changes::add and replace.
[[nodiscard]] Result<> take(Draft& draft, const Synchronised& present, const LdapUser& source, PrincipalId fresh,
                            std::string puid, WallTime now);
[[nodiscard]] Result<> take(Draft& draft, const Synchronised& present, const LdapGroup& source, PrincipalId fresh,
                            WallTime now);

// The members that each group of the source is to have, where these aren't the ones it has. Members that aren't here
// are left out.
struct MembersToBe {
  PrincipalId group;
  std::vector<PrincipalId> members;
};
[[nodiscard]] std::vector<MembersToBe> plan_members(const Objects& objects, const LdapContents& contents);

}  // namespace freehold::directory
