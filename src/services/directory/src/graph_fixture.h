// Graph behind a real pipeline, with its administrator signed in.
#pragma once

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "base/encoding.h"
#include "directory/directory_service.h"
#include "keys/testing/erasable_store.h"
#include "pipeline/testing/fake_log.h"
#include "pipeline/testing/test_door.h"
#include "pipeline/testing/token_matrix.h"

namespace freehold::directory {

using gate::testing::body_json;
using gate::testing::HeaderList;
using gate::testing::NoAccounts;
using http::Method;
using nlohmann::json;
using runtime::run_blocking;

inline constexpr std::string_view kSecret = "the first secret";
inline constexpr std::string_view kUserAdministrator = "fe930be7-5e62-47db-91af-98c3a49a38b1";

class Graph : public ::testing::Test {
 protected:
  Graph() {
    tenant_.bytes.fill(1);
    application_.bytes.fill(2);
  }
  void SetUp() override {
    const auto opened = run_blocking(service_.open(tenant_, {application_, Secret(BytesView(kSecret))}));
    ASSERT_TRUE(opened);
    trust_ = std::make_unique<gate::BearerTrust>(service_.authority(), service_.store(), std::vector<std::string>());
    pipeline_ = std::make_unique<gate::Pipeline>(accounts_, log_, memory_.clock, memory_.random,
                                                 gate::PipelineOptions{.bearer = trust_.get()});
    pipeline_->add(service_.gate());
    pipeline_->add(service_.graph());
    admin_ = token("grant_type=client_credentials&client_id=" + to_string(application_) +
                   "&client_secret=" + percent_encode(kSecret));
  }
  http::Response send(Method method, const std::string& url, std::string body, HeaderList headers) {
    return gate::testing::send(*pipeline_, method, url, std::move(body), std::move(headers));
  }
  std::string token(const std::string& grant) {
    const auto answer = body_json(send(Method::kPost, "https://login.freehold.test:8443/adfs/oauth2/token",
                                       grant + "&resource=" + percent_encode("https://graph.freehold.test:8443/"), {}));
    return answer.is_object() ? answer.value("access_token", "") : std::string();
  }
  std::string token_of(const std::string& name, std::string_view password = "a long password") {
    return token("grant_type=password&client_id=" + std::string(kAzureCli) + "&username=" + percent_encode(name) +
                 "&password=" + percent_encode(password));
  }
  struct Answer {
    int status = 0;
    json body;
    [[nodiscard]] std::string id() const { return body.value("id", ""); }
    // "400 Request_BadRequest"
    [[nodiscard]] std::string error() const {
      const bool is = body.is_object() && body.contains("error");
      return std::to_string(status) + " " + (is ? body["error"].value("code", "") : "");
    }
  };
  Answer call(Method method, const std::string& path, const json& body = nullptr, std::string_view by = {}) {
    const auto response =
        send(method, "https://graph.freehold.test:8443/v1.0" + path, body.is_null() ? "" : body.dump(),
             {{"authorization", "Bearer " + std::string(by.empty() ? std::string_view(admin_) : by)}});
    return {response.status, body_json(response)};
  }
  Answer get(const std::string& path, std::string_view by = {}) { return call(Method::kGet, path, nullptr, by); }
  std::vector<std::string> names(const std::string& path, const char* property = "displayName") {
    const auto answer = get(path);
    EXPECT_EQ(answer.status, 200) << path << answer.body.dump();
    std::vector<std::string> out;
    if (answer.status != 200) return out;
    for (const auto& item : answer.body["value"]) out.push_back(item.value(property, ""));
    std::ranges::sort(out);
    return out;
  }
  static json user_body(const std::string& name) {
    return {{"accountEnabled", true},
            {"displayName", name + " of the house"},
            {"mailNickname", name},
            {"userPrincipalName", name + "@freehold.test"},
            {"passwordProfile", {{"password", "a long password"}}}};
  }
  std::string add_user(const std::string& name) {
    const auto made = call(Method::kPost, "/users", user_body(name));
    EXPECT_EQ(made.status, 201) << made.body.dump();
    return made.id();
  }
  static json reference(const std::string& id) {
    return {{"@odata.id", "https://graph.freehold.test:8443/v1.0/directoryObjects/" + id}};
  }
  void give_role(std::string_view role, const std::string& id) {
    EXPECT_EQ(call(Method::kPost, "/directoryRoles/" + std::string(role) + "/members/$ref", reference(id)).status, 204);
  }

  keys::testing::ErasableStore memory_;
  TenantId tenant_;
  PrincipalId application_;
  runtime::Pool pool_{{.name = "test"}};
  NoAccounts accounts_;
  gate::testing::FakeLog log_;
  DirectoryService service_{{.store = memory_.sealed(),
                             .erasure = *memory_.tree,
                             .clock = memory_.clock,
                             .pool = pool_,
                             .domain = "freehold.test",
                             .blob_suffixes = {}}};
  std::unique_ptr<gate::BearerTrust> trust_;
  std::unique_ptr<gate::Pipeline> pipeline_;
  std::string admin_;
};

}  // namespace freehold::directory
