// LdapDirectory: the customer's LDAP server, asked on a pool of its own.
#pragma once

#include "base/random.h"
#include "directory/ldap_source.h"
#include "runtime/pool.h"
#include "src/ldap_contents.h"

namespace freehold::directory {

// Owned by DirectoryService; outlives sign-ins and synchronisation. Thread-safe. Each question has a connection of its
// own, which ends with it.
class LdapDirectory {
 public:
  LdapDirectory(LdapSource source, Secret reader_password, std::string domain);

  // Is it the password of who has this distinguished name? kUnavailable, kTimeout: that can't be said now. kExhausted:
  // too many ask.
  [[nodiscard]] runtime::Task<Result<bool>> is_password(std::string dn, Secret password, runtime::FairKey turn);
  // A name that nobody has, so that asking about nobody takes as long as asking about somebody.
  [[nodiscard]] std::string nobodys_name(Random& random) const;
  // All users and groups, or nothing.
  [[nodiscard]] runtime::Task<Result<LdapContents>> read();

  [[nodiscard]] std::chrono::seconds interval() const { return source_.interval; }

 private:
  [[nodiscard]] Result<LdapContents> read_now() const;

  const LdapSource source_;
  const Secret reader_password_;
  const std::string domain_;
  runtime::Pool pool_;
};

}  // namespace freehold::directory
