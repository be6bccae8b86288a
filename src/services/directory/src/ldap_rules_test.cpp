#include "src/ldap_rules.h"

#include <gtest/gtest.h>

#include "src/changes.h"

namespace freehold::directory {
namespace {

const WallTime kNow = WallTime(std::chrono::seconds(1'750'000'000));

PrincipalId id_of(char c) {
  PrincipalId id;
  id.bytes.fill(static_cast<std::uint8_t>(c));
  return id;
}

LdapUser person(const std::string& uid) {
  return {.id = "id-" + uid,
          .dn = "uid=" + uid + ",dc=example",
          .uid = uid,
          .attributes = {{"userPrincipalName", uid + "@freehold.test"},
                         {"displayName", uid},
                         {"onPremisesImmutableId", "id-" + uid},
                         {"onPremisesSyncEnabled", true},
                         {"onPremisesDistinguishedName", "uid=" + uid + ",dc=example"}}};
}

LdapGroup group(const std::string& name, std::vector<std::string> members) {
  return {.id = "id-" + name,
          .dn = "cn=" + name + ",dc=example",
          .name = name,
          .attributes = {{"onPremisesImmutableId", "id-" + name}, {"onPremisesSyncEnabled", true}},
          .member_names = std::move(members)};
}

class LdapRules : public ::testing::Test {
 protected:
  Result<> take_user(const LdapUser& source, char fresh) {
    return take(draft_, Synchronised(draft_.objects()), source, id_of(fresh), "0123456789ABCDEF", kNow);
  }
  Result<> take_group(const LdapGroup& source, char fresh) {
    return take(draft_, Synchronised(draft_.objects()), source, id_of(fresh), kNow);
  }
  std::shared_ptr<const User> user(char id) const { return find_in(draft_.objects().users, id_of(id)); }
  Draft draft_{Objects{}};
};

TEST_F(LdapRules, WhatTheSourceHasIsTakenOnceAndThenOnlyWhenItDiffers) {
  LdapContents contents{.users = {person("ada"), person("ada")}, .groups = {group("clerks", {})}};
  auto plan = plan_changes(draft_.objects(), contents);
  ASSERT_TRUE(plan);
  EXPECT_EQ(plan->users, std::vector<std::size_t>{0});
  EXPECT_EQ(plan->groups, std::vector<std::size_t>{0});
  ASSERT_TRUE(take_user(contents.users[0], 'a'));
  ASSERT_TRUE(take_group(contents.groups[0], 'g'));
  EXPECT_TRUE(plan_changes(draft_.objects(), contents)->empty());
  contents.users[0].attributes["displayName"] = std::string("Ada");
  EXPECT_EQ(plan_changes(draft_.objects(), contents)->users.size(), 1u);
}

TEST_F(LdapRules, OursStaysOurs) {
  ASSERT_TRUE(take_user(person("ada"), 'a'));
  User changed = *user('a');
  changed.attributes["usageLocation"] = std::string("NL");
  changed.directory_roles = {DirectoryRoleId{}};
  ASSERT_TRUE(changes::replace(draft_, changed));
  auto source = person("ada");
  source.attributes["displayName"] = std::string("Countess");
  ASSERT_TRUE(take_user(source, 'b'));
  EXPECT_EQ(draft_.objects().users.size(), 1u);
  EXPECT_EQ(text_of(user('a')->attributes, "displayName"), "Countess");
  EXPECT_EQ(text_of(user('a')->attributes, "usageLocation"), "NL");
  EXPECT_EQ(user('a')->directory_roles.size(), 1u);
}

TEST_F(LdapRules, ANameThatIsSomebodysHereStaysTheirs) {
  User own{.object = id_of('o'), .puid = "0123456789ABCDEF"};
  own.attributes = {{"userPrincipalName", std::string("ada@freehold.test")}, {"displayName", std::string("Ada")}};
  ASSERT_TRUE(changes::add(draft_, own));
  const auto taken = take_user(person("ada"), 'a');
  ASSERT_FALSE(taken);
  EXPECT_EQ(taken.error().code, ErrorCode::kConflict);
  EXPECT_FALSE(user('a'));
}

TEST_F(LdapRules, WhoIsDisabledOrComesBackSignsInAnew) {
  auto source = person("ada");
  ASSERT_TRUE(take_user(source, 'a'));
  const auto later = kNow + std::chrono::hours(1);
  source.enabled = false;
  EXPECT_EQ(merged(*user('a'), source, later).sessions_from, later);
  source.enabled = true;
  ASSERT_TRUE(changes::remove(draft_, id_of('a'), later));
  ASSERT_TRUE(differs(*user('a'), source));
  ASSERT_TRUE(take(draft_, Synchronised(draft_.objects()), source, id_of('b'), "", later));
  EXPECT_FALSE(user('a')->deleted);
  EXPECT_EQ(user('a')->sessions_from, later);
}

TEST_F(LdapRules, AnEmptyServerDeletesNobody) {
  LdapContents contents;
  for (char c = 'a'; c < 'a' + 24; ++c) {
    contents.users.push_back(person(std::string(1, c)));
    ASSERT_TRUE(take_user(contents.users.back(), c));
  }
  const auto emptied = plan_changes(draft_.objects(), {});
  ASSERT_FALSE(emptied);
  EXPECT_EQ(emptied.error().code, ErrorCode::kDenied);
  contents.users.resize(12);
  const auto halved = plan_changes(draft_.objects(), contents);
  ASSERT_TRUE(halved);
  EXPECT_EQ(halved->gone.size(), 12u);
}

TEST_F(LdapRules, MembersAreTheSourcesWhoAreHere) {
  LdapContents contents{.users = {person("ada"), person("bob")},
                        .groups = {group("clerks", {"uid=ada,dc=example", "uid=nobody,dc=example"}),
                                   group("all", {"cn=clerks,dc=example", "cn=all,dc=example"})}};
  contents.groups[1].member_uids = {"bob"};
  ASSERT_TRUE(take_user(contents.users[0], 'a'));
  ASSERT_TRUE(take_user(contents.users[1], 'b'));
  ASSERT_TRUE(take_group(contents.groups[0], 'g'));
  ASSERT_TRUE(take_group(contents.groups[1], 'h'));
  const auto wanted = plan_members(draft_.objects(), contents);
  ASSERT_EQ(wanted.size(), 2u);
  EXPECT_EQ(wanted[0].members, std::vector{id_of('a')});
  EXPECT_EQ(wanted[1].members, (std::vector{id_of('b'), id_of('g')}));
  for (const auto& to_be : wanted) {
    Group next = *find_in(draft_.objects().groups, to_be.group);
    next.members = to_be.members;
    ASSERT_TRUE(changes::replace(draft_, next));
  }
  EXPECT_TRUE(plan_members(draft_.objects(), contents).empty());
}

}  // namespace
}  // namespace freehold::directory
