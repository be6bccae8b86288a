// What callers of Graph must not get, reach or hold up.
#include <functional>

#include "src/graph_fixture.h"
#include "src/snapshot.h"

namespace freehold::directory {
namespace {

// Before it comes something else happens.
class LateBody final : public http::BodyReader {
 public:
  LateBody(Bytes bytes, std::function<runtime::Task<>()> before)
      : inner_(std::move(bytes)), before_(std::move(before)) {}
  [[nodiscard]] std::optional<std::uint64_t> length() const override { return inner_.length(); }
  [[nodiscard]] http::Task<Result<std::size_t>> read_some(std::span<char> out) override {
    if (const auto before = std::exchange(before_, nullptr)) co_await before();
    co_return co_await inner_.read_some(out);
  }

 private:
  gate::testing::BytesBody inner_;
  std::function<runtime::Task<>()> before_;
};

// Parsing, copying and printing JSON go as deep as it does, on the stack of a whole region.
TEST_F(Graph, ABodyThatNestsWithoutEndIsRefused) {
  const std::string deep = std::string(60'000, '[') + std::string(60'000, ']');
  const auto post = [this](const std::string& path, std::string body) {
    return send(Method::kPost, "https://graph.freehold.test:8443/v1.0" + path, std::move(body),
                {{"authorization", "Bearer " + admin_}})
        .status;
  };
  EXPECT_EQ(post("/applications", R"({"displayName": "x", "appRoles": )" + deep + "}"), 400);
  const auto app = call(Method::kPost, "/applications", {{"displayName", "x"}}).id();
  const auto key_set = R"({"keys": [], "more": )" + deep + "}";
  EXPECT_EQ(
      post("/applications/" + app + "/federatedIdentityCredentials",
           json{{"name", "n"}, {"issuer", "i"}, {"subject", "s"}, {"audiences", {"a"}}, {"jwks", key_set}}.dump()),
      400);
}

// Of a user who became an administrator while the body was under way.
TEST_F(Graph, ReachIsJudgedWhenTheBodyHasCome) {
  const auto ada = add_user("ada");
  const auto bea = add_user("bea");
  give_role(kUserAdministrator, ada);
  LateBody body(R"({"passwordProfile": {"password": "another password"}})", [this, bea]() -> runtime::Task<> {
    auto request = gate::testing::make_request(
        Method::kPost,
        "https://graph.freehold.test/v1.0/directoryRoles/" + std::string(kGlobalAdministrator) + "/members/$ref",
        {{"authorization", "Bearer " + admin_}});
    gate::testing::BytesBody bytes(reference(bea).dump());
    request.body = &bytes;
    EXPECT_EQ((co_await pipeline_->handle(request)).status, 204);
  });
  auto request = gate::testing::make_request(Method::kPatch, "https://graph.freehold.test/v1.0/users/" + bea,
                                             {{"authorization", "Bearer " + token_of("ada@freehold.test")}});
  request.body = &body;
  EXPECT_EQ(run_blocking(pipeline_->handle(request)).status, 403);
  EXPECT_NE(token_of("bea@freehold.test"), "");
}

TEST_F(Graph, RecordsOfPathsThatAreNoneHoldNoNamesEither) {
  add_user("ada");
  static_cast<void>(log_.take_entries());
  for (const auto* path : {"/v1.0/%75sers/ada%40freehold.test", "/beta/users/ada@freehold.test",
                           "/v1.0/users('ada@freehold.test')", "/v1.0/me/ada@freehold.test/x"}) {
    const auto response = send(Method::kGet, "https://graph.freehold.test:8443" + std::string(path), "",
                               {{"authorization", "Bearer " + admin_}});
    EXPECT_EQ(response.status, 404) << path;
    const auto resource = log_.take_entries().back().record.resource;
    EXPECT_FALSE(resource.contains("ada")) << resource;
  }
}

// As at sign-in: who holds a token and no password guesses it no faster here.
TEST_F(Graph, GuessingTheCurrentPasswordIsBounded) {
  add_user("ada");
  const auto mine = token_of("ada@freehold.test");
  const auto change = [&](const char* old) {
    return call(Method::kPost, "/me/changePassword", {{"currentPassword", old}, {"newPassword", "another password"}},
                mine);
  };
  int wrong = 0;
  while (wrong < 100 && change("not it at all").status == 400) ++wrong;
  EXPECT_EQ(wrong, 10);
  EXPECT_EQ(change("a long password").error(), "429 TooManyRequests");
  memory_.clock.advance(std::chrono::seconds(61));
  EXPECT_EQ(change("a long password").status, 204);
  EXPECT_NE(token_of("ada@freehold.test", "another password"), "");
}

TEST_F(Graph, NobodyChangesAnybodyByChangingNothing) {
  const auto ada = add_user("ada");
  add_user("bea");
  const auto mine = token_of("bea@freehold.test");
  EXPECT_EQ(call(Method::kPatch, "/users/" + ada, json::object(), mine).status, 403);
  EXPECT_EQ(call(Method::kPatch, "/users/" + ada, {{"passwordProfile", nullptr}}, mine).status, 403);
}

TEST_F(Graph, TheLastAdministratorStays) {
  const auto first = get("/servicePrincipals?$filter=appId%20eq%20'" + to_string(application_) + "'");
  const std::string admin = "/servicePrincipals/" + first.body["value"][0]["id"].get<std::string>();
  EXPECT_EQ(call(Method::kPatch, admin, {{"accountEnabled", false}}).error(), "400 Request_BadRequest");
  EXPECT_EQ(call(Method::kDelete, admin).error(), "400 Request_BadRequest");
  const auto cli = get("/servicePrincipals?$filter=appId%20eq%20'" + std::string(kAzureCli) + "'");
  EXPECT_EQ(call(Method::kDelete, "/servicePrincipals/" + cli.body["value"][0]["id"].get<std::string>()).error(),
            "400 Request_BadRequest");
  const auto ada = add_user("ada");
  give_role(kGlobalAdministrator, ada);
  const auto mine = token_of("ada@freehold.test");
  EXPECT_EQ(call(Method::kDelete, admin, nullptr, mine).status, 204);
  EXPECT_EQ(call(Method::kPatch, "/users/" + ada, {{"accountEnabled", false}}, mine).error(), "400 Request_BadRequest");
  EXPECT_EQ(call(Method::kDelete, "/users/" + ada, nullptr, mine).error(), "400 Request_BadRequest");
}

// A credential that waits for a deleted service principal to come back with its roles.
TEST_F(Graph, AnAdministratorsApplicationIsOutOfReachWhileItIsDeleted) {
  const auto ada = add_user("ada");
  give_role("9b895d92-2cd3-44c7-9d02-a6ac2d5ea5c3", ada);  // Application Administrator
  const auto mine = token_of("ada@freehold.test");
  const auto app = call(Method::kPost, "/applications", {{"displayName", "strong"}});
  const auto principal = call(Method::kPost, "/servicePrincipals", {{"appId", app.body["appId"]}}).id();
  const auto add = [&] {
    return call(Method::kPost, "/applications/" + app.id() + "/addPassword", json::object(), mine);
  };
  EXPECT_EQ(add().status, 200);
  give_role(kGlobalAdministrator, principal);
  EXPECT_EQ(add().status, 403);
  EXPECT_EQ(call(Method::kDelete, "/servicePrincipals/" + principal).status, 204);
  EXPECT_EQ(add().status, 403);
}

// A circle and a chain are followed to their ends, at each change: how far is bounded.
TEST(Memberships, GroupsInGroupsAreFollowedSoFar) {
  ObjectMap<Group> chain;
  PrincipalId last;
  const auto add = [&](int number) {
    Group group{.object = {}, .name = "g"};
    group.object.bytes[0] = 1;
    group.object.bytes[1] = static_cast<std::uint8_t>(number >> 8);
    group.object.bytes[2] = static_cast<std::uint8_t>(number);
    if (last != PrincipalId{}) group.members.push_back(last);
    last = group.object;
    chain.emplace(last, std::make_shared<const Group>(std::move(group)));
  };
  for (int i = 0; i < 5; ++i) add(i);
  EXPECT_TRUE(all_groups(chain));
  EXPECT_FALSE(all_groups(chain, 3));
  for (int i = 5; i < 1'500; ++i) add(i);
  Objects objects;
  objects.groups = chain;
  EXPECT_EQ(Snapshot::of({}, objects).error().code, ErrorCode::kExhausted);
}

}  // namespace
}  // namespace freehold::directory
