#include "ldap/connection.h"

#include <gtest/gtest.h>

namespace freehold::ldap {
namespace {

TEST(Url, HasASchemeAndAHost) {
  EXPECT_TRUE(check_url("ldaps://ldap.ministry.example"));
  EXPECT_TRUE(check_url("ldap://[::1]:3890"));
  for (const char* wrong : {"", "ldap.example", "http://x", "ldapi:///", "ldap://", "ldap:///dc=x", "ldap://h/dc=x",
                            "ldaps://h/??sub?(a=b)"}) {
    const auto checked = check_url(wrong);
    ASSERT_FALSE(checked) << wrong;
    EXPECT_EQ(checked.error().code, ErrorCode::kInvalidArgument);
  }
}

// Port 1 of the loopback: nobody listens there.
TEST(Connection, SaysThatTheServerCantBeReached) {
  const auto opened = Connection::open({.url = "ldap://127.0.0.1:1", .timeout = std::chrono::seconds(2)});
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, ErrorCode::kUnavailable);
}

}  // namespace
}  // namespace freehold::ldap
