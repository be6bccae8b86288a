// What the operator allows, and what is never reached whatever a URL says.
#include "blob/allowed_sources.h"

#include <gtest/gtest.h>

#include "src/copy_source_rules.h"

namespace freehold::blob {
namespace {

AllowedSources allow(std::initializer_list<const char*> entries) {
  std::vector<AllowedSource> parsed;
  for (const char* entry : entries) {
    auto source = parse_allowed_source(entry);
    EXPECT_TRUE(source) << entry << ' ' << source.error().message;
    if (source) parsed.push_back(*source);
  }
  return AllowedSources(std::move(parsed));
}
bool allows(const AllowedSources& sources, const char* url) { return sources.allows(*http::parse_url(url)); }

TEST(AllowedSourcesTest, HostsSubdomainsAndPorts) {
  const auto sources = allow({"files.example", "*.blob.example", "other.example:8443", "203.0.113.7", "10.1.0.0/16"});
  EXPECT_TRUE(allows(sources, "https://files.example/c/b?sig=x"));
  EXPECT_TRUE(allows(sources, "https://FILES.example:443/"));
  EXPECT_TRUE(allows(sources, "https://a.blob.example/"));
  EXPECT_TRUE(allows(sources, "https://a.b.blob.example/"));
  EXPECT_TRUE(allows(sources, "https://other.example:8443/"));
  EXPECT_TRUE(allows(sources, "https://203.0.113.7/"));
  EXPECT_TRUE(allows(sources, "https://10.1.2.3/"));
  for (const char* refused :
       {"http://files.example/", "https://files.example:8443/", "https://blob.example/", "https://xblob.example/",
        "https://other.example/", "https://files.example.evil.test/", "https://10.2.0.1/", "https://203.0.113.8/",
        "https://[::ffff:10.1.2.3]/", "https://127.0.0.1/"}) {
    EXPECT_FALSE(allows(sources, refused)) << refused;
  }
  EXPECT_FALSE(allows(AllowedSources(), "https://files.example/"));
}

TEST(AllowedSourcesTest, WrongEntriesAreNamed) {
  for (const char* wrong : {"", "https://files.example", "files.example:0", "files.example:x", "files.example:70000",
                            "*", "*.", "a..b", "a b", "10.0.0.0/33", "10.0.0.0/", "[::1]:x", "file_s"}) {
    const auto parsed = parse_allowed_source(wrong);
    ASSERT_FALSE(parsed) << wrong;
    EXPECT_NE(parsed.error().message.find("'" + std::string(wrong) + "'"), std::string::npos);
  }
  EXPECT_TRUE(parse_allowed_source("[fd00::1]:8443"));
  EXPECT_TRUE(parse_allowed_source("fd00::/8"));
}

TEST(AllowedSourcesTest, InnerAddressesAreReachedOnlyIfTheyAreNamed) {
  const auto hosts = allow({"files.example", "*.blob.example"});
  for (const char* inner : {"127.0.0.1",
                            "127.9.9.9",
                            "10.0.0.1",
                            "172.16.0.1",
                            "172.31.255.255",
                            "192.168.1.1",
                            "169.254.169.254",
                            "100.64.0.1",
                            "0.0.0.0",
                            "224.0.0.1",
                            "255.255.255.255",
                            "192.0.2.1",
                            "198.18.0.1",
                            "::1",
                            "::",
                            "fe80::1",
                            "fd00::1",
                            "ff02::1",
                            "::ffff:8.8.8.8",
                            "::ffff:127.0.0.1",
                            "64:ff9b::7f00:1",
                            "2002:7f00:1::1",
                            "2001::1",
                            "2001:db8::1",
                            "nonsense",
                            ""}) {
    EXPECT_FALSE(hosts.allows_address(inner)) << inner;
    EXPECT_FALSE(is_public_address(inner)) << inner;
  }
  for (const char* outer : {"8.8.8.8", "172.32.0.1", "100.128.0.1", "2606:4700::1111", "2a00::1"}) {
    EXPECT_TRUE(hosts.allows_address(outer)) << outer;
  }
  const auto named = allow({"files.example", "10.1.0.0/16", "127.0.0.1:8443", "fd00::/8"});
  EXPECT_TRUE(named.allows_address("10.1.2.3"));
  EXPECT_TRUE(named.allows_address("127.0.0.1"));
  EXPECT_TRUE(named.allows_address("fd12::1"));
  EXPECT_FALSE(named.allows_address("10.2.0.1"));
  EXPECT_FALSE(named.allows_address("127.0.0.2"));
  EXPECT_FALSE(named.allows_address("::ffff:10.1.2.3"));
}

const std::vector<std::string> kSuffixes = {"blob.core.freehold.test"};

std::string place(const char* url, const char* own = "acct1.blob.core.freehold.test:8443",
                  const AllowedSources& sources = AllowedSources()) {
  const auto source = parse_copy_source(url, own, kSuffixes, sources);
  if (!source) return std::to_string(source.error().status) + ' ' + source.error().code;
  if (!source->here) return "outside";
  return source->here->account + '/' + source->here->container + '/' + source->here->blob;
}

TEST(CopySourceRulesTest, BlobsOfThisCloudAreNeverReadOverTheNetwork) {
  EXPECT_EQ(place("https://acct2.blob.core.freehold.test:8443/c/a%20b"), "acct2/c/a b");
  EXPECT_EQ(place("http://acct2.blob.core.freehold.test/c/b?snapshot=x&sig=y"), "acct2/c/b");
  EXPECT_EQ(place("http://127.0.0.1:10000/devstoreaccount1/c/b", "127.0.0.1:10000"), "devstoreaccount1/c/b");
  EXPECT_EQ(place("http://localhost:10000/devstoreaccount1/c/b", "127.0.0.1:10000"), "devstoreaccount1/c/b");
  const auto all = allow({"*.freehold.test", "127.0.0.1", "*.core.freehold.test:8443"});
  EXPECT_EQ(place("https://acct2.blob.core.freehold.test:8443/c/b", "acct1.blob.core.freehold.test", all), "acct2/c/b");
  EXPECT_EQ(place("https://x.y.blob.core.freehold.test:8443/c/b", "h", all), "400 InvalidHeaderValue");
}

TEST(CopySourceRulesTest, OtherPlacesAreRefusedUnlessAllowed) {
  const std::string refused = "403 CannotVerifyCopySource";
  EXPECT_EQ(place("https://files.example/c/b"), refused);
  EXPECT_EQ(place("http://169.254.169.254/latest/meta-data"), refused);
  EXPECT_EQ(place("http://127.0.0.1:9090/metrics", "127.0.0.1:10000"), refused);
  EXPECT_EQ(place("http://localhost/metrics"), refused);
  EXPECT_EQ(place("https://files.example/c/b", "h", allow({"files.example"})), "outside");
  EXPECT_EQ(place("http://files.example/c/b", "h", allow({"files.example"})), refused);
}

TEST(CopySourceRulesTest, WhatNamesNoBlobIsNoSource) {
  for (const char* bad :
       {"", "/acct/c/b", "ftp://h/", "https://acct2.blob.core.freehold.test/",
        "https://acct2.blob.core.freehold.test/c?restype=container",
        "https://acct2.blob.core.freehold.test/c/b?comp=list", "https://user@acct2.blob.core.freehold.test/c/b"}) {
    EXPECT_EQ(place(bad), "400 InvalidHeaderValue") << bad;
  }
  const auto shown =
      parse_copy_source("https://acct2.blob.core.freehold.test/c/b?sv=1&snapshot=2020-01-01T00:00:00.0Z&sig=s", "h",
                        kSuffixes, AllowedSources());
  ASSERT_TRUE(shown);
  EXPECT_EQ(shown->shown(), "https://acct2.blob.core.freehold.test/c/b?snapshot=2020-01-01T00:00:00.0Z");
  EXPECT_TRUE(shown->has_signature);
}

TEST(CopySourceRulesTest, RangesHaveBothEnds) {
  const auto range = [](const char* text) {
    http::Headers headers;
    headers.add("x-ms-source-range", text);
    return parse_source_range(headers);
  };
  const auto good = range("bytes=5-9");
  ASSERT_TRUE(good && *good);
  EXPECT_EQ((*good)->length(), 5u);
  for (const char* bad : {"bytes=5-", "bytes=-5", "bytes=9-5", "5-9", "bytes=a-b", "bytes=0-18446744073709551615"}) {
    EXPECT_FALSE(range(bad)) << bad;
  }
  http::Headers answer;
  answer.add("content-range", "bytes 5-9/100");
  EXPECT_TRUE(answers_range(answer, {5, 9}));
  EXPECT_FALSE(answers_range(answer, {5, 8}));
}

TEST(CopySourceRulesTest, OnlyWhatCanBeACodeIsTakenFromASource) {
  const auto told = [](std::string_view said) {
    const auto error = source_refused(403, said);
    return error.headers.empty() ? std::string() : error.headers[0].second;
  };
  EXPECT_EQ(told("AuthorizationFailure"), "AuthorizationFailure");
  EXPECT_EQ(told(std::string(64, 'A')), std::string(64, 'A'));
  for (const std::string& said : {std::string(65, 'A'), std::string("Two Words"), std::string("</Code><x>"),
                                  std::string("a\tb"), std::string("denied: \xff"), std::string("A1")}) {
    EXPECT_EQ(told(said), "") << said;
    EXPECT_EQ(source_refused(409, said).code, "CannotVerifyCopySource") << said;
    EXPECT_EQ(source_refused(412, said).code, "SourceConditionNotMet") << said;
  }
  EXPECT_EQ(source_refused(409, "SnapshotsPresent").code, "SnapshotsPresent");
}

}  // namespace
}  // namespace freehold::blob
