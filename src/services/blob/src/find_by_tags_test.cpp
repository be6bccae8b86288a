// Find Blobs by Tags as a client meets it.
#include "src/test_region.h"

namespace freehold::blob::testing {
namespace {

using Names = std::vector<std::string>;

struct FindByTags : ::testing::Test, TestRegion {
  FindByTags() {
    for (const auto* name : {"aaa", "bbb", "ccc"}) make_container(name);
  }
  void tag(const std::string& path, const std::string& tags) {
    ASSERT_EQ(put(path, "x", {{"x-ms-tags", tags}}).status, 201) << path;
  }
  Answer find(const std::string& where, const std::string& more = "", const std::string& version = "2021-12-02") {
    return get("/?comp=blobs&where=" + percent_encode(where) + more, {{"x-ms-version", version}});
  }
  // "container/blob" of every page.
  Names all(const std::string& where, int size = 5'000, const std::string& path = "/?comp=blobs") {
    Names result;
    std::string marker;
    do {
      const auto page =
          get(path + "&where=" + percent_encode(where) + "&maxresults=" + std::to_string(size) + "&marker=" + marker);
      EXPECT_EQ(page.status, 200) << page.body;
      const auto names = elements(page.body, "Name");
      const auto containers = elements(page.body, "ContainerName");
      EXPECT_LE(names.size(), static_cast<std::size_t>(size));
      for (std::size_t i = 0; i < names.size(); ++i) result.push_back(containers.at(i) + "/" + names[i]);
      const auto next = elements(page.body, "NextMarker");
      marker = next.empty() ? "" : next[0];
    } while (!marker.empty());
    return result;
  }
};

TEST_F(FindByTags, FindsInEveryContainerAndInOne) {
  tag("/aaa/1", "project=x&year=2020");
  tag("/bbb/1", "project=x&year=2022");
  tag("/bbb/2", "project=y");
  tag("/ccc/1", "project=x");
  ASSERT_EQ(put("/ccc/2", "x").status, 201);
  EXPECT_EQ(all("project='x'"), (Names{"aaa/1", "bbb/1", "ccc/1"}));
  EXPECT_EQ(all("\"project\"='x' AND year > '2021'"), Names{"bbb/1"});
  auto in_no_order = all("@container='bbb' AND project >= 'a'");
  std::ranges::sort(in_no_order);
  EXPECT_EQ(in_no_order, (Names{"bbb/1", "bbb/2"}));
  EXPECT_EQ(all("project='z'"), Names{});
  const std::string in_bbb = "/bbb?restype=container&comp=blobs";
  EXPECT_EQ(all("project='x'", 5'000, in_bbb), Names{"bbb/1"});
  EXPECT_EQ(all("@container='aaa' AND project='x'", 5'000, in_bbb), Names{});
  // At once, both ways.
  ASSERT_EQ(run(Method::kDelete, "/aaa/1").status, 202);
  tag("/ccc/1", "project=y");
  EXPECT_EQ(all("project='x'"), Names{"bbb/1"});
}

TEST_F(FindByTags, ShowsTheTagsThatWereAskedFor) {
  tag("/bbb/a%26b", "project=x&year=2022&other=1");
  const auto page = find("project='x' AND year<'2030'");
  ASSERT_EQ(page.status, 200) << page.body;
  EXPECT_EQ(page.header("content-type"), "application/xml");
  EXPECT_EQ(elements(page.body, "Where"), Names{"project='x' AND year&lt;'2030'"});
  EXPECT_EQ(elements(page.body, "Name"), Names{"a&amp;b"});
  EXPECT_EQ(elements(page.body, "Key"), (Names{"project", "year"}));
  EXPECT_EQ(elements(page.body, "Value"), (Names{"x", "2022"}));
  EXPECT_EQ(elements(find("project='x'", "", "2019-12-12").body, "TagValue"), Names{"x"});
}

TEST_F(FindByTags, PagesAddUp) {
  Names expected;
  for (const std::string container : {"aaa", "bbb", "ccc"}) {
    for (int i = 0; i < 5; ++i) {
      const auto path = container + "/" + std::to_string(i);
      tag("/" + path, "k=v");
      expected.push_back(path);
    }
  }
  for (const int size : {1, 2, 5, 7, 100}) EXPECT_EQ(all("k='v'", size), expected) << size;
  EXPECT_EQ(all("k='v'", 2, "/bbb?restype=container&comp=blobs").size(), 5u);
}

TEST_F(FindByTags, RefusesWhatItCannotRead) {
  EXPECT_EQ(get("/?comp=blobs").code(), "MissingRequiredQueryParameter");
  for (const std::string where : {"k", "k='v", "k<>'v'", "k='v' OR l='w'", "@container='box'"}) {
    EXPECT_EQ(find(where).code(), "InvalidQueryParameterValue") << where;
  }
  EXPECT_EQ(find("k='v'", "&marker=nonsense").code(), "InvalidQueryParameterValue");
  EXPECT_EQ(find("k='v'", "&maxresults=0").code(), "OutOfRangeQueryParameterValue");
  EXPECT_EQ(find("k='v'", "", "2019-07-07").code(), "InvalidQueryParameterValue");
  EXPECT_EQ(find("@container='none' AND k='v'").code(), "ContainerNotFound");
  EXPECT_EQ(get("/none?restype=container&comp=blobs&where=k%3D'v'").code(), "ContainerNotFound");
  EXPECT_EQ(get("/bbb?restype=container&comp=blobs&where=k%3D'v'", {{"x-ms-version", "2020-10-02"}}).code(),
            "InvalidQueryParameterValue");
}

}  // namespace
}  // namespace freehold::blob::testing
