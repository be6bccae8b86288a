// Locks and what they forbid; tags wherever they can be.
#include "src/test_arm.h"

namespace freehold::resources {
namespace {

using http::Method;

class Locks : public ArmTest {
 protected:
  static std::string lock(const std::string& scope, const std::string& name = "keep") {
    return scope + "/providers/Microsoft.Authorization/locks/" + name;
  }
  Answer set(const std::string& scope, const std::string& level, const std::string& name = "keep") {
    return put(lock(scope, name) + "?api-version=2016-09-01", {{"properties", {{"level", level}, {"notes", "n"}}}});
  }
};

TEST_F(Locks, KeepWhatIsBelowThemAndWhatIsAboveThem) {
  ASSERT_EQ(put(group("g"), here()).status, 201);
  ASSERT_EQ(put(box("g", "a"), here()).status, 201);
  ASSERT_EQ(set(box("g", "a"), "CanNotDelete").status, 201);
  EXPECT_EQ(set(box("g", "a"), "CanNotDelete").status, 200);
  EXPECT_EQ(set(box("g", "none"), "CanNotDelete").said(), "404 ResourceNotFound");
  EXPECT_EQ(set(box("g", "a"), "Sometimes").said(), "400 InvalidRequestContent");
  const auto refused = remove(box("G", "A"));
  EXPECT_EQ(refused.said(), "409 ScopeLocked");
  EXPECT_TRUE(refused.body["error"]["message"].get<std::string>().contains(box("g", "a")));
  EXPECT_EQ(remove(group("g")).said(), "409 ScopeLocked");
  EXPECT_EQ(put(box("g", "a"), here()).status, 200);
  restart();
  EXPECT_EQ(remove(box("g", "a")).said(), "409 ScopeLocked");
  EXPECT_EQ(remove(lock(box("g", "a"))).status, 200);
  EXPECT_EQ(remove(lock(box("g", "a"))).status, 204);
  EXPECT_EQ(remove(box("g", "a")).status, 200);
}

TEST_F(Locks, AReadOnlyOneForbidsWritesAndWhatShowsKeys) {
  ASSERT_EQ(put(box("default", "a"), here()).status, 201);
  ASSERT_EQ(set(sub(), "ReadOnly").status, 201);
  EXPECT_EQ(put(box("default", "a"), here()).said(), "409 ScopeLocked");
  EXPECT_EQ(call(Method::kPost, box("default", "a") + "/open").said(), "409 ScopeLocked");
  EXPECT_EQ(put(group("new"), here()).said(), "409 ScopeLocked");
  EXPECT_EQ(call(Method::kPatch, group("default"), {{"tags", Json::object()}}).said(), "409 ScopeLocked");
  EXPECT_EQ(get(box("default", "a")).status, 200);
  EXPECT_EQ(names(get(sub() + "/providers/Microsoft.Authorization/locks")), std::vector<std::string>{"keep"});
  EXPECT_EQ(get(lock(sub())).body["properties"]["level"], "ReadOnly");
  EXPECT_EQ(remove(lock(sub())).status, 200);  // no lock holds itself
  EXPECT_EQ(put(box("default", "a"), here()).status, 200);
}

// What a route takes for the scope and what the id says must be one: the right is asked at the id.
TEST_F(Locks, WhoOwnsAResourceLocksAndTagsNothingBesideIt) {
  ASSERT_EQ(put(group("g"), here()).status, 201);
  ASSERT_EQ(put(box("g", "a"), here()).status, 201);
  assign(stranger_, box("g", "a"), gate::authz::roles::kOwner);
  const Json lock_body = {{"properties", {{"level", "ReadOnly"}}}};
  const Json tags_body = {{"properties", {{"tags", {{"a", "b"}}}}}};
  EXPECT_EQ(call_as(stranger_, Method::kPut, lock(box("g", "a")), lock_body).status, 201);
  for (const auto& beside : {box("g", "a") + "/foo", box("g", "a") + "/foo/bar/baz", group("g") + "/foo"}) {
    EXPECT_EQ(call_as(stranger_, Method::kPut, lock(beside), lock_body).said(), "403 AuthorizationFailed") << beside;
    EXPECT_EQ(put(lock(beside), lock_body).status, 400) << beside;
    const auto tags = beside + "/providers/Microsoft.Resources/tags/default";
    EXPECT_EQ(call_as(stranger_, Method::kPut, tags, tags_body).said(), "403 AuthorizationFailed") << beside;
  }
  EXPECT_EQ(get(group("g")).body["tags"], Json::object());
}

TEST_F(Locks, GoWithTheirGroup) {
  ASSERT_EQ(put(group("g"), here()).status, 201);
  EXPECT_EQ(get(lock(group("g"))).said(), "404 LockNotFound");
  for (int i = 0; i < 20; ++i) ASSERT_EQ(set(group("g"), "CanNotDelete", "l" + std::to_string(i)).status, 201);
  EXPECT_EQ(set(group("g"), "CanNotDelete", "one-more").said(), "409 QuotaExceeded");
  EXPECT_EQ(set("/providers/Microsoft.Management/managementGroups/m", "ReadOnly").said(), "400 LockScopeNotSupported");
}

class TagsTest : public ArmTest {
 protected:
  static std::string tags(const std::string& scope) { return scope + "/providers/Microsoft.Resources/tags/default"; }
  static Json body(Json given) { return {{"properties", {{"tags", std::move(given)}}}}; }
};

TEST_F(TagsTest, AreSetMergedAndTakenAwayAtEveryScope) {
  ASSERT_EQ(put(box("default", "a"), {{"location", "local"}, {"properties", {{"p", 1}}}}).status, 201);
  for (const auto& scope : {sub(), group("default"), box("default", "a")}) {
    ASSERT_EQ(put(tags(scope), body({{"Team", "x"}, {"cost", "low"}})).status, 200) << scope;
    auto patch = body({{"team", "y"}});
    patch["operation"] = "Merge";
    EXPECT_EQ(call(Method::kPatch, tags(scope), patch).body["properties"]["tags"],
              Json({{"Team", "y"}, {"cost", "low"}}));
    patch["operation"] = "Delete";
    EXPECT_EQ(call(Method::kPatch, tags(scope), patch).body["properties"]["tags"], Json({{"cost", "low"}}));
    EXPECT_EQ(get(tags(scope)).body["properties"]["tags"], Json({{"cost", "low"}}));
  }
  EXPECT_EQ(get(box("default", "a")).body["tags"], Json({{"cost", "low"}}));
  EXPECT_EQ(get(box("default", "a")).body["properties"]["p"], 1);
  EXPECT_EQ(get(group("default")).body["tags"], Json({{"cost", "low"}}));
  EXPECT_EQ(remove(tags(box("default", "a"))).status, 200);
  EXPECT_EQ(get(box("default", "a")).body["tags"], Json::object());
  EXPECT_EQ(put(tags(box("default", "none")), body({{"a", "b"}})).said(), "404 ResourceNotFound");
  EXPECT_EQ(put(tags(sub()), body({{"a", 1}})).said(), "400 InvalidTags");
}

TEST_F(TagsTest, NamesAreKnownWithTheirCounts) {
  ASSERT_EQ(put(group("g"), {{"location", "local"}, {"tags", {{"cost", "low"}}}}).status, 201);
  ASSERT_EQ(put(box("g", "a"), {{"location", "local"}, {"tags", {{"cost", "low"}}}}).status, 201);
  EXPECT_EQ(put(sub() + "/tagNames/stage", Json(nullptr)).status, 201);
  EXPECT_EQ(put(sub() + "/tagNames/stage", Json(nullptr)).status, 200);
  EXPECT_EQ(put(sub() + "/tagNames/stage/tagValues/test", Json(nullptr)).status, 201);
  EXPECT_EQ(put(sub() + "/tagNames/none/tagValues/test", Json(nullptr)).said(), "404 TagNameNotFound");
  const auto listed = get(sub() + "/tagNames");
  ASSERT_EQ(listed.body["value"].size(), 2u);
  EXPECT_EQ(listed.body["value"][0]["tagName"], "cost");
  EXPECT_EQ(listed.body["value"][0]["count"]["value"], 2);
  EXPECT_EQ(listed.body["value"][1]["values"][0]["tagValue"], "test");
  EXPECT_EQ(remove(sub() + "/tagNames/stage").said(), "409 TagNameHasValues");
  EXPECT_EQ(remove(sub() + "/tagNames/stage/tagValues/test").status, 200);
  EXPECT_EQ(remove(sub() + "/tagNames/stage").status, 200);
  EXPECT_EQ(remove(sub() + "/tagNames/stage").status, 204);
}

}  // namespace
}  // namespace freehold::resources
