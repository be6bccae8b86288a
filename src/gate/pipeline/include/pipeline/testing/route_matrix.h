// The route matrix: every row of a service, each with every kind of caller that must not get in, and one that must.
//
//   RouteMatrix matrix(my_gate, {.host = "acct1.blob.core.freehold.localhost"});
//   EXPECT_THAT(matrix.run(), ::testing::IsEmpty());
//   EXPECT_GE(matrix.cases(), my_gate.rows().size() * 9);
//
// The service's own handlers don't run: its rows, claims, versions and errors are put in a pipeline of their own with
// handlers that count their calls.
#pragma once

#include <algorithm>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "authn/signing.h"
#include "authn/testing/test_account.h"
#include "authn/testing/test_tokens.h"
#include "authz/testing/fixed_roles.h"
#include "authz/testing/flat_tree.h"
#include "base/clock.h"
#include "base/encoding.h"
#include "base/random.h"
#include "pipeline/pipeline.h"
#include "pipeline/testing/fake_log.h"
#include "route/testing/make_request.h"
#include "runtime/task_scope.h"

namespace freehold::gate::testing {

// Accounts in memory.
class FakeAccounts final : public AccountDirectory {
 public:
  void add(std::shared_ptr<const StorageAccount> account) { accounts_[account->name] = std::move(account); }
  [[nodiscard]] std::shared_ptr<const StorageAccount> find(std::string_view name) const override {
    auto at = accounts_.find(name);
    return at == accounts_.end() ? nullptr : at->second;
  }

 private:
  std::map<std::string, std::shared_ptr<const StorageAccount>, std::less<>> accounts_;
};

// A container named "container" with whatever access the test gives it.
class FakeContainers final : public ContainerDirectory {
 public:
  Task<Result<std::shared_ptr<const ContainerAccess>>> find(std::shared_ptr<const StorageAccount>,
                                                            std::string name) override {
    if (name != "container") co_return nullptr;
    co_return std::make_shared<const ContainerAccess>(access);
  }
  Task<Result<std::vector<std::pair<std::string, std::string>>>> tags_of(std::shared_ptr<const StorageAccount>,
                                                                         const Target&, const http::Request&) override {
    co_return std::vector<std::pair<std::string, std::string>>();
  }
  ContainerAccess access;
};

// Delegators who may do everything, or nothing.
class FakeDelegators final : public DelegatorRights {
 public:
  [[nodiscard]] bool may(const Delegator&, const StorageAccount&, const Target&, std::string_view,
                         const AskedFor&) const override {
    return allowed;
  }
  bool allowed = true;
};

// Another service's rules in its own words, but that let everybody do everything, or nothing.
class FakeRules final : public TokenRules {
 public:
  explicit FakeRules(const TokenRules* original) : original_(original) {}
  [[nodiscard]] bool takes_audience(std::string_view audience) const override {
    return original_->takes_audience(audience);
  }
  [[nodiscard]] bool allows(const Identity&, const http::Request&, const Target&, std::string_view) const override {
    return allowed;
  }
  [[nodiscard]] ApiError refuse_token(TokenFault fault) const override { return original_->refuse_token(fault); }
  [[nodiscard]] ApiError refuse_action(const Identity& who, const http::Request& request, const Target& target,
                                       std::string_view action) const override {
    return original_->refuse_action(who, request, target, action);
  }
  [[nodiscard]] std::string challenge(const ApiError& error, TenantId tenant, std::string_view port,
                                      const TokenAuthority& authority) const override {
    return original_->challenge(error, tenant, port, authority);
  }
  bool allowed = true;

