// Names of every kind that Azure allows, put, read and listed as they were given.
#include "src/test_region.h"

namespace freehold::blob::testing {
namespace {

struct NameOperations : ::testing::Test, TestRegion {
  NameOperations() { make_container("box"); }
  static std::string repeated(const std::string& text, int times) {
    std::string out;
    for (int i = 0; i < times; ++i) out += text;
    return out;
  }
};

TEST_F(NameOperations, AreKeptToTheLetter) {
  const std::string names[] = {
      "a",
      "A",
      "a.",
      "a..b",
      ".a",
      "a/",
      "a//b",
      "/a",
      "a b ",
      "a+b",
      "a%2Fb",
      "a?b#c",
      "a\\b",
      "a\"<>&'b",
      "a\tb",
      "\x7F",
      "\xC3\xA9",                   // e with acute, composed
      "e\xCC\x81",                  // and decomposed: another name
      "\xF0\x9F\x98\x80",           // beyond the basic plane
      "\xEF\xBF\xBD",               // U+FFFD itself
      "\xE2\x80\xAEtxt",            // right to left
      repeated("\xC3\xA4", 1'024),  // characters count, not bytes
      repeated("a/", 253) + "a",    // 254 segments
  };
  std::vector<std::string> sorted(std::begin(names), std::end(names));
  std::sort(sorted.begin(), sorted.end());
  for (const auto& name : names) {
    const auto path = "/box/" + percent_encode(name);
    ASSERT_EQ(put(path, name).status, 201) << name;
    EXPECT_EQ(get(path).body, name);
  }
  std::vector<std::string> listed;
  for (const auto& name : elements(get("/box?restype=container&comp=list").body, "Name")) listed.push_back(name);
  ASSERT_EQ(listed.size(), sorted.size());
  const auto plain = [](const std::string& name) { return name.find_first_of("&<>\"'\t") == name.npos; };
  for (std::size_t i = 0; i < sorted.size(); ++i) {
    if (plain(sorted[i])) EXPECT_EQ(listed[i], sorted[i]);
  }
}

TEST_F(NameOperations, ThatXmlCannotCarryAreEncodedAndMarked) {
  for (const std::string name : {"\x01", "a\x1F/b", "\xEF\xBF\xBE"}) {
    ASSERT_EQ(put("/box/" + percent_encode(name), "x").status, 201);
    const auto page = get("/box?restype=container&comp=list&prefix=" + percent_encode(name)).body;
    EXPECT_NE(page.find("<Name Encoded=\"true\">" + percent_encode(name, "/") + "</Name>"), std::string::npos) << page;
  }
  const auto folded = get("/box?restype=container&comp=list&delimiter=/").body;
  EXPECT_NE(folded.find("<BlobPrefix><Name Encoded=\"true\">a%1F/</Name></BlobPrefix>"), std::string::npos) << folded;
}

TEST_F(NameOperations, ThatAreTooLongOrTooDeepAreRefused) {
  EXPECT_EQ(put("/box/" + percent_encode(repeated("\xC3\xA4", 1'025)), "x").code(), "OutOfRangeInput");
  EXPECT_EQ(put("/box/" + repeated("a/", 254) + "a", "x").code(), "InvalidResourceName");
  EXPECT_EQ(put("/Box/a", "x").code(), "InvalidResourceName");
  EXPECT_EQ(put("/bo/a", "x").code(), "OutOfRangeInput");
}

TEST_F(NameOperations, SpecialContainersAreContainers) {
  for (const std::string name : {"$root", "$web"}) make_container(name);
  ASSERT_EQ(put("/top", "x").status, 201);
  EXPECT_EQ(get("/$root/top").body, "x");
  ASSERT_EQ(put("/$web/index.html", "y").status, 201);
  EXPECT_EQ(get("/$web/index.html").body, "y");
  EXPECT_EQ(elements(get("/?comp=list").body, "Name"), (std::vector<std::string>{"$root", "$web", "box"}));
}

}  // namespace
}  // namespace freehold::blob::testing
