// Tags have rights of their own: who may read and write blobs by role, or by a SAS whose delegator may, can't touch
// tags by way of other operations. The service's own rows behind a pipeline, with handlers that only count.
#include "pipeline/testing/route_matrix.h"
#include "src/test_region.h"

namespace freehold::blob {
namespace {

using gate::testing::HeaderList;
using http::Method;
namespace roles = gate::authz::roles;

constexpr std::string_view kHost = "https://acct1.blob.core.freehold.test";
const HeaderList kPut = {{"x-ms-blob-type", "BlockBlob"}};
const std::pair<std::string, std::string> kTags{"x-ms-tags", "class=public"};
const std::pair<std::string, std::string> kIfTags{"x-ms-if-tags", "\"class\"='secret'"};

HeaderList from_url(std::string option, bool synchronous) {
  HeaderList headers = {{"x-ms-copy-source", "https://acct1.blob.core.freehold.test/box/source"},
                        {"x-ms-copy-source-tag-option", std::move(option)}};
  headers.emplace_back(synchronous ? "x-ms-requires-sync" : "x-ms-blob-type", synchronous ? "true" : "BlockBlob");
  return headers;
}

class TagRights : public testing::TestRegion, public ::testing::Test {
 protected:
  TagRights() : twin_(service->gate()) {
    auto account = std::make_shared<gate::StorageAccount>();
    account->tenant.bytes.fill(1);
    account->name = "acct1";
    account->keys[0] = Secret(BytesView("the key of acct1"));
    account->delegation_secret = Secret(BytesView("a secret"));
    account_ = account;
    accounts_.add(account);
    me_.bytes.fill(0x0c);
    identities_.put({.tenant = account->tenant, .object = me_});
    door_.add(twin_);
  }
  void have(std::string_view role) {
    roles_.clear();
    roles_.assign(account_->tenant, me_, role);
  }
  std::string outcome(http::Request request) {
    testing::BytesBody body("");
    request.body = &body;
    const auto response = runtime::run_blocking(door_.handle(request));
    return response.status == 200 ? "in" : std::string(response.headers.get("x-ms-error-code"));
  }
  std::string by_token(Method method, std::string_view path, HeaderList headers = {}) {
    headers.emplace_back("x-ms-version", "2021-12-02");
    const auto token = gate::testing::token_of(gate::testing::good_claims(account_->tenant, me_, clock.now()));
    headers.emplace_back("authorization", "Bearer " + token);
    return outcome(gate::testing::make_request(method, std::string(kHost) + std::string(path), std::move(headers)));
  }
  // Of a SAS on the container.
  gate::ResourceSasFields fields(std::string permissions) const {
    return {
        .resource = "c", .permissions = std::move(permissions), .expiry = rfc3339(clock.now() + std::chrono::hours(1))};
  }
  std::string delegated(std::string permissions) const {
    const gate::DelegationKeyFields made{.object = me_,
                                         .tenant = account_->tenant,
                                         .start = clock.now() - std::chrono::hours(1),
                                         .expiry = clock.now() + std::chrono::hours(2),
                                         .version = "2021-06-08"};
    const gate::DelegationSasFields d{.key_object = to_string(me_),
                                      .key_tenant = to_string(made.tenant),
                                      .key_start = rfc3339(made.start),
                                      .key_expiry = rfc3339(made.expiry),
                                      .key_service = "b",
                                      .key_version = made.version};
    const auto right = gate::delegation_key(*account_, made);
    return gate::delegation_sas_query(fields(std::move(permissions)), d, "/blob/acct1/box", right.view());
  }
  std::string by_key_sas(std::string permissions) const {
    return gate::service_sas_query(fields(std::move(permissions)), "/blob/acct1/box", "the key of acct1");
  }
  std::string by_sas(const std::string& sas, Method method, const std::string& path, HeaderList headers = {}) {
    headers.emplace_back("x-ms-version", "2021-12-02");
    const auto url = std::string(kHost) + path + (path.contains('?') ? "&" : "?") + sas;
    return outcome(gate::testing::make_request(method, url, std::move(headers)));
  }