 private:
  const TokenRules* original_;
};

// Another service's face with handlers that only count.
class TwinGate final : public ServiceGate {
 public:
  explicit TwinGate(const ServiceGate& original) : original_(original), rules_(original.tokens()) {
    for (auto& row : original.rows()) add_twin(std::move(row));
  }
  [[nodiscard]] bool claims(const http::Request& request, Target& target) const override {
    return original_.claims(request, target);
  }
  [[nodiscard]] ApiResult<int> check_version(const http::Request& request) const override {
    return original_.check_version(request);
  }
  [[nodiscard]] http::Response render(const ApiError& error, const http::Request& request) const override {
    return original_.render(error, request);
  }
  [[nodiscard]] ApiError no_such_route(const http::Request& request, Scope scope) const override {
    return original_.no_such_route(request, scope);
  }
  void finish(http::Response& response, const http::Request& request, const Admission& admission) const override {
    original_.finish(response, request, admission);
  }
  [[nodiscard]] ContainerDirectory* containers() const override { return &containers_; }
  [[nodiscard]] const TokenRules* tokens() const override { return original_.tokens() != nullptr ? &rules_ : nullptr; }
  [[nodiscard]] FakeRules& fake_rules() { return rules_; }
  [[nodiscard]] FakeContainers& fake_containers() { return containers_; }
  [[nodiscard]] std::string take_called() { return std::exchange(called_, {}); }

 private:
  void add_twin(RouteSpec row) {
    if (!row.implemented) return add_unimplemented(std::move(row));
    endpoints_.push_back(
        {std::move(row), [this](PipelineKey, Admission& admission) { return answer(admission.route); }});
  }
  Task<Reply> answer(const RouteSpec* row) {
    called_ += row->operation;
    co_return http::Response{.status = 200, .headers = {}, .body = {}, .head_length = {}};
  }

  const ServiceGate& original_;
  FakeRules rules_;
  mutable FakeContainers containers_;
  std::string called_;
};

struct RouteMatrixOptions {
  std::string host;                    // of the account "acct1" at this service
  std::string version = "2021-06-08";  // x-ms-version
};

class RouteMatrix {
 public:
  RouteMatrix(const ServiceGate& service, RouteMatrixOptions options)
      : options_(std::move(options)), rows_(service.rows()), twin_(service) {
    auto account = std::make_shared<StorageAccount>();
    account->id.bytes.fill(0xac);
    account->tenant.bytes.fill(0x7e);
    account->name = "acct1";
    account->keys[0] = Secret(kKey);
    account->allow_public_access = true;
    account->delegation_secret = Secret(kKey);
    account_ = account;
    accounts_.add(account);
    tenant_.bytes.fill(0x7e);
    owner_.bytes.fill(0x0a);
    stranger_.bytes.fill(0x0b);
    identities_.put({.tenant = tenant_, .object = owner_});
    identities_.put({.tenant = tenant_, .object = stranger_});
    roles_.assign(tenant_, owner_, authz::roles::kOwner);
    roles_.assign(tenant_, owner_, authz::roles::kStorageBlobDataOwner);
    pipeline_.add(twin_);
  }

  // A line for each case that went wrong: which row, which caller, what happened, what should have.
  [[nodiscard]] std::vector<std::string> run() {
    faults_.clear();
    for (const auto& row : rows_) {
      if (row.scope == Scope::kSystem) continue;
      if (row.credentials == kPreflight) {
        run_preflight(row);
        continue;
      }
      run_row(row);
      run_strangers(row);
      run_resource_sas(row, kServiceSas);
      run_resource_sas(row, kUserDelegationSas);
    }
    return faults_;
  }
  [[nodiscard]] std::size_t cases() const { return cases_; }

 private:
  static constexpr std::string_view kKey = "the right key of the account acct1";

  // Whatever a preflight's URL carries proves nobody and keeps nobody out.
  void run_preflight(const RouteSpec& row) {
    check(row, "no credential", plain(row), "200 ");
    check(row, "bad signature", with_authorization(row, "SharedKey acct1:" + to_base64(std::string(32, 'x'))), "200 ");
    auto expired = right_sas(row);
    expired.expiry = rfc3339(clock_.now() - std::chrono::seconds(1));
    check(row, "expired SAS", with_sas(row, expired), "200 ");
    auto request = plain(row);
    request.listener = http::Listener::kHttp;
    check(row, "plain http", std::move(request), "400 AccountRequiresHttps");
    log_.take_away(true);
    check(row, "audit log away", plain(row), "503 ServerBusy");
    log_.take_away(false);
  }

