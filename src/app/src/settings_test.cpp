#include "settings.h"

#include <gtest/gtest.h>

namespace freehold::app {
namespace {

UpOptions options() {
  UpOptions out;
  out.data = "/srv/fh";
  return out;
}

std::string fault_of(const std::string& text) {
  const auto settings = parse_settings(text, "f.toml", options());
  return settings ? "" : settings.error().message;
}

TEST(Settings, TheFileOfAFirstStartGivesTheDefaults) {
  const auto settings = parse_settings(default_settings_text(options()), "f.toml", options());
  ASSERT_TRUE(settings) << settings.error().message;
  EXPECT_EQ(settings->region, "local");
  EXPECT_EQ(settings->domain, "freehold.localhost");
  EXPECT_EQ(settings->https_port, 8443);
  EXPECT_EQ(settings->delivery_seconds, 30u);
  EXPECT_FALSE(settings->http_port);
  EXPECT_EQ(settings->pin_file, "/srv/fh/pin");
  EXPECT_EQ(settings->fault_domains(), (std::vector<std::string>{"/srv/fh/fd0", "/srv/fh/fd1", "/srv/fh/fd2"}));
}

TEST(Settings, TheCommandLineOverridesTheFile) {
  UpOptions line = options();
  line.region = "berlin";
  line.https_port = 1;
  line.emulator = true;
  const auto settings = parse_settings("[region]\nname = \"paris\"\n", "f.toml", line);
  ASSERT_TRUE(settings);
  EXPECT_EQ(settings->region, "berlin");
  EXPECT_EQ(settings->https_port, 1);
  EXPECT_EQ(settings->http_port, 10000);
}

TEST(Settings, ThreeZonesOfOneAreZrs) {
  const auto settings = parse_settings(
      "[[zone]]\nname='a'\nfault_domains=['/a']\n[[zone]]\nname='b'\nfault_domains=['/b']\n"
      "[[zone]]\nname='c'\nfault_domains=['c']\n",
      "f.toml", options());
  ASSERT_TRUE(settings) << settings.error().message;
  EXPECT_EQ(settings->redundancy, Redundancy::kZrs);
  EXPECT_EQ(settings->fault_domains(), (std::vector<std::string>{"/a", "/b", "/srv/fh/c"}));
}

TEST(Settings, FaultsSayWhatIsWrongAndHowToMendIt) {
  EXPECT_EQ(fault_of("[regoin]\n"), "f.toml: unknown key 'regoin'; did you mean 'region'?");
  EXPECT_EQ(fault_of("[region]\nnmae='x'\n"), "f.toml: unknown key 'region.nmae'; did you mean 'region.name'?");
  EXPECT_EQ(fault_of("[insights]\ndelivery_seconds=0\n"),
            "f.toml: 'delivery_seconds' must be a whole number from 1 to 3600");
  EXPECT_EQ(fault_of("[limits]\nconnections=3\n"), "f.toml: 'connections' must be a whole number from 16 to 1000000");
  EXPECT_NE(fault_of("[region\n").find("f.toml"), std::string::npos);
  EXPECT_NE(fault_of("[[zone]]\nname='a'\nfault_domains=['/a','/b']\n").find("LRS"), std::string::npos);
  EXPECT_NE(fault_of("[[zone]]\nname='a'\nfault_domains=['/a','/a','/b']\n").find("share"), std::string::npos);
  EXPECT_NE(fault_of("[region]\nname='Not A Name'\n").find("region.name"), std::string::npos);
  EXPECT_NE(fault_of("[directory]\nldap='ldap://x'\n").find("[directory.ldap]"), std::string::npos);
}

TEST(Settings, AnLdapDirectoryIsASectionOfItsOwn) {
  const std::string good =
      "[directory.ldap]\nurl='ldaps://ldap.example'\nbind_dn='cn=reader,dc=example'\npassword_file='secret'\n"
      "users='ou=people,dc=example'\nminutes=5\n";
  const auto read = parse_settings(good, "f.toml", options());
  ASSERT_TRUE(read) << read.error().message;
  ASSERT_TRUE(read->ldap);
  EXPECT_EQ(read->ldap->reader, "cn=reader,dc=example");
  EXPECT_EQ(read->ldap->interval, std::chrono::minutes(5));
  EXPECT_TRUE(read->ldap_password_file.ends_with("/secret"));
  EXPECT_FALSE(parse_settings("", "f.toml", options())->ldap);

  EXPECT_NE(fault_of(good + "user_filter='(a=b)'\n").find("did you mean 'directory.ldap.users_filter'"),
            std::string::npos);
  EXPECT_NE(fault_of(good + "users_filter='a=b'\n").find("is no filter"), std::string::npos);
  EXPECT_NE(fault_of(good + "groups='groups'\n").find("directory.ldap.groups"), std::string::npos);
  EXPECT_NE(fault_of("[directory.ldap]\nurl='http://x'\n").find("directory.ldap.url"), std::string::npos);
}

TEST(Settings, ThePasswordGrantCanBeSwitchedOff) {
  EXPECT_TRUE(parse_settings("", "f.toml", options())->password_grant);
  EXPECT_FALSE(parse_settings("[directory]\npassword_grant=false\n", "f.toml", options())->password_grant);
  EXPECT_NE(fault_of("[directory]\npassword_grant='no'\n").find("true or false"), std::string::npos);
}

TEST(Settings, IssuersOfAttestationsAreNamedWithTheirKeys) {
  const std::string one = "[[attestation.issuers]]\nurl='https://attest.example'\njwks_file='attest.json'\n";
  const auto read = parse_settings(one, "f.toml", options());
  ASSERT_TRUE(read) << read.error().message;
  ASSERT_EQ(read->attestation_issuers.size(), 1u);
  EXPECT_EQ(read->attestation_issuers[0].issuer, "https://attest.example");
  EXPECT_EQ(read->attestation_issuers[0].jwks_file, "/srv/fh/attest.json");
  EXPECT_TRUE(parse_settings("", "f.toml", options())->attestation_issuers.empty());
  EXPECT_NE(fault_of(one + one).find("two [[attestation.issuers]]"), std::string::npos);
  EXPECT_NE(fault_of(one + "jwks_fil='x'\n").find("did you mean 'attestation.issuers.jwks_file'"), std::string::npos);
  EXPECT_NE(fault_of("[[attestation.issuers]]\nurl='https://a'\n").find("url and jwks_file"), std::string::npos);
  EXPECT_NE(fault_of("[attestation]\nissuers='https://a'\n").find("[[attestation.issuers]]"), std::string::npos);
  std::string many;
  for (int i = 0; i < 17; ++i) {
    many += "[[attestation.issuers]]\nurl='https://a" + std::to_string(i) + ".example'\njwks_file='f'\n";
  }
  EXPECT_NE(fault_of(many).find("at most 16"), std::string::npos);
}

TEST(Settings, SourcesOfCopiesAreRead) {
  const auto settings =
      parse_settings("[copy]\nallowed_sources=['files.example','10.0.0.0/8']\nca_file='ca.pem'\n", "f.toml", options());
  ASSERT_TRUE(settings) << settings.error().message;
  EXPECT_EQ(settings->allowed_sources.size(), 2u);
  EXPECT_EQ(settings->copy_ca_file, "/srv/fh/ca.pem");
  EXPECT_EQ(fault_of("[copy]\nallowed_sources=['https://x']\n"),
            "f.toml: copy.allowed_sources: 'https://x' names a scheme; give the host alone, https is always meant");
  EXPECT_NE(fault_of("[copy]\nallowed_sources='x'\n").find("list"), std::string::npos);
}

}  // namespace
}  // namespace freehold::app
