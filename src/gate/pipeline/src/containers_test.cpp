// Callers whom a container lets in: anonymous ones and those of stored access policies.
#include "pipeline_fixture.h"

namespace freehold::gate {
namespace {

using http::Method;

// Containers that the test changes between requests.
class Books final : public ContainerDirectory {
 public:
  Task<Result<std::shared_ptr<const ContainerAccess>>> find(std::shared_ptr<const StorageAccount> account,
                                                            std::string name) override {
    asked.push_back(account->name + "/" + name);
    running = pipeline != nullptr ? pipeline->running() : 0;
    if (explodes) throw std::runtime_error("no more memory");
    if (away) co_return fail(ErrorCode::kUnavailable, "the store is away");
    if (name != "book") co_return nullptr;
    co_return std::make_shared<const ContainerAccess>(access);
  }
  Task<Result<std::vector<std::pair<std::string, std::string>>>> tags_of(std::shared_ptr<const StorageAccount>,
                                                                         const Target&, const http::Request&) override {
    ++tags_asked;
    if (away) co_return fail(ErrorCode::kUnavailable, "the store is away");
    co_return tags;
  }
  ContainerAccess access;
  std::vector<std::pair<std::string, std::string>> tags;
  int tags_asked = 0;
  bool away = false;
  bool explodes = false;
  const Pipeline* pipeline = nullptr;
  std::size_t running = 0;
  std::vector<std::string> asked;
};

class ContainersTest : public PipelineTest {
 protected:
  ContainersTest() {
    auto open = std::make_shared<StorageAccount>();
    open->id.bytes.fill(0x0e);
    open->tenant.bytes.fill(0x77);
    open->name = "open";
    open->keys[0] = Secret(kKey);
    open->allow_public_access = true;
    accounts_.add(open);
    service_.directory = &books_;
    books_.pipeline = pipeline_.get();
  }
  std::string stranger(std::string_view url, HeaderList headers = {}) {
    return status_of(send(make_request(Method::kGet, url, std::move(headers))));
  }
  std::string by_policy(std::string id) {
    ResourceSasFields sas{.resource = "c", .identifier = std::move(id)};
    return stranger("https://acct1.notes.test/book/note?" + service_sas_query(sas, "/blob/acct1/book", kKey));
  }
  Books books_;
};

TEST_F(ContainersTest, AnonymousReadersComeInAsFarAsTheContainerIsOpen) {
  const std::string note = "https://open.notes.test/book/note";
  const std::string list = "https://open.notes.test/book?restype=container";
  EXPECT_EQ(stranger(note), "404 ResourceNotFound");
  books_.access.public_access = PublicAccess::kBlob;
  EXPECT_EQ(stranger(note), "200 ");
  EXPECT_EQ(stranger(list), "404 ResourceNotFound");
  books_.access.public_access = PublicAccess::kContainer;
  EXPECT_EQ(stranger(list), "200 ");
  EXPECT_EQ(stranger("https://open.notes.test/other/note"), "404 ResourceNotFound");
  EXPECT_EQ(stranger("https://open.notes.test/other/note", {{"x-ms-version", "2021-06-08"}}),
            "401 NoAuthenticationInformation");
  EXPECT_EQ(status_of(send(make_request(Method::kPut, note))), "404 ResourceNotFound");
  EXPECT_EQ(log_.take_entries().back().record.credential, "Anonymous");
}

TEST_F(ContainersTest, AnAccountThatIsClosedKeepsStrangersOutWhateverItsContainersSay) {
  books_.access.public_access = PublicAccess::kContainer;
  EXPECT_EQ(stranger("https://acct1.notes.test/book/note"), "409 PublicAccessNotPermitted");
  EXPECT_TRUE(books_.asked.empty());
}

TEST_F(ContainersTest, ASasOfAStoredPolicyDiesWithIt) {
  books_.access.policies = {{.id = "readers", .expiry = clock_.now() + std::chrono::hours(1), .permissions = "r"}};
  EXPECT_EQ(by_policy("readers"), "200 ");
  EXPECT_EQ(log_.take_entries().back().record.credential, "ServiceSas");
  books_.access.policies[0].permissions = "w";
  EXPECT_EQ(by_policy("readers"), "403 AuthorizationPermissionMismatch");
  books_.access.policies[0].permissions = "r";
  books_.access.policies[0].expiry = clock_.now();
  EXPECT_EQ(by_policy("readers"), "403 AuthenticationFailed");
  books_.access.policies.clear();
  EXPECT_EQ(by_policy("readers"), "403 AuthenticationFailed");
}

TEST_F(ContainersTest, AContainerThatCantBeLookedAtLetsNobodyInWhoNeedsIt) {
  books_.access.public_access = PublicAccess::kContainer;
  books_.away = true;
  EXPECT_EQ(stranger("https://open.notes.test/book/note"), "503 ServerBusy");
  EXPECT_EQ(by_policy("readers"), "503 ServerBusy");
  EXPECT_EQ(read_note().status, 200);  // whoever has a key doesn't need it
  books_.away = false;
  books_.explodes = true;
  EXPECT_EQ(stranger("https://open.notes.test/book/note"), "500 InternalError");
  EXPECT_EQ(pipeline_->running(), 0u);
}

TEST_F(ContainersTest, LookingTakesAPlaceInside) {
  books_.access.public_access = PublicAccess::kBlob;
  EXPECT_EQ(stranger("https://open.notes.test/book/note"), "200 ");
  EXPECT_EQ(books_.running, 1u);
  EXPECT_EQ(pipeline_->running(), 0u);
}

TEST_F(ContainersTest, AUserDelegationSasNeedsSomebodyToTellWhatItsDelegatorMay) {
  const auto account = accounts_.find("acct1");
  DelegationKeyFields made;
  made.tenant = account->tenant;
  made.start = clock_.now();
  made.expiry = clock_.now() + std::chrono::hours(1);
  made.version = "2021-06-08";
  const DelegationSasFields delegation{.key_object = to_string(made.object),
                                       .key_tenant = to_string(made.tenant),
                                       .key_start = rfc3339(made.start),
                                       .key_expiry = rfc3339(made.expiry),
                                       .key_service = made.service,
                                       .key_version = made.version};
  const ResourceSasFields sas{.permissions = "r", .expiry = rfc3339(made.expiry)};
  const auto url =
      "https://acct1.notes.test/book/note?" +
      delegation_sas_query(sas, delegation, "/blob/acct1/book/note", delegation_key(*account, made).view());
  EXPECT_EQ(stranger(url), "403 AuthorizationPermissionMismatch");
  testing::FakeDelegators delegators;
  make_pipeline({.delegators = &delegators});
  EXPECT_EQ(stranger(url), "200 ");
  EXPECT_EQ(log_.take_entries().back().record.credential, "UserDelegationSas");
  delegators.allowed = false;
  EXPECT_EQ(stranger(url), "403 AuthorizationPermissionMismatch");
}

// Callers by token whose roles have conditions on the tags of what they ask for.
class TagsTest : public TokenCallerTest {
 protected:
  TagsTest() { service_.directory = &books_; }
  void give(std::string_view role, std::string condition) {
    roles_.clear();
    roles_.assign(tenant_, me_, role, "/", std::move(condition));
  }
  std::string by_token(Method method) { return status_of(send_token(method)); }
  const std::string kTagged =
      "@Resource[Microsoft.Storage/storageAccounts/blobServices/containers/blobs/tags:class<$key_case_sensitive$>] "
      "StringEquals 'open'";
  Books books_;
};

TEST_F(TagsTest, AreLookedUpWhereAConditionAsksForThem) {
  give(authz::roles::kStorageBlobDataReader, kTagged);
  EXPECT_EQ(by_token(Method::kGet), "403 AuthorizationPermissionMismatch");
  books_.tags = {{"class", "secret"}};
  EXPECT_EQ(by_token(Method::kGet), "403 AuthorizationPermissionMismatch");
  books_.tags = {{"class", "open"}};
  EXPECT_EQ(by_token(Method::kGet), "200 ");
  EXPECT_EQ(books_.tags_asked, 3);
  EXPECT_EQ(pipeline_->running(), 0u);
}

TEST_F(TagsTest, AreLeftAloneWhereTheyChangeNothing) {
  EXPECT_EQ(by_token(Method::kGet), "403 AuthorizationPermissionMismatch");
  give(authz::roles::kStorageBlobDataReader, kTagged + " OR 1 NumericEquals 1");
  EXPECT_EQ(by_token(Method::kGet), "200 ");
  give(authz::roles::kStorageBlobDataReader, kTagged + " AND 1 NumericEquals 2");
  EXPECT_EQ(by_token(Method::kGet), "403 AuthorizationPermissionMismatch");
  EXPECT_EQ(books_.tags_asked, 1);
}

// The right to make a blob is there without them, the right to replace one may hang on them.
TEST_F(TagsTest, MayGiveMoreThanTheLesserAction) {
  give(authz::roles::kStorageBlobDataContributor, kTagged);
  roles_.assign(tenant_, me_, authz::roles::kStorageBlobDataReader);
  EXPECT_EQ(by_token(Method::kPut), "201 ");
  EXPECT_TRUE(service_.only_creates);
  books_.tags = {{"class", "open"}};
  EXPECT_EQ(by_token(Method::kPut), "201 ");
  EXPECT_FALSE(service_.only_creates);
}

TEST_F(TagsTest, ThatCantBeKnownNowLetNobodyIn) {
  give(authz::roles::kStorageBlobDataReader, kTagged);
  books_.away = true;
  EXPECT_EQ(by_token(Method::kGet), "503 ServerBusy");
  EXPECT_TRUE(service_.calls.empty());
}

}  // namespace
}  // namespace freehold::gate