  gate::testing::FakeAccounts accounts_;
  std::shared_ptr<const gate::StorageAccount> account_;
  PrincipalId me_;
  gate::testing::TwinGate twin_;
  gate::testing::TestAuthority authority_;
  gate::testing::TestIdentities identities_;
  gate::authz::testing::FixedRoles roles_;
  gate::authz::FlatTree tree_;
  gate::authz::StorageAccess access_{roles_, identities_, tree_};
  gate::BearerTrust trust_{authority_, identities_, {}};
  gate::Pipeline door_{accounts_, log, clock, random, {.delegators = &access_, .bearer = &trust_, .access = &access_}};
};

const std::string kRefused = "AuthorizationPermissionMismatch";

HeaderList with(HeaderList headers, std::pair<std::string, std::string> more) {
  headers.push_back(std::move(more));
  return headers;
}

TEST_F(TagRights, ATokenNeedsThemWhereverTagsAreTouched) {
  for (const bool owner : {false, true}) {
    have(owner ? roles::kStorageBlobDataOwner : roles::kStorageBlobDataContributor);
    const std::string tags = owner ? "in" : kRefused;
    EXPECT_EQ(by_token(Method::kPut, "/box/b", kPut), "in");
    EXPECT_EQ(by_token(Method::kPut, "/box/b", with(kPut, kTags)), tags);
    EXPECT_EQ(by_token(Method::kGet, "/box/b", {kIfTags}), tags);
    EXPECT_EQ(by_token(Method::kGet, "/box/b?comp=tags"), tags);
    for (const bool synchronous : {true, false}) {
      EXPECT_EQ(by_token(Method::kPut, "/box/b", from_url("COPY", synchronous)), tags);
      EXPECT_EQ(by_token(Method::kPut, "/box/b", from_url("copy", synchronous)), tags);
      EXPECT_EQ(by_token(Method::kPut, "/box/b", from_url("REPLACE", synchronous)), "in");
    }
    const std::string list = "/box?restype=container&comp=list";
    EXPECT_EQ(by_token(Method::kGet, list), "in");
    EXPECT_EQ(by_token(Method::kGet, list + "&include=metadata"), "in");
    EXPECT_EQ(by_token(Method::kGet, list + "&include=metadata,Tags"), tags);
  }
  have(roles::kStorageBlobDataReader);
  EXPECT_EQ(by_token(Method::kGet, "/box?restype=container&comp=list&include=tags"), kRefused);
}

TEST_F(TagRights, ACopiedTagNeedsTheSasLetterOnTheDestination) {
  for (const bool synchronous : {true, false}) {
    EXPECT_EQ(by_sas(by_key_sas("w"), Method::kPut, "/box/b", from_url("COPY", synchronous)), kRefused);
    EXPECT_EQ(by_sas(by_key_sas("w"), Method::kPut, "/box/b", from_url("cOpY", synchronous)), kRefused);
    EXPECT_EQ(by_sas(by_key_sas("w"), Method::kPut, "/box/b", from_url("REPLACE", synchronous)), "in");
    EXPECT_EQ(by_sas(by_key_sas("wt"), Method::kPut, "/box/b", from_url("COPY", synchronous)), "in");
  }
}

TEST_F(TagRights, ADelegatorGivesNoMoreThanItHas) {
  for (const bool owner : {false, true}) {
    have(owner ? roles::kStorageBlobDataOwner : roles::kStorageBlobDataContributor);
    const std::string tags = owner ? "in" : kRefused;
    const auto sas = delegated("rwlt");
    EXPECT_EQ(by_sas(sas, Method::kPut, "/box/b", kPut), "in");
    EXPECT_EQ(by_sas(sas, Method::kPut, "/box/b", with(kPut, kTags)), tags);
    EXPECT_EQ(by_sas(sas, Method::kGet, "/box/b", {kIfTags}), tags);
    EXPECT_EQ(by_sas(sas, Method::kPut, "/box/b", from_url("COPY", true)), tags);
    EXPECT_EQ(by_sas(sas, Method::kPut, "/box/b", from_url("REPLACE", true)), "in");
    const std::string list = "/box?restype=container&comp=list";
    EXPECT_EQ(by_sas(sas, Method::kGet, list + "&include=copy"), "in");
    EXPECT_EQ(by_sas(sas, Method::kGet, list + "&include=tags"), tags);
  }
}

}  // namespace
}  // namespace freehold::blob
