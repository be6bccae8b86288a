#include <gtest/gtest.h>

#include "authn/account.h"

namespace freehold::gate {
namespace {

TEST(NetworkRulesTest, NetworksAreReadStrictly) {
  for (const char* good : {"10.0.0.1", "10.0.0.0/8", "0.0.0.0/0", "10.1.2.3/32", "2001:db8::/32", "::1/128", "::/0"}) {
    EXPECT_TRUE(parse_ip_network(good).has_value()) << good;
  }
  for (const char* bad : {"", "/", "10.0.0.0/", "10.0.0.1/8", "10.0.0.0/33", "10.0.0.0/08x", "10.0.0.0/-1", "10.0.0/8",
                          "2001:db8::1/32", "::/129", "::/0128", "10.0.0.0/8/8", "10.0.0.1-10.0.0.2", "somewhere"}) {
    EXPECT_FALSE(parse_ip_network(bad).has_value()) << bad;
  }
  EXPECT_TRUE(is_ipv4(*parse_ip_network("10.0.0.0/8")));
  EXPECT_FALSE(is_ipv4(*parse_ip_network("::1")));
}

TEST(NetworkRulesTest, WhoComesInIsDecidedByTheAddress) {
  NetworkRules rules;
  EXPECT_TRUE(admits(rules, "192.0.2.1"));
  rules.admits_all = false;
  EXPECT_FALSE(admits(rules, "192.0.2.1"));
  rules.admitted = {*parse_ip_network("192.0.2.0/25"), *parse_ip_network("2001:db8::/32")};
  EXPECT_TRUE(admits(rules, "192.0.2.127"));
  EXPECT_TRUE(admits(rules, "::ffff:192.0.2.1"));  // the same caller by a dual-stack socket
  EXPECT_TRUE(admits(rules, "2001:db8:1::5"));
  EXPECT_FALSE(admits(rules, "192.0.2.128"));
  EXPECT_FALSE(admits(rules, "2001:db9::5"));
  EXPECT_FALSE(admits(rules, "not an address"));
  EXPECT_TRUE(admits(rules, ""));  // the admin socket
  rules.public_network = false;
  EXPECT_FALSE(admits(rules, "192.0.2.127"));
  rules.admits_all = true;
  EXPECT_FALSE(admits(rules, "192.0.2.127"));
}

}  // namespace
}  // namespace freehold::gate
