// A service whose callers are principals of the directory and whose resources are no account's.
#include <functional>

#include "http/no_body.h"
#include "pipeline/testing/token_matrix.h"
#include "pipeline_fixture.h"

namespace freehold::gate {
namespace {

using testing::TokenMatrix;

struct ReadShelf {
  static constexpr std::string_view kName = "Shelves/read";
};
struct WriteShelf {
  static constexpr std::string_view kName = "Shelves/write";
};
struct FillShelf {
  static constexpr std::string_view kName = "Shelves/fill";
};
struct ListShelves {};
struct TidyShelves {
  static constexpr std::string_view kName = "TidyShelves";
};
struct GetMetadata {
  static constexpr std::string_view kName = "Metadata/read";
};

class ShelfRules final : public TokenRules {
 public:
  [[nodiscard]] bool takes_audience(std::string_view audience) const override {
    return audience == "https://shelves.test";
  }
  [[nodiscard]] bool allows(const Identity& who, const http::Request&, const Target&,
                            std::string_view action) const override {
    ++asked;
    return allowed.contains({who.object, std::string(action)});
  }
  [[nodiscard]] ApiError refuse_action(const Identity&, const http::Request&, const Target&,
                                       std::string_view action) const override {
    return {.status = 403, .code = "AuthorizationFailed", .message = "no " + std::string(action)};
  }
  std::set<std::pair<PrincipalId, std::string>> allowed;
  mutable unsigned asked = 0;
};

class ShelfService final : public ServiceGate {
 public:
  ShelfService() {
    const auto row = [](http::Method method, std::string_view path, std::string_view action) {
      return RouteSpec{.method = method,
                       .scope = Scope::kSystem,
                       .path = path,
                       .credentials = kBearer,
                       .data_action = action,
                       .any_caller = action.empty(),
                       .audit = method == http::Method::kGet ? AuditClass::kRead : AuditClass::kControl};
    };
    add<ReadShelf>(row(http::Method::kGet, "/shelves/{name}", "Shelves/read"),
                   [](Permit<ReadShelf> permit) { return answer(permit.tenant()); });
    auto write = row(http::Method::kPatch, "/shelves/{name}", "Shelves/write");
    write.further_actions = {{.name = "x-lock", .value = "", .action = "Shelves/lock"}};
    add<WriteShelf>(write, [](Permit<WriteShelf> permit) { return write_shelf(std::move(permit)); });
    add<FillShelf>(row(http::Method::kPut, "/shelves/{name}", "Shelves/fill"),
                   [this](Permit<FillShelf> permit) { return fill_shelf(std::move(permit)); });
    auto top_up = row(http::Method::kPut, "/shelves/{name}/rest", "Shelves/fill");
    top_up.audit = AuditClass::kWrite;
    add_as<FillShelf>("Shelves/topUp", top_up,
                      [this](Permit<FillShelf> permit) { return fill_shelf(std::move(permit)); });
    add_as<ListShelves>("Shelves/all", row(http::Method::kGet, "/shelves", ""),
                        [](Permit<ListShelves> permit) { return answer(permit.tenant()); });
    auto open = row(http::Method::kGet, "/metadata", "");
    open.credentials = kAnonymous;
    open.any_caller = false;
    add<GetMetadata>(open, [](Permit<GetMetadata> permit) { return answer(permit.tenant()); });
    auto sealed = row(http::Method::kPost, "/shelves/{name}/seal", "Shelves/seal");
    sealed.operation = "Shelves/seal";
    add_unimplemented(sealed);
    add_job<TidyShelves>(DataClass::kCustomerData, AuditClass::kControl);
  }
  [[nodiscard]] bool claims(const http::Request& request, Target& target) const override {
    if (request.listener != http::Listener::kHttps || request.host != "shelves.test") return false;
    target.scope = Scope::kSystem;
    if (request.path == "/shelves/theirs") target.tenant.bytes.fill(0x66);
    return true;
  }
  [[nodiscard]] ApiResult<int> check_version(const http::Request&) const override { return 1; }
  [[nodiscard]] http::Response render(const ApiError& error, const http::Request&) const override {
    http::Response response;
    response.status = error.status;
    response.body = error.message;
    return response;
  }
  [[nodiscard]] ApiError no_such_route(const http::Request&, Scope) const override { return {.status = 404}; }
  void finish(http::Response&, const http::Request&, const Admission&) const override {}
  [[nodiscard]] const TokenRules* tokens() const override { return &rules; }

