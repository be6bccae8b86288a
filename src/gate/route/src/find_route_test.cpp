#include <gtest/gtest.h>

#include "route/route.h"
#include "route/testing/make_request.h"

namespace freehold::gate {
namespace {

using http::Method;
using testing::make_request;

RouteSpec row(std::string_view operation, Method method, Scope scope, std::vector<Selector> query = {},
              std::vector<Selector> headers = {}) {
  return {.operation = operation,
          .method = method,
          .scope = scope,
          .query = std::move(query),
          .headers = std::move(headers),
          .credentials = kSharedKey};
}

const RouteTable kRows(std::vector<RouteSpec>{
    row("PutBlock", Method::kPut, Scope::kBlob, {{"comp", "block"}, {"blockid", ""}}),
    row("PutBlobFromUrl", Method::kPut, Scope::kBlob, {}, {{"x-ms-blob-type", "BlockBlob"}, {"x-ms-copy-source", ""}}),
    row("PutBlob", Method::kPut, Scope::kBlob, {}, {{"x-ms-blob-type", "BlockBlob"}}),
    row("GetBlob", Method::kGet, Scope::kBlob),
    row("ListBlobs", Method::kGet, Scope::kContainer, {{"restype", "container"}, {"comp", "list"}}),
    row("GetContainerProperties", Method::kGet, Scope::kContainer, {{"restype", "container"}}),
});

std::string route_of(Method method, Scope scope, std::string_view query, testing::HeaderList headers = {}) {
  auto request = make_request(method, "https://a/c/b?" + std::string(query), std::move(headers));
  const auto* found = kRows.find(request, scope);
  return found ? std::string(found->operation) : "";
}

TEST(FindRoute, TakesTheRowWhoseSelectorsHold) {
  EXPECT_EQ(route_of(Method::kPut, Scope::kBlob, "", {{"x-ms-blob-type", "BlockBlob"}}), "PutBlob");
  EXPECT_EQ(route_of(Method::kPut, Scope::kBlob, "", {{"x-ms-blob-type", "blockblob"}}), "PutBlob");
  EXPECT_EQ(route_of(Method::kPut, Scope::kBlob, "", {{"x-ms-blob-type", "BlockBlob"}, {"x-ms-copy-source", "u"}}),
            "PutBlobFromUrl");
  EXPECT_EQ(route_of(Method::kPut, Scope::kBlob, "comp=block&blockid=AAAA"), "PutBlock");
  EXPECT_EQ(route_of(Method::kPut, Scope::kBlob, "COMP=Block&BlockId=AAAA"), "PutBlock");
  EXPECT_EQ(route_of(Method::kGet, Scope::kBlob, "timeout=30&x=y"), "GetBlob");
  EXPECT_EQ(route_of(Method::kGet, Scope::kContainer, "restype=container&comp=list"), "ListBlobs");
  EXPECT_EQ(route_of(Method::kGet, Scope::kContainer, "restype=container"), "GetContainerProperties");
}

TEST(FindRoute, NeverTakesARowForAnotherOperationOrScope) {
  EXPECT_EQ(route_of(Method::kPut, Scope::kBlob, "comp=lease", {{"x-ms-blob-type", "BlockBlob"}}), "");
  EXPECT_EQ(route_of(Method::kGet, Scope::kBlob, "comp=tags"), "");
  EXPECT_EQ(route_of(Method::kGet, Scope::kBlob, "comp="), "");
  EXPECT_EQ(route_of(Method::kGet, Scope::kBlob, "restype=container"), "");
  EXPECT_EQ(route_of(Method::kGet, Scope::kContainer, "restype=container&comp=list&comp=acl"), "");
  EXPECT_EQ(route_of(Method::kPut, Scope::kBlob, "comp=block"), "");
  EXPECT_EQ(route_of(Method::kDelete, Scope::kBlob, ""), "");
  EXPECT_EQ(route_of(Method::kGet, Scope::kService, ""), "");
}

TEST(Paths, AreMatchedSegmentBySegment) {
  EXPECT_TRUE(matches_path("/{tenant}/oauth2/token", "/abc/OAuth2/token"));
  EXPECT_FALSE(matches_path("/{tenant}/oauth2/token", "//oauth2/token"));
  EXPECT_FALSE(matches_path("/{tenant}/oauth2/token", "/abc/oauth2/token/"));
  EXPECT_FALSE(matches_path("/{tenant}/oauth2/token", "/abc/oauth2"));
  EXPECT_FALSE(matches_path("/{tenant}/oauth2/token", "/a/b/oauth2/token"));
  EXPECT_FALSE(matches_path("/adfs/oauth2/token", "/adf%73/oauth2/token"));
  EXPECT_FALSE(matches_path("/adfs", ""));
}

TEST(CheckRows, KnowsWhichPathsTakeOthersRequests) {
  auto any = row("Any", Method::kPost, Scope::kSystem);
  any.path = "/{tenant}/token";
  auto one = row("One", Method::kPost, Scope::kSystem);
  one.path = "/adfs/token";
  EXPECT_TRUE(check_rows(std::vector{one, any}).empty());
  EXPECT_EQ(check_rows(std::vector{any, one}).size(), 1u);
  one.path = "token";
  EXPECT_EQ(check_rows(std::vector{one}).size(), 1u);
}

TEST(MatchesPath, TakesAScopeOfAnyLengthBeforeTheLastProviders) {
  constexpr std::string_view kLock = "{scope}/providers/Microsoft.Authorization/locks/{name}";
  EXPECT_TRUE(matches_path(kLock, "/providers/microsoft.authorization/locks/a"));
  EXPECT_TRUE(matches_path(kLock, "/subscriptions/s/Providers/Microsoft.Authorization/locks/a"));
  EXPECT_TRUE(
      matches_path(kLock, "/subscriptions/s/resourceGroups/providers/providers/Microsoft.Authorization/locks/a"));
  EXPECT_TRUE(matches_path(kLock,
                           "/subscriptions/s/resourceGroups/g/providers/Microsoft.Storage/storageAccounts/x/"
                           "providers/Microsoft.Authorization/locks/a"));
  EXPECT_FALSE(matches_path(kLock, "/subscriptions/s/providers/Microsoft.Authorization/locks"));
  EXPECT_FALSE(matches_path(kLock, "/subscriptions/s/providers/Microsoft.Authorization/locks/"));
  EXPECT_FALSE(matches_path(kLock, "/subscriptions/s/providers/Microsoft.Authorization/locks/a/b"));
  // What comes after the last one is the resource.
  EXPECT_FALSE(matches_path(kLock, "/providers/Microsoft.Authorization/locks/a/providers/x/y/z"));
  EXPECT_FALSE(matches_path(kLock, "/subscriptions/s"));
  EXPECT_FALSE(matches_path(kLock, ""));

  auto scoped = row("Scoped", Method::kGet, Scope::kSystem);
  scoped.path = kLock;
  auto plain = row("Plain", Method::kGet, Scope::kSystem);
  plain.path = "/subscriptions/{s}/providers/Microsoft.Authorization/locks/{name}";
  EXPECT_TRUE(check_rows(std::vector{plain, scoped}).empty());
  EXPECT_EQ(check_rows(std::vector{scoped, plain}).size(), 1u);
}

TEST(FindRoute, ASlashAtTheEndSaysNothingWhereTheRowTakesIt) {
  std::vector<RouteSpec> rows = {{.operation = "List", .scope = Scope::kSystem, .path = "/things"}};
  const auto request = testing::make_request(http::Method::kGet, "https://x.test/things/");
  EXPECT_EQ(RouteTable(rows).find(request, Scope::kSystem), nullptr);
  rows[0].slash_at_end = true;
  const RouteTable table(rows);
  EXPECT_EQ(table.find(request, Scope::kSystem), table.rows().data());
  const auto doubled = testing::make_request(http::Method::kGet, "https://x.test/things//");
  EXPECT_EQ(table.find(doubled, Scope::kSystem), nullptr);
}

// As matches_path() has it, whatever way a table finds it.
TEST(FindRoute, PathsAreMatchedAsByThemselves) {
  const std::string long_path = "/a" + std::string(40, '/');
  for (const std::string_view wanted : {"/", "/a", "/{x}", "/a/{x}", "/{x}/b", "/a/b/c", "{scope}/providers/n/{x}"}) {
    const RouteTable table({{.operation = "One", .scope = Scope::kSystem, .path = wanted}});
    for (const std::string_view path : std::initializer_list<std::string_view>{
             "/", "/a", "/A", "/a/", "//", "/a/b", "/a//b", "/a/b/", "/a/b/c", "/a/b/c/d", "/providers/n/x",
             "/s/providers/n/x", "/a/b/c/d/e/f/g/h/i/j/k/l/m/n/o/p/q/r/s/t/u/v/w/x/y/z", long_path}) {
      auto request = make_request(Method::kGet, "https://x.test/");
      request.path = path;
      EXPECT_EQ(table.find(request, Scope::kSystem) != nullptr, matches_path(wanted, path)) << wanted << " " << path;
    }
  }
}

TEST(CheckRows, FindsNothingInAGoodTable) { EXPECT_TRUE(check_rows(kRows.rows()).empty()); }

TEST(CheckRows, NamesEveryFault) {
  auto unreachable = row("Later", Method::kGet, Scope::kBlob, {{"versionid", ""}});
  auto open = row("Nobody", Method::kDelete, Scope::kBlob);
  open.credentials = kNoCredential;
  auto sas = row("Sas", Method::kPost, Scope::kBlob);
  sas.credentials = kAccountSas;
  auto upper = row("Upper", Method::kPatch, Scope::kBlob, {{"Comp", "x"}});
  auto unnamed = row("", Method::kMerge, Scope::kBlob);
  std::vector<RouteSpec> rows = {row("GetBlob", Method::kGet, Scope::kBlob), unreachable, open, sas, upper, unnamed};
  auto faults = check_rows(rows);
  ASSERT_EQ(faults.size(), 5u);
  EXPECT_EQ(faults[0], "GET Later: never reached, GET GetBlob takes its requests");
  EXPECT_EQ(faults[1], "DELETE Nobody: accepts no credential");
  EXPECT_EQ(faults[2], "POST Sas: accepts an account SAS and names no permission");
  EXPECT_EQ(faults[3], "PATCH Upper: has a selector whose name isn't in lower case");
  EXPECT_EQ(faults[4], "MERGE (no name): has no operation name");
}

TEST(CheckRows, KnowsThatCompAndRestypeKeepRowsApart) {
  std::vector<RouteSpec> apart = {row("GetBlob", Method::kGet, Scope::kBlob),
                                  row("GetTags", Method::kGet, Scope::kBlob, {{"comp", "tags"}})};
  EXPECT_TRUE(check_rows(apart).empty());
  std::vector<RouteSpec> twice = {apart[1], apart[1]};
  EXPECT_EQ(check_rows(twice).size(), 1u);
}

}  // namespace
}  // namespace freehold::gate
