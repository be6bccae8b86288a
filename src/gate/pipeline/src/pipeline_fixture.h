// A pipeline with the sample service, two tenants' accounts and fakes at its edges.
#pragma once

#include <gtest/gtest.h>

#include "pipeline/testing/route_matrix.h"
#include "sample_service.h"

namespace freehold::gate {

using testing::BytesBody;
using testing::FakeLog;
using testing::HeaderList;
using testing::make_request;

class CountingObserver final : public Observer {
 public:
  void observe(const Observation& seen) noexcept override {
    last = seen;
    ++count;
  }
  Observation last;
  int count = 0;
};

class PipelineTest : public ::testing::Test {
 protected:
  static constexpr std::string_view kKey = "the key of acct1";

  PipelineTest() {
    accounts_.add(testing::make_account("acct1", kKey));
    auto second = std::make_shared<StorageAccount>();
    second->tenant.bytes.fill(0x55);
    second->name = "acct2";
    second->keys[0] = Secret(kKey);
    second->readable_secondary = true;
    accounts_.add(second);
    accounts_.add(testing::make_account("emulated", kKey, {}, /*secure_transfer_required=*/false));
    make_pipeline({});
  }

  void make_pipeline(PipelineOptions options) {
    options.observer = &observer_;
    pipeline_ = std::make_unique<Pipeline>(accounts_, log_, clock_, random_, options);
    pipeline_->add(service_);
  }

  // A request with the right signature.
  http::Request request(http::Method method, std::string_view url, HeaderList headers = {}) {
    headers.emplace_back("x-ms-date", http_date(clock_.now()));
    headers.emplace_back("x-ms-version", "2021-06-08");
    auto made = make_request(method, url, std::move(headers));
    auto label = made.host.substr(0, made.host.find_first_of(".-"));
    made.headers.add("authorization", shared_key_authorization(made, label, kKey));
    return made;
  }
  http::Response send(http::Request made) {
    BytesBody body("");
    made.body = &body;
    return runtime::run_blocking(pipeline_->handle(made));
  }
  std::string status_of(const http::Response& response) {
    return std::to_string(response.status) + " " + std::string(response.headers.get("x-ms-error-code"));
  }
  http::Response read_note() { return send(request(http::Method::kGet, "https://acct1.notes.test/book/note")); }

  FakeClock clock_;
  SeededRandom random_{7};
  FakeLog log_;
  testing::FakeAccounts accounts_;
  CountingObserver observer_;
  SampleService service_;
  std::unique_ptr<Pipeline> pipeline_;
};

// A caller of acct1's tenant who comes by token and has the roles that a test gives.
class TokenCallerTest : public PipelineTest {
 protected:
  TokenCallerTest() {
    tenant_ = accounts_.find("acct1")->tenant;
    me_.bytes.fill(0x0c);
    identities_.put({.tenant = tenant_, .object = me_});
    make_pipeline({.bearer = &trust_, .access = &access_});
  }
  http::Response send_token(http::Method method, std::string_view url = "https://acct1.notes.test:8443/book/note",
                            HeaderList headers = {}) {
    const auto token = testing::token_of(testing::good_claims(tenant_, me_, clock_.now()));
    headers.emplace_back("authorization", "Bearer " + token);
    headers.emplace_back("x-ms-version", "2021-06-08");
    return send(make_request(method, url, std::move(headers)));
  }

  TenantId tenant_;
  PrincipalId me_;
  testing::TestAuthority authority_;
  testing::TestIdentities identities_;
  authz::testing::FixedRoles roles_;
  authz::FlatTree tree_;
  authz::StorageAccess access_{roles_, identities_, tree_};
  BearerTrust trust_{authority_, identities_, {"notes.test"}};
};

}  // namespace freehold::gate