  ShelfRules rules;
  std::size_t filled = 0;

 private:
  Task<Reply> fill_shelf(Permit<FillShelf> permit) {
    const auto body = co_await http::read_all(*permit.request().body, 64 * 1024 * 1024);
    if (!body) co_return std::unexpected(ApiError{.status = 400, .code = "BodyBroken"});
    filled = body->size();
    co_return http::Response();
  }
  static Task<Reply> answer(TenantId tenant) {
    http::Response response;
    response.body = to_string(tenant);
    co_return response;
  }
  // Reads another shelf in its caller's name.
  static Task<Reply> write_shelf(Permit<WriteShelf> permit) {
    auto part = testing::make_request(http::Method::kGet, "https://shelves.test/shelves/other");
    part.body = &http::no_body();
    co_return co_await permit.ask(part, AskedBy::kCaller);
  }
};

// Something happens before its last byte comes.
class LateBody final : public http::BodyReader {
 public:
  LateBody(std::size_t bytes, std::function<void()> meanwhile) : left_(bytes), meanwhile_(std::move(meanwhile)) {}
  bool at_hand = false;
  [[nodiscard]] bool is_at_hand() const override { return at_hand; }
  [[nodiscard]] std::optional<std::uint64_t> length() const override { return left_; }
  [[nodiscard]] http::Task<Result<std::size_t>> read_some(std::span<char> out) override {
    const auto n = std::min(out.size(), left_ > 1 ? left_ - 1 : left_);
    if (left_ == 1 && meanwhile_) meanwhile_();
    std::fill_n(out.begin(), n, 'x');
    left_ -= n;
    co_return n;
  }

 private:
  std::size_t left_;
  std::function<void()> meanwhile_;
};

class TokensTest : public PipelineTest {
 protected:
  TokensTest() {
    tenant_.bytes.fill(0x44);
    me_.bytes.fill(0x0c);
    identities_.put({.tenant = tenant_, .object = me_});
    make_pipeline({.bearer = &trust_});
    pipeline_->add(shelves_);
  }
  http::Response call(http::Method method, std::string_view url, HeaderList headers = {}) {
    auto claims = testing::good_claims(tenant_, me_, clock_.now());
    claims["aud"] = "\"https://shelves.test\"";
    headers.emplace_back("authorization", "Bearer " + testing::token_of(claims));
    return send(make_request(method, url, std::move(headers)));
  }
  // "403 AuthorizationFailed" of a body of so many bytes, before whose end `meanwhile` happens.
  std::string fill(std::size_t bytes, std::function<void()> meanwhile, bool at_hand = false,
                   const std::string& shelf = "mine") {
    auto claims = testing::good_claims(tenant_, me_, clock_.now());
    claims["aud"] = "\"https://shelves.test\"";
    auto request = make_request(http::Method::kPut, "https://shelves.test/shelves/" + shelf,
                                {{"authorization", "Bearer " + testing::token_of(claims)}});
    LateBody body(bytes, std::move(meanwhile));
    body.at_hand = at_hand;
    request.body = &body;
    const auto answer = status_of(runtime::run_blocking(pipeline_->handle(request)));
    EXPECT_EQ(request.body, &body);
    return answer;
  }
  std::string read(std::string_view url = "https://shelves.test:8443/shelves/mine") {
    return status_of(call(http::Method::kGet, url));
  }

  // Reads a shelf, in the caller's name, by a job of its own.
  std::string read_by_job(std::string audience = "https://shelves.test", std::string shelf = "mine") {
    auto said = std::make_shared<std::string>();
    auto work = [this, said, shelf](Permit<TidyShelves> permit) -> Task<Result<>> {
      auto part = testing::make_request(http::Method::kGet, "https://shelves.test/shelves/" + shelf);
      part.body = &http::no_body();
      const auto response = co_await permit.ask(part, AskedBy::kCaller);
      *said = status_of(response);
      co_return Result<>();
    };
    Job job{.tenant = tenant_, .resource = "/shelves"};
    job.on_behalf = OnBehalf{.tenant = tenant_, .object = me_, .application = {}, .audience = std::move(audience)};
    EXPECT_TRUE(runtime::run_blocking(pipeline_->run_job<TidyShelves>(std::move(job), work)));
    return *said;
  }

