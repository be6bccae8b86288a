#include "src/ldap_directory.h"

#include "base/encoding.h"

namespace freehold::directory {

LdapDirectory::LdapDirectory(LdapSource source, Secret reader_password, std::string domain)
    : source_(std::move(source)),
      reader_password_(std::move(reader_password)),
      domain_(std::move(domain)),
      pool_({.name = "ldap", .threads = 4, .queue_limit = 256, .per_key_limit = 4}) {}

runtime::Task<Result<bool>> LdapDirectory::is_password(std::string dn, Secret password, runtime::FairKey turn) {
  co_return co_await pool_.run(turn, [this, dn = std::move(dn), password = std::move(password)]() -> Result<bool> {
    FH_TRY(auto connection, ldap::Connection::open(source_.server));
    auto bound = connection.bind(dn, password);
    if (!bound && bound.error().code != ErrorCode::kDenied) return pass_on(bound);
    return bound.has_value();
  });
}

std::string LdapDirectory::nobodys_name(Random& random) const {
  return "uid=" + to_hex(random.bytes(8)) + "," + source_.users_base;
}

runtime::Task<Result<LdapContents>> LdapDirectory::read() {
  co_return co_await pool_.run(0, [this] { return read_now(); });
}

Result<LdapContents> LdapDirectory::read_now() const {
  FH_TRY(auto connection, ldap::Connection::open(source_.server));
  FH_CHECK_OK(connection.bind(source_.reader, reader_password_));
  FH_TRY(const auto users,
         connection.search({source_.users_base, source_.users_filter, user_attributes_to_read(source_)}));
  std::vector<ldap::Entry> groups;
  if (!source_.groups_base.empty()) {
    FH_TRY(groups, connection.search({source_.groups_base, source_.groups_filter, group_attributes_to_read(source_)}));
  }
  LdapContents out;
  for (const auto& entry : users) {
    auto user = read_ldap_user(source_, domain_, entry);
    user ? out.users.push_back(std::move(*user)) : void(++out.passed_over);
  }
  for (const auto& entry : groups) {
    auto group = read_ldap_group(source_, entry);
    group ? out.groups.push_back(std::move(*group)) : void(++out.passed_over);
  }
  return out;
}

}  // namespace freehold::directory
