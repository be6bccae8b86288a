#include "ldap/names.h"

#include <gtest/gtest.h>

namespace freehold::ldap {
namespace {

TEST(ComparableName, IsTheSameForEveryWayToWriteAName) {
  const auto name = comparable_name("uid=ada,ou=People,dc=ministry,dc=example");
  ASSERT_TRUE(name);
  EXPECT_EQ(comparable_name("UID=Ada, OU=people , DC=Ministry,dc=example"), name);
  EXPECT_EQ(comparable_name("uid=\\61da,ou=People,dc=ministry,dc=example"), name);
  EXPECT_NE(comparable_name("uid=ada,dc=ministry,dc=example"), name);
  EXPECT_NE(comparable_name("uid=ada\\,ou=People,dc=ministry,dc=example"), name);
}

TEST(ComparableName, RefusesWhatIsNone) {
  EXPECT_FALSE(comparable_name(""));
  EXPECT_FALSE(comparable_name("ada"));
  EXPECT_FALSE(comparable_name("uid=ada,"));
  EXPECT_FALSE(comparable_name(std::string_view("uid=a\0b", 7)));
  EXPECT_FALSE(comparable_name("uid=" + std::string(kMaxNameBytes, 'a')));
}

TEST(Filter, IsOneInParentheses) {
  EXPECT_TRUE(is_filter("(objectClass=person)"));
  EXPECT_TRUE(is_filter("(&(objectClass=person)(!(ou=left)))"));
  EXPECT_FALSE(is_filter("objectClass=person"));
  EXPECT_FALSE(is_filter("(a=b)(c=d)"));
  EXPECT_FALSE(is_filter("(a=b"));
  EXPECT_FALSE(is_filter(std::string(40, '(') + "a=b" + std::string(40, ')')));
}

}  // namespace
}  // namespace freehold::ldap