  // What a key or a SAS is told that the row doesn't take.
  static std::string not_accepted(const RouteSpec& row) {
    return row.credentials == kBearer ? "403 AuthenticationFailed" : "403 AuthorizationFailure";
  }

  void run_row(const RouteSpec& row) {
    bool sas = (row.credentials & kAccountSas) != 0;
    std::string allowed = row.implemented ? "200 " : "501 NotImplemented";
    auto unless = [&](bool accepted, std::string refusal) { return accepted ? allowed : refusal; };
    const auto refused = not_accepted(row);
    auto if_sas = [&](std::string refusal) { return sas ? refusal : refused; };

    check(row, "right key", with_key(row, kKey), unless(row.credentials & kSharedKey, refused));
    check(row, "right SAS", with_sas(row, right_sas(row)), unless(sas, refused));
    check(row, "local operator", from_admin(row), unless(row.credentials & kLocalOperator, "403 AuthorizationFailure"));
    check(row, "bad signature", with_authorization(row, "SharedKey acct1:" + to_base64(std::string(32, 'x'))),
          "403 AuthenticationFailed");
    check(row, "wrong account key", with_key(row, "another account's key"), "403 AuthenticationFailed");
    check(row, "bearer token", with_authorization(row, "Bearer eyJhbGciOiJub25lIn0.e30."),
          "401 InvalidAuthenticationInfo");
    bool bearer = (row.credentials & kBearer) != 0;
    check(row, "a token with the role", with_token(row, owner_), unless(bearer, "403 AuthorizationFailure"));
    check(row, "a token without a role", with_token(row, stranger_),
          bearer ? "403 AuthorizationPermissionMismatch" : "403 AuthorizationFailure");
    auto other = right_sas(row);
    other.permissions = letters_without(row.sas.permissions);
    check(row, "SAS without the permission", with_sas(row, other), if_sas("403 AuthorizationPermissionMismatch"));
    other = right_sas(row);
    std::erase(other.resource_types, row.sas.resource_type);
    check(row, "SAS of another resource type", with_sas(row, other), if_sas("403 AuthorizationResourceTypeMismatch"));
    other = right_sas(row);
    std::erase(other.services, row.sas.service);
    check(row, "SAS of another service", with_sas(row, other), if_sas("403 AuthorizationServiceMismatch"));
    other = right_sas(row);
    other.expiry = rfc3339(clock_.now() - std::chrono::seconds(1));
    check(row, "expired SAS", with_sas(row, other), "403 AuthenticationFailed");
    check(row, "SAS by a wrong key", with_sas(row, right_sas(row), "another account's key"),
          "403 AuthenticationFailed");
    auto http = with_key(row, kKey);
    http.listener = http::Listener::kHttp;
    check(row, "plain http", std::move(http), "400 AccountRequiresHttps");
    log_.take_away(true);
    check(row, "audit down", with_key(row, kKey), "503 ServerBusy");
    check(row, "audit down, bad key", with_key(row, "another account's key"), "503 ServerBusy");
    log_.take_away(false);
  }

  // Anonymous callers come in where the row and the container let them, and into a service's own rows where the row
  // does.
  void run_strangers(const RouteSpec& row) {
    const bool open = (row.credentials & kAnonymous) != 0;
    const std::string allowed = row.implemented ? "200 " : "501 NotImplemented";
    const auto expect = [&](PublicAccess access, std::string_view caller, bool in) {
      twin_.fake_containers().access.public_access = access;
      check(row, caller, plain(row), in ? allowed : "401 NoAuthenticationInformation");
    };
    const bool own = row.scope == Scope::kService;
    expect(PublicAccess::kNone, "no credential", open && own);
    expect(PublicAccess::kBlob, "no credential, blobs are public", open && (own || row.scope == Scope::kBlob));
    expect(PublicAccess::kContainer, "no credential, the container is public", open);
    twin_.fake_containers().access = {};
  }

