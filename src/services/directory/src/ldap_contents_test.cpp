#include "src/ldap_contents.h"

#include <gtest/gtest.h>

namespace freehold::directory {
namespace {

using Values = std::map<std::string, std::vector<std::string>, std::less<>>;

ldap::Entry person(Values more = {}) {
  ldap::Entry out{.dn = "uid=ada,ou=people,dc=example",
                  .values = {{"entryuuid", {"0d4cdf5e-8b2c-103b-9c34-1f0a35d1c9b1"}},
                             {"uid", {"Ada"}},
                             {"cn", {"Ada Lovelace"}},
                             {"sn", {"Lovelace"}},
                             {"mail", {"ada@ministry.example", "second@ministry.example"}},
                             {"telephonenumber", {"+44 1", "+44 2"}}}};
  for (auto& [name, values] : more) out.values[name] = std::move(values);
  return out;
}

TEST(LdapUser, TakesWhatGraphHasAWordFor) {
  const auto user = read_ldap_user({}, "freehold.test", person());
  ASSERT_TRUE(user);
  EXPECT_EQ(user->id, "0d4cdf5e-8b2c-103b-9c34-1f0a35d1c9b1");
  EXPECT_EQ(text_of(user->attributes, "userPrincipalName"), "Ada@freehold.test");
  EXPECT_EQ(text_of(user->attributes, "displayName"), "Ada Lovelace");
  EXPECT_EQ(text_of(user->attributes, "mail"), "ada@ministry.example");
  EXPECT_EQ(texts_of(user->attributes, "businessPhones").size(), 2u);
  EXPECT_EQ(text_of(user->attributes, "onPremisesDistinguishedName"), "uid=ada,ou=people,dc=example");
  EXPECT_TRUE(is_synchronised(user->attributes));
  EXPECT_TRUE(user->enabled);
  EXPECT_EQ(user->uid, "ada");
}

TEST(LdapUser, SignsInByTheAttributeThatTheOperatorNames) {
  LdapSource source;
  source.name_attribute = "mail";
  EXPECT_EQ(text_of(read_ldap_user(source, "freehold.test", person())->attributes, "userPrincipalName"),
            "ada@ministry.example");
}

TEST(LdapUser, IsPassedOverWithoutAnIdOrAName) {
  EXPECT_FALSE(read_ldap_user({}, "d", person({{"entryuuid", {}}})));
  EXPECT_FALSE(read_ldap_user({}, "d", person({{"uid", {}}})));
  EXPECT_FALSE(read_ldap_user({}, "d", person({{"uid", {std::string(200, 'a')}}})));
}

TEST(LdapUser, LosesOnlyTheAttributeThatCantBeTaken) {
  const auto user = read_ldap_user({}, "d", person({{"sn", {std::string(65, 'a')}}, {"givenname", {"A\x01"}}}));
  ASSERT_TRUE(user);
  EXPECT_FALSE(user->attributes.contains("surname"));
  EXPECT_FALSE(user->attributes.contains("givenName"));
}

TEST(LdapUser, IsDisabledInEveryWayThatServersHave) {
  EXPECT_FALSE(read_ldap_user({}, "d", person({{"useraccountcontrol", {"514"}}}))->enabled);
  EXPECT_TRUE(read_ldap_user({}, "d", person({{"useraccountcontrol", {"512"}}}))->enabled);
  EXPECT_FALSE(read_ldap_user({}, "d", person({{"pwdaccountlockedtime", {"000001010000Z"}}}))->enabled);
  EXPECT_FALSE(read_ldap_user({}, "d", person({{"nsaccountlock", {"TRUE"}}}))->enabled);
}

TEST(LdapUser, ShowsAnIdOfBytesInBase64) {
  LdapSource source;
  source.id_attribute = "objectGUID";
  const auto user = read_ldap_user(source, "d", person({{"objectguid", {std::string(16, '\x01')}}}));
  ASSERT_TRUE(user);
  EXPECT_EQ(user->id, "AQEBAQEBAQEBAQEBAQEBAQ==");
}

TEST(LdapGroup, NamesItsMembersInOneForm) {
  ldap::Entry entry{.dn = "cn=clerks,dc=example",
                    .values = {{"entryuuid", {"u1"}},
                               {"cn", {"clerks"}},
                               {"member", {"UID=Ada, ou=people,dc=example", "not a name"}},
                               {"memberuid", {"Bob"}}}};
  const auto group = read_ldap_group({}, entry);
  ASSERT_TRUE(group);
  EXPECT_EQ(group->member_names, std::vector<std::string>{"uid=ada,ou=people,dc=example"});
  EXPECT_EQ(group->member_uids, std::vector<std::string>{"bob"});
  entry.values["member;range=0-1499"] = {"uid=ada,dc=example"};
  EXPECT_FALSE(read_ldap_group({}, entry));
}

TEST(LdapTime, IsEitherOfTwoForms) {
  const auto expected = parse_iso8601("2026-11-22T09:30:00Z");
  ASSERT_TRUE(expected);
  EXPECT_EQ(read_ldap_time("20261122093000Z"), expected);
  EXPECT_EQ(read_ldap_time("20261122093000.123Z"), expected);
  EXPECT_EQ(read_ldap_time("134398134000000000"), expected);
  for (const char* wrong : {"", "0", "Z", "2026112209300Z", "20261322093000Z", "yesterday", "99999999999999999999"}) {
    EXPECT_FALSE(read_ldap_time(wrong)) << wrong;
  }
}

}  // namespace
}  // namespace freehold::directory
