// Containers, listings and what the service says about itself, through the pipeline; and the route matrix.
#include <set>

#include "pipeline/testing/route_matrix.h"
#include "src/test_region.h"

namespace freehold::blob::testing {
namespace {

struct ContainerOperations : ::testing::Test, TestRegion {};

TEST_F(ContainerOperations, LifeOfAContainer) {
  const auto made = run(Method::kPut, "/box?restype=container", {{"x-ms-meta-a", "1"}});
  ASSERT_EQ(made.status, 201) << made.body;
  EXPECT_EQ(run(Method::kPut, "/box?restype=container").code(), "ContainerAlreadyExists");
  for (const auto method : {Method::kGet, Method::kHead}) {
    const auto properties = run(method, "/box?restype=container");
    EXPECT_EQ(properties.status, 200);
    EXPECT_EQ(properties.header("etag"), made.header("etag"));
    EXPECT_EQ(properties.header("x-ms-meta-a"), "1");
    EXPECT_EQ(properties.header("x-ms-lease-state"), "available");
  }
  EXPECT_EQ(run(Method::kPut, "/box?restype=container&comp=metadata", {{"x-ms-meta-b", "2"}}).status, 200);
  const auto metadata = get("/box?restype=container&comp=metadata");
  EXPECT_EQ(metadata.header("x-ms-meta-a"), "");
  EXPECT_EQ(metadata.header("x-ms-meta-b"), "2");
  EXPECT_EQ(run(Method::kDelete, "/box?restype=container").status, 202);
  EXPECT_EQ(run(Method::kDelete, "/box?restype=container").code(), "ContainerNotFound");
  EXPECT_EQ(get("/box?restype=container").code(), "ContainerNotFound");
  EXPECT_EQ(run(Method::kPut, "/Bad_Name?restype=container").code(), "InvalidResourceName");
  EXPECT_EQ(run(Method::kPut, "/open?restype=container", {{"x-ms-blob-public-access", "blob"}}).code(),
            "PublicAccessNotPermitted");
}

TEST_F(ContainerOperations, ADeletedContainerTakesEverythingAlong) {
  make_container("box");
  ASSERT_EQ(put("/box/big", pattern(9'000'000)).status, 201);
  ASSERT_EQ(put("/box/small", "small").status, 201);
  ASSERT_EQ(run(Method::kPut, "/box/staged?comp=block&blockid=YQ==", {}, pattern(100'000)).status, 201);
  ASSERT_EQ(run(Method::kDelete, "/box?restype=container").status, 202);
  EXPECT_EQ(get("/box/small").code(), "ContainerNotFound");
  EXPECT_EQ(put("/box/late", "late").code(), "ContainerNotFound");
  // The name is free at once, and the new container is empty.
  make_container("box");
  EXPECT_EQ(get("/box/small").code(), "BlobNotFound");
  // The audit log takes its rows away, and only then is the partition forgotten.
  const auto stuck = runtime::run_blocking(service->collect_garbage(*pipeline));
  EXPECT_FALSE(stuck.has_value());
  take_audit_rows();
  collect();
  EXPECT_EQ(chunk_count(), 0u);
  EXPECT_EQ(rows().size(), 1u);  // the new container's marker
}

TEST_F(ContainerOperations, AWriteThatWasUnderWayWhenItsContainerWentIsFenced) {
  make_container("box");
  ASSERT_EQ(put("/box/warm", "x").status, 201);
  BlobService other(options());
  ASSERT_TRUE(runtime::run_blocking(other.load()).has_value());
  gate::Pipeline other_door(other.accounts(), log, clock, random, {});
  other_door.add(other.gate());
  BytesBody none("");
  auto request = make(Method::kDelete, "/box?restype=container", {}, none);
  EXPECT_EQ(runtime::run_blocking(exchange(other_door, request)).status, 202);
  // This front end still remembers the container as open.
  EXPECT_EQ(put("/box/late", "late").code(), "ContainerNotFound");
  EXPECT_EQ(put("/box/late", pattern(100'000)).code(), "ContainerNotFound");
}

TEST_F(ContainerOperations, ContainersAreListedInPages) {
  for (const auto* name : {"aaa", "abc", "bbb", "abd"}) make_container(name);
  EXPECT_EQ(elements(get("/?comp=list").body, "Name"), (std::vector<std::string>{"aaa", "abc", "abd", "bbb"}));
  EXPECT_EQ(elements(get("/?comp=list&prefix=ab").body, "Name"), (std::vector<std::string>{"abc", "abd"}));
  const auto first = get("/?comp=list&maxresults=3");
  const auto marker = elements(first.body, "NextMarker");
  ASSERT_EQ(marker.size(), 1u);
  EXPECT_EQ(elements(get("/?comp=list&marker=" + marker[0]).body, "Name"), std::vector<std::string>{"bbb"});
  EXPECT_EQ(get("/?comp=list&marker=nonsense").code(), "InvalidQueryParameterValue");
  EXPECT_EQ(get("/?comp=list&maxresults=0").code(), "OutOfRangeQueryParameterValue");
}

// Lists page by page and compares with what a sorted set of names says.
TEST_F(ContainerOperations, ListingsAgreeWithTheModelAtEveryPageSize) {
  make_container("box");
  std::set<std::string> names;
  for (std::uint64_t i = 0; i < 120; ++i) {
    std::string name;
    const auto n = 1 + random.below(5);
    for (std::uint64_t j = 0; j < n; ++j) name += std::array<const char*, 5>{"a", "b", "/", "-", "ä"}[random.below(5)];
    if (name.find('.') == name.npos && name != "/" && names.insert(name).second) {
      ASSERT_EQ(put("/box/" + percent_encode(name), name).status, 201) << name;
    }
  }
  for (const std::string prefix : {"", "a", "b/", "ä"}) {
    for (const std::string delimiter : {"", "/", "--", "ä"}) {
      std::vector<std::string> expected;
      for (const auto& name : names) {
        if (!name.starts_with(prefix)) continue;
        const auto at = delimiter.empty() ? name.npos : name.find(delimiter, prefix.size());
        const auto shown = at == name.npos ? name : name.substr(0, at + delimiter.size());
        if (expected.empty() || expected.back() != shown || at == name.npos) expected.push_back(shown);
      }
      for (const int size : {1, 2, 7, 5000}) {
        std::vector<std::string> got;
        std::string marker;
        do {
          const auto page = get("/box?restype=container&comp=list&prefix=" + percent_encode(prefix) +
                                "&delimiter=" + percent_encode(delimiter) + "&maxresults=" + std::to_string(size) +
                                "&marker=" + marker);
          ASSERT_EQ(page.status, 200) << page.body;
          const auto part = elements(page.body, "Name");
          EXPECT_LE(part.size(), static_cast<std::size_t>(size));
          got.insert(got.end(), part.begin(), part.end());
          const auto next = elements(page.body, "NextMarker");
          marker = next.empty() ? "" : next[0];
        } while (!marker.empty());
        EXPECT_EQ(got, expected) << "prefix " << prefix << " delimiter " << delimiter << " size " << size;
      }
    }
  }
}

TEST_F(ContainerOperations, AListingMayBeginAndEndAtANameOfItsOwn) {
  make_container("box");
  for (const std::string name : {"a", "b", "b/1", "b/2", "b2", "c"}) ASSERT_EQ(put("/box/" + name, "x").status, 201);
  using Names = std::vector<std::string>;
  const auto names = [&](const std::string& query, const std::string& version = "2026-10-06") {
    const auto page = get("/box?restype=container&comp=list" + query, {{"x-ms-version", version}});
    return page.status == 200 ? elements(page.body, "Name") : Names{page.code()};
  };
  EXPECT_EQ(names("&startFrom=b/2"), (Names{"b/2", "b2", "c"}));
  EXPECT_EQ(names("&startFrom=b/15"), (Names{"b/2", "b2", "c"}));
  EXPECT_EQ(names("&startFrom=b/2&prefix=b/"), Names{"b/2"});
  EXPECT_EQ(names("&startFrom=a&prefix=b/"), (Names{"b/1", "b/2"}));
  EXPECT_EQ(names("&startFrom=b&delimiter=/"), (Names{"b", "b/", "b2", "c"}));
  EXPECT_EQ(names("&endBefore=b/2"), (Names{"a", "b", "b/1"}));
  EXPECT_EQ(names("&startFrom=b&endBefore=b2"), (Names{"b", "b/1", "b/2"}));
  EXPECT_EQ(names("&startFrom=c&endBefore=a"), Names{});
  const auto first = get("/box?restype=container&comp=list&startFrom=b&maxresults=2", {{"x-ms-version", "2026-02-06"}});
  EXPECT_EQ(names("&startFrom=b&marker=" + elements(first.body, "NextMarker").at(0)), (Names{"b/2", "b2", "c"}));
  // An older version doesn't know them, and passing them over would list more than was asked for.
  EXPECT_EQ(names("&startFrom=b", "2025-11-05"), Names{"InvalidQueryParameterValue"});
  EXPECT_EQ(names("&endBefore=b", "2026-02-06"), Names{"InvalidQueryParameterValue"});
}

TEST_F(ContainerOperations, APrefixMayCarryItsSpacesAsFormsDo) {
  make_container("box");
  ASSERT_EQ(put("/box/my%20dir/a+b", "x").status, 201);
  EXPECT_EQ(elements(get("/box?restype=container&comp=list&prefix=my+dir%2Fa%2B").body, "Name"),
            std::vector<std::string>{"my dir/a+b"});
  EXPECT_TRUE(elements(get("/box?restype=container&comp=list&prefix=my%2Bdir").body, "Name").empty());
}

TEST_F(ContainerOperations, APageEndsBeforeItGetsTooLong) {
  make_container("box");
  const std::string filler(4'000, 'f');
  const HeaderList full = {{"content-type", filler},
                           {"content-encoding", filler},
                           {"content-language", filler},
                           {"cache-control", filler},
                           {"x-ms-meta-a", filler},
                           {"x-ms-meta-b", filler},
                           {"x-ms-blob-content-disposition", filler}};
  constexpr std::size_t kBlobs = 400;
  for (std::size_t i = 0; i < kBlobs; ++i) ASSERT_EQ(put("/box/" + std::to_string(1'000 + i), "x", full).status, 201);
  std::size_t listed = 0;
  int pages = 0;
  std::string marker;
  do {
    const auto page = get("/box?restype=container&comp=list&include=metadata&marker=" + marker);
    EXPECT_LT(page.body.size(), 9u * 1024 * 1024);
    listed += elements(page.body, "Name").size();
    ++pages;
    const auto next = elements(page.body, "NextMarker");
    marker = next.empty() ? "" : next[0];
  } while (!marker.empty());
  EXPECT_EQ(listed, kBlobs);
  EXPECT_EQ(pages, 2);
}

TEST_F(ContainerOperations, ListingsShowWhatABlobIs) {
  make_container("box");
  const auto made = put("/box/a%26b", "content", {{"content-type", "text/plain"}, {"x-ms-meta-m", "<v>"}});
  const auto plain = get("/box?restype=container&comp=list");
  EXPECT_EQ(plain.header("content-type"), "application/xml");
  EXPECT_EQ(elements(plain.body, "Name"), std::vector<std::string>{"a&amp;b"});
  EXPECT_EQ(elements(plain.body, "Content-Length"), std::vector<std::string>{"7"});
  EXPECT_EQ(elements(plain.body, "Content-MD5"), std::vector<std::string>{md5_base64("content")});
  EXPECT_EQ('"' + elements(plain.body, "Etag").at(0) + '"', made.header("etag"));
  EXPECT_TRUE(elements(plain.body, "m").empty());
  EXPECT_EQ(elements(get("/box?restype=container&comp=list&include=metadata").body, "m"),
            std::vector<std::string>{"&lt;v&gt;"});
  EXPECT_EQ(get("/box?restype=container&comp=list&include=versions").status, 501);
  ASSERT_EQ(put("/box/%01", "x").status, 201);
  EXPECT_NE(get("/box?restype=container&comp=list").body.find("<Name Encoded=\"true\">%01</Name>"), std::string::npos);
}

TEST_F(ContainerOperations, TheServiceSaysWhatItIs) {
  EXPECT_EQ(get("/?restype=account&comp=properties").header("x-ms-sku-name"), "Standard_LRS");
  EXPECT_EQ(get("/?restype=account&comp=properties").header("x-ms-account-kind"), "StorageV2");
  const auto properties = get("/?restype=service&comp=properties");
  EXPECT_EQ(properties.status, 200);
  EXPECT_NE(properties.body.find("<StaticWebsite><Enabled>false</Enabled></StaticWebsite>"), std::string::npos);
}

TEST_F(ContainerOperations, ASasThatMayCreateMustNotOverwrite) {
  make_container("box");
  gate::AccountSasFields sas;
  sas.permissions = "c";
  sas.expiry = rfc3339(clock.now() + std::chrono::hours(1));
  const auto with_sas = [&](const std::string& path) {
    BytesBody body("x");
    auto request = make(Method::kPut, path + "?" + gate::account_sas_query(sas, "acct1", key),
                        {{"x-ms-blob-type", "BlockBlob"}}, body);
    request.headers.remove("authorization");
    return runtime::run_blocking(exchange(*pipeline, request));
  };
  EXPECT_EQ(with_sas("/box/b").status, 201);
  const auto again = with_sas("/box/b");
  EXPECT_EQ(again.status, 403);
  EXPECT_EQ(again.code(), "UnauthorizedBlobOverwrite");
  sas.permissions = "w";
  EXPECT_EQ(with_sas("/box/b").status, 201);
}

TEST_F(ContainerOperations, EveryRowKeepsOutWhoMustNotGetIn) {
  gate::testing::RouteMatrix matrix(service->gate(), {.host = "acct1.blob.core.freehold.test"});
  for (const auto& fault : matrix.run()) ADD_FAILURE() << fault;
  EXPECT_GE(matrix.cases(), service->gate().rows().size() * 9);
}

TEST_F(ContainerOperations, EveryWriteCarriesItsRecordInItsOwnCommit) {
  static_cast<void>(log.take_entries());
  make_container("box");
  ASSERT_EQ(put("/box/b", "x").status, 201);
  ASSERT_EQ(run(Method::kDelete, "/box/b").status, 202);
  for (const auto& entry : log.take_entries()) {
    EXPECT_EQ(entry.way, gate::testing::FakeLog::Way::kSettled) << entry.record.operation;
  }
  log.take_away(true);
  EXPECT_EQ(put("/box/b", "x").status, 503);
  log.take_away(false);
  EXPECT_EQ(get("/box/b").status, 404);
}

}  // namespace
}  // namespace freehold::blob::testing
