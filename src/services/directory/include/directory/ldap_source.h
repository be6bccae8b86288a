// LdapSource: a customer's own directory (OpenLDAP, Active Directory) as the source of users and groups.
#pragma once

#include <chrono>
#include <string>

#include "ldap/connection.h"

namespace freehold::directory {

// What an operator says of it. Passwords stay there: who signs in is asked for one, and the source says whether it's
// right. Users and groups are read from it again and again, and only it may change what it has of them.
struct LdapSource {
  ldap::Server server;
  std::string reader;  // the name that reads; needs no more than that
  std::string users_base;
  std::string users_filter = "(objectClass=person)";
  std::string groups_base = {};  // empty: no groups
  std::string groups_filter =
      "(|(objectClass=groupOfNames)(objectClass=groupOfUniqueNames)(objectClass=posixGroup)(objectClass=group))";
  std::string id_attribute = "entryUUID";  // never changes, never given again; objectGUID in Active Directory
  // By what users sign in; userPrincipalName in Active Directory. Without an @ the region's domain is put behind it.
  std::string name_attribute = "uid";
  std::chrono::seconds interval{600};  // between two readings
};

}  // namespace freehold::directory