  // A SAS on the container or the blob that the row is about.
  void run_resource_sas(const RouteSpec& row, Credential credential) {
    const bool in = (row.credentials & credential) != 0;
    const std::string allowed = row.implemented ? "200 " : "501 NotImplemented";
    const std::string failed = "403 AuthenticationFailed";
    const std::string kind = credential == kServiceSas ? "service SAS" : "user delegation SAS";
    const auto expect = [&](const std::string& caller, const ResourceSasFields& sas, std::string refusal,
                            std::string_view key = kKey) {
      if (row.scope == Scope::kService) refusal = failed;  // it has no container to sign
      check(row, kind + caller, plain(row, resource_query(row, credential, sas, key)), std::move(refusal));
    };
    const auto if_in = [&](std::string outcome) { return in ? outcome : not_accepted(row); };
    const auto right = resource_sas(row);
    expect(", right", right, if_in(allowed));
    expect(", by a wrong key", right, failed, "another account's key");
    auto other = right;
    other.permissions = letters_without(row.sas.resource_permissions);
    expect(", without the permission", other, if_in("403 AuthorizationPermissionMismatch"));
    other = right;
    other.expiry = rfc3339(clock_.now() - std::chrono::seconds(1));
    expect(", expired", other, failed);
    other = right;
    other.resource = row.scope == Scope::kBlob ? "c" : "b";
    expect(", signed for one resource and said to be for another", other, failed);
    other = right;
    other.identifier = "a policy";
    expect(", of a policy that isn't there", other, failed);
    if (credential != kUserDelegationSas) return;
    delegators_.allowed = false;
    expect(", of a delegator without the right", right, if_in("403 AuthorizationPermissionMismatch"));
    delegators_.allowed = true;
  }

  void check(const RouteSpec& row, std::string_view caller, http::Request request, std::string expected) {
    ++cases_;
    BytesBody body("");
    request.body = &body;
    auto response = runtime::run_blocking(pipeline_.handle(request));
    auto got = std::to_string(response.status) + " " + std::string(response.headers.get("x-ms-error-code"));
    auto fault = [&](std::string what) {
      faults_.push_back(std::string(row.operation) + ", " + std::string(caller) + ": " + what);
    };
    if (got != expected) fault(got + ", expected " + expected);
    bool called = twin_.take_called() == row.operation;
    if (called != (response.status == 200)) fault(called ? "its handler was called" : "its handler was not called");
    check_record(response.status, fault);
  }

  // Each request leaves one record that agrees with the answer; before those that must be durable an intent stands.
  template <class Fault>
  void check_record(int status, Fault fault) {
    auto entries = log_.take_entries();
    if (status == 503) {
      if (!entries.empty()) fault("was recorded by a log that is away");
      return;
    }
    if (entries.empty()) return fault("was not recorded");
    const auto& record = entries.back().record;
    if (record.status != status) fault("was recorded with status " + std::to_string(record.status));
    if (record.decision != (status == 200 ? "allowed" : "denied")) {
      fault("was recorded as " + std::string(record.decision));
    }
    if (log_.open_slots() != 0) fault("left a place in the audit log taken");
  }