  TenantId tenant_;
  PrincipalId me_;
  testing::TestAuthority authority_;
  testing::TestIdentities identities_;
  BearerTrust trust_{authority_, identities_, {}};
  ShelfService shelves_;
};

TEST_F(TokensTest, TheServicesRulesDecideAndTheCallersTenantIsTheRequests) {
  EXPECT_EQ(read(), "403 AuthorizationFailed");
  shelves_.rules.allowed.insert({me_, "Shelves/read"});
  const auto response = call(http::Method::kGet, "https://shelves.test/shelves/mine");
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(std::get<Bytes>(response.body), to_string(tenant_));
  const auto entries = log_.take_entries();
  ASSERT_EQ(entries.size(), 2u);
  EXPECT_EQ(entries[1].record.tenant, tenant_);
  EXPECT_EQ(entries[1].record.credential, "Bearer");
  EXPECT_EQ(entries[1].record.caller, to_string(me_));
  EXPECT_EQ(entries[1].record.operation, "Shelves/read");
  EXPECT_EQ(entries[1].record.resource, "/shelves/mine");
  EXPECT_EQ(entries[0].record.decision, "denied");
}

TEST_F(TokensTest, WhatHeadersAskForBesidesIsAskedOfTheRulesToo) {
  shelves_.rules.allowed.insert({me_, "Shelves/write"});
  shelves_.rules.allowed.insert({me_, "Shelves/read"});
  const auto refused = call(http::Method::kPatch, "https://shelves.test/shelves/mine", {{"x-lock", "1"}});
  EXPECT_EQ(refused.status, 403);
  EXPECT_EQ(std::get<Bytes>(refused.body), "no Shelves/lock");
  EXPECT_EQ(call(http::Method::kPatch, "https://shelves.test/shelves/mine").status, 200);
}

TEST_F(TokensTest, AChallengeSaysWhereToSignIn) {
  const auto refused = send(make_request(http::Method::kGet, "https://shelves.test:8443/shelves/mine"));
  EXPECT_EQ(status_of(refused), "401 AuthenticationFailed");
  EXPECT_EQ(refused.headers.get("www-authenticate"),
            "Bearer authorization_uri=\"https://login.test:8443/common\", error=\"invalid_token\", error_description="
            "\"Authentication failed. The 'Authorization' header is missing.\"");
}

// Whose resource it is is told, as Azure does for a subscription: who has accounts in many tenants needs to know.
TEST_F(TokensTest, AnotherTenantsResourceWantsAnotherTenantsToken) {
  const auto refused = call(http::Method::kGet, "https://shelves.test/shelves/theirs");
  EXPECT_EQ(status_of(refused), "401 InvalidAuthenticationTokenTenant");
  TenantId theirs;
  theirs.bytes.fill(0x66);
  EXPECT_TRUE(refused.headers.get("www-authenticate").contains("https://login.test/" + to_string(theirs) + "\""));
}

// A part in its caller's name is decided by that caller's rights, one by one.
TEST_F(TokensTest, APartIsItsCallers) {
  shelves_.rules.allowed.insert({me_, "Shelves/write"});
  EXPECT_EQ(status_of(call(http::Method::kPatch, "https://shelves.test/shelves/mine")), "403 AuthorizationFailed");
  shelves_.rules.allowed.insert({me_, "Shelves/read"});
  EXPECT_EQ(call(http::Method::kPatch, "https://shelves.test/shelves/mine").status, 200);
  const auto entries = log_.take_entries();
  EXPECT_EQ(entries.back().record.operation, "Shelves/write");
  EXPECT_EQ(entries[entries.size() - 2].record.operation, "Shelves/read");
  EXPECT_EQ(entries[entries.size() - 2].record.caller, to_string(me_));
}

// A body may be hours in coming: nobody keeps a right by having begun.
TEST_F(TokensTest, RightsAreAskedAgainWhenTheBodyHasCome) {
  shelves_.rules.allowed.insert({me_, "Shelves/fill"});
  EXPECT_EQ(fill(10, nullptr), "200 ");
  EXPECT_EQ(std::exchange(shelves_.filled, 0), 10u);
  EXPECT_EQ(fill(10, [this] { shelves_.rules.allowed.clear(); }), "403 AuthorizationFailed");
  EXPECT_EQ(log_.take_entries().back().record.decision, "denied");
  shelves_.rules.allowed.insert({me_, "Shelves/fill"});
  const auto disabled = fill(10, [this] { identities_.put({.tenant = tenant_, .object = me_, .enabled = false}); });
  EXPECT_EQ(disabled, "401 InvalidAuthenticationToken");
  EXPECT_EQ(shelves_.filled, 0u);
}

// Nothing can happen between the decision and the end of a body that came with its head, but where the act has to be on
// record first.
TEST_F(TokensTest, OfABodyAtHandRightsAreAskedOnceWhereNothingIsWaitedFor) {
  shelves_.rules.allowed.insert({me_, "Shelves/fill"});
  const auto asked = [&](bool at_hand, const std::string& shelf) {
    const auto before = shelves_.rules.asked;
    EXPECT_EQ(fill(10, nullptr, at_hand, shelf), "200 ");
    return shelves_.rules.asked - before;
  };
  EXPECT_EQ(asked(true, "mine/rest"), 1u);
  EXPECT_EQ(asked(false, "mine/rest"), 2u);
  EXPECT_EQ(asked(true, "mine"), 2u);
}

TEST_F(TokensTest, BodiesOfATenantTakeABoundedRoomAtOnce) {
  shelves_.rules.allowed.insert({me_, "Shelves/fill"});
  const std::size_t half = 20 * 1024 * 1024;
  std::string inner;
  EXPECT_EQ(fill(half, [&] { inner = fill(half, nullptr); }), "200 ");
  EXPECT_EQ(inner, "503 ServerBusy");
  EXPECT_EQ(fill(half, nullptr), "200 ");
}

// Work that goes on behind its caller's request is the caller's until its end, and no longer than the caller may.
TEST_F(TokensTest, AJobActsForItsCallerAsThatOneIsNow) {
  EXPECT_EQ(read_by_job(), "403 AuthorizationFailed");
  shelves_.rules.allowed.insert({me_, "Shelves/read"});
  (void)log_.take_entries();
  EXPECT_EQ(read_by_job(), "200 ");
  for (const auto& entry : log_.take_entries()) {
    EXPECT_EQ(entry.record.credential, "OnBehalf");
    EXPECT_EQ(entry.record.caller, to_string(me_));
    EXPECT_EQ(entry.record.tenant, tenant_);
  }
  EXPECT_EQ(read_by_job("https://shelves.elsewhere"), "401 InvalidAuthenticationTokenAudience");
  EXPECT_EQ(read_by_job("https://shelves.test", "theirs"), "401 InvalidAuthenticationTokenTenant");
  identities_.put({.tenant = tenant_, .object = me_, .enabled = false});
  EXPECT_EQ(read_by_job(), "403 AuthorizationFailed");
  identities_.remove(tenant_, me_);
  EXPECT_EQ(read_by_job(), "403 AuthorizationFailed");
}

TEST_F(TokensTest, RowsFromDataKeepTheirNames) {
  EXPECT_EQ(read("https://shelves.test/shelves"), "200 ");
  EXPECT_EQ(log_.take_entries().back().record.operation, "Shelves/all");
}

TEST_F(TokensTest, NobodyGetsInWhoMustNotAndEveryoneWhoMay) {
  TokenMatrix matrix(shelves_, {.host = "shelves.test", .audience = "https://shelves.test", .query = ""});
  for (const auto& fault : matrix.run()) ADD_FAILURE() << fault;
  EXPECT_EQ(matrix.cases(), 6u * 16u + 3u);
}

}  // namespace
}  // namespace freehold::gate
