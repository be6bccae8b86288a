// What an LDAP directory has, as this directory would have it: pure rules over entries that were read.
//
// Sources: RFC 4519 and RFC 2798 (attributes of people), RFC 2307 (posixGroup), Active Directory's schema
// (userAccountControl, objectGUID, pwdLastSet), OpenLDAP's password policy (pwdChangedTime, pwdAccountLockedTime).
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "directory/attribute.h"
#include "directory/ldap_source.h"

namespace freehold::directory {

struct LdapUser {
  std::string id;   // of the source; stays when everything else changes
  std::string dn;   // comparable
  std::string uid;  // in lower case; may be empty
  bool enabled = true;
  std::optional<WallTime> password_changed = {};
  Attributes attributes = {};  // all that the source has a say in
};

struct LdapGroup {
  std::string id;
  std::string dn;  // comparable
  std::string name;
  Attributes attributes = {};
  std::vector<std::string> member_names = {};  // comparable
  std::vector<std::string> member_uids = {};   // in lower case
};

struct LdapContents {
  std::vector<LdapUser> users;
  std::vector<LdapGroup> groups;
  std::size_t passed_over = 0;  // entries that can't be taken: no id, no name, a name that no user may have
};

[[nodiscard]] std::vector<std::string> user_attributes_to_read(const LdapSource& source);
[[nodiscard]] std::vector<std::string> group_attributes_to_read(const LdapSource& source);

// nullopt: it can't be taken.
[[nodiscard]] std::optional<LdapUser> read_ldap_user(const LdapSource& source, std::string_view domain,
                                                     const ldap::Entry& entry);
// nullopt too if it has more members than a group may.
[[nodiscard]] std::optional<LdapGroup> read_ldap_group(const LdapSource& source, const ldap::Entry& entry);

// "20261122093000Z", "20261122093000.5Z" (RFC 4517 section 3.3.13, in UTC), or a count of 100 ns since 1601 (Active
// Directory). nullopt: neither, or before 1970.
[[nodiscard]] std::optional<WallTime> read_ldap_time(std::string_view text);

}  // namespace freehold::directory