  [[nodiscard]] http::Request plain(const RouteSpec& row, std::string_view query = {}) const {
    std::string url = "https://" + options_.host + "/";
    if (row.scope != Scope::kService) url += "container";
    if (row.scope == Scope::kBlob) url += "/blob";
    char separator = '?';
    for (const auto& s : row.query) {
      url.append(1, std::exchange(separator, '&')).append(s.name).append("=");
      url.append(s.value.empty() ? "x" : percent_encode(s.value));
    }
    if (!query.empty()) url.append(1, separator).append(query);
    HeaderList headers = {{"x-ms-version", options_.version}, {"x-ms-date", http_date(clock_.now())}};
    for (const auto& s : row.headers) headers.emplace_back(s.name, s.value.empty() ? "x" : s.value);
    return make_request(row.method, url, std::move(headers));
  }
  [[nodiscard]] http::Request with_authorization(const RouteSpec& row, std::string value) const {
    auto request = plain(row);
    request.headers.add("authorization", std::move(value));
    return request;
  }
  [[nodiscard]] http::Request with_token(const RouteSpec& row, PrincipalId object) const {
    return with_authorization(row, "Bearer " + token_of(good_claims(tenant_, object, clock_.now())));
  }
  [[nodiscard]] http::Request with_key(const RouteSpec& row, std::string_view key) const {
    auto request = plain(row);
    request.headers.add("authorization", shared_key_authorization(request, "acct1", key));
    return request;
  }
  [[nodiscard]] http::Request with_sas(const RouteSpec& row, const AccountSasFields& sas,
                                       std::string_view key = kKey) const {
    return plain(row, account_sas_query(sas, "acct1", key));
  }
  [[nodiscard]] http::Request from_admin(const RouteSpec& row) const {
    auto request = plain(row);
    request.listener = http::Listener::kAdmin;
    request.peer = {.address = {}, .port = 0, .uid = 0};
    return request;
  }
  [[nodiscard]] AccountSasFields right_sas(const RouteSpec& row) const {
    AccountSasFields sas;
    sas.services = "bqtf";
    sas.permissions = row.sas.permissions.empty() ? "r" : row.sas.permissions;
    sas.expiry = rfc3339(clock_.now() + std::chrono::hours(1));
    return sas;
  }
  [[nodiscard]] ResourceSasFields resource_sas(const RouteSpec& row) const {
    ResourceSasFields sas;
    sas.resource = row.scope == Scope::kBlob ? "b" : "c";
    sas.permissions = row.sas.resource_permissions.empty() ? "r" : row.sas.resource_permissions;
    sas.expiry = rfc3339(clock_.now() + std::chrono::hours(1));
    return sas;
  }
  // Signed for the resource that the row is about, whatever `sas` says it is for.
  [[nodiscard]] std::string resource_query(const RouteSpec& row, Credential credential, const ResourceSasFields& sas,
                                           std::string_view key) const {
    const std::string resource = row.scope == Scope::kBlob ? "/blob/acct1/container/blob" : "/blob/acct1/container";
    if (credential == kServiceSas) return service_sas_query(sas, resource, key);
    DelegationKeyFields made;
    made.object.bytes.fill(0xd0);
    made.tenant = account_->tenant;
    made.start = clock_.now() - std::chrono::hours(1);
    made.expiry = clock_.now() + std::chrono::hours(2);
    made.version = "2021-06-08";
    const auto right_key = delegation_key(*account_, made);
    const DelegationSasFields d{.key_object = to_string(made.object),
                                .key_tenant = to_string(made.tenant),
                                .key_start = rfc3339(made.start),
                                .key_expiry = rfc3339(made.expiry),
                                .key_service = "b",
                                .key_version = made.version};
    return delegation_sas_query(sas, d, resource, key == kKey ? right_key.view() : BytesView(key));
  }
  [[nodiscard]] static std::string letters_without(std::string_view letters) {
    std::string rest = "rwdxylacuptfi";
    std::erase_if(rest, [&](char c) { return letters.contains(c); });
    return rest;
  }

  RouteMatrixOptions options_;
  std::vector<RouteSpec> rows_;
  FakeClock clock_;
  SeededRandom random_{1};
  FakeLog log_;
  FakeAccounts accounts_;
  FakeDelegators delegators_;
  std::shared_ptr<const StorageAccount> account_;
  TwinGate twin_;
  TenantId tenant_;
  PrincipalId owner_;
  PrincipalId stranger_;
  TestAuthority authority_;
  TestIdentities identities_;
  authz::testing::FixedRoles roles_;
  authz::FlatTree tree_;
  authz::StorageAccess access_{roles_, identities_, tree_};
  BearerTrust bearer_{authority_, identities_, {}};
  Pipeline pipeline_{
      accounts_, log_, clock_, random_, {.delegators = &delegators_, .bearer = &bearer_, .access = &access_}};
  std::vector<std::string> faults_;
  std::size_t cases_ = 0;
};

}  // namespace freehold::gate::testing
