// A delivery over engines in memory: an audit log, settings, accounts as their provider shows them, and their blobs.
#pragma once

#include <gtest/gtest.h>

#include "audit/log.h"
#include "base/encoding.h"
#include "crypto/digest.h"
#include "insights/insights_service.h"
#include "keys/testing/sealed_table.h"
#include "runtime/task_scope.h"
#include "src/log_delivery.h"

namespace freehold::insights {

using gate::resource::ResourceId;
using runtime::run_blocking;
using namespace std::chrono_literals;

inline constexpr std::string_view kSub = "/subscriptions/5b5b5b5b-5b5b-5b5b-5b5b-5b5b5b5b5b5b";

class AuditKeys final : public gate::audit::TenantAuditKeys {
 public:
  Result<Secret> batch_key(TenantId tenant) override { return key(tenant, 'b'); }
  Result<Secret> pseudonym_key(TenantId tenant) override { return key(tenant, 'p'); }

 private:
  static Result<Secret> key(TenantId tenant, char kind) {
    return Secret(crypto::view(crypto::sha256({tenant.view(), BytesView(&kind, 1)})));
  }
};

// Accounts, their Blob services and vaults that are there.
class Provider final : public gate::resource::ResourceProvider {
 public:
  void add_to(gate::resource::Registry& registry) {
    for (const auto& [provider, type] :
         {std::pair{"Microsoft.Storage", "storageAccounts"},
          std::pair{"Microsoft.Storage", "storageAccounts/blobServices"}, std::pair{"Microsoft.KeyVault", "vaults"}}) {
      registry.add({.provider = provider, .type = type, .api_versions = {"2022-09-01"}, .behind = this});
    }
  }
  [[nodiscard]] Task<gate::ApiResult<Json>> get(ResourceId id, gate::resource::Reading) override {
    const auto at = all.find(id.parts.front().names.front());
    if (at == all.end()) co_return Json(nullptr);
    co_return id.parts.front().types.size() > 1 ? Json{{"id", id.text()}} : at->second;
  }
  [[nodiscard]] Task<gate::ApiResult<std::vector<Json>>> list(const gate::resource::ResourceType&,
                                                              gate::resource::ListScope,
                                                              gate::resource::Reading) override {
    co_return std::vector<Json>();
  }
  [[nodiscard]] Task<gate::ApiResult<gate::resource::Written>> put(gate::resource::ApprovedChange) override {
    co_return gate::resource::Written{};
  }
  [[nodiscard]] Task<gate::ApiResult<gate::resource::Written>> remove(gate::resource::ApprovedChange) override {
    co_return gate::resource::Written{};
  }
  [[nodiscard]] Task<gate::ApiResult<gate::resource::ActionAnswer>> act(gate::resource::ActionCall) override {
    co_return gate::resource::ActionAnswer{};
  }
  std::map<std::string, Json> all;
};

// The append blobs of all accounts, as far as a delivery uses them.
struct Blobs {
  struct Blob {
    Bytes content;
    std::uint64_t blocks = 0;
  };
  std::set<std::string> containers;   // "acct.blob.core.cloud.test/box"
  std::map<std::string, Blob> blobs;  // decoded paths with their hosts
  int asked = 0;
  int fail_after = -1;            // so many requests are answered, then none until it is -1 again
  bool fail_after_doing = false;  // the first that isn't answered is done all the same

  Task<http::Response> answer(http::Request& request) {
    ++asked;
    const bool out = fail_after >= 0 && asked > fail_after;
    if (out && !(fail_after_doing && asked == fail_after + 1)) co_return refused(503, "ServerBusy");
    auto response = co_await act(request);
    if (out) co_return refused(503, "ServerBusy");
    co_return response;
  }
  static http::Response done(int status) {
    http::Response out;
    out.status = status;
    return out;
  }
  static http::Response refused(int status, std::string code) {
    auto out = done(status);
    out.headers.add("x-ms-error-code", std::move(code));
    return out;
  }
  Task<http::Response> act(http::Request& request) {
    const std::string name = request.host + request.decoded_path;
    if (request.parameter("restype") == "container") {
      if (!containers.insert(name).second) co_return refused(409, "ContainerAlreadyExists");
      co_return done(201);
    }
    const auto container = name.substr(0, name.find('/', name.find('/') + 1));
    if (!containers.contains(container)) co_return refused(404, "ContainerNotFound");
    const auto at = blobs.find(name);
    if (request.method == http::Method::kHead) {
      if (at == blobs.end()) co_return refused(404, "BlobNotFound");
      auto out = done(200);
      out.headers.add("x-ms-blob-type", "AppendBlob");
      out.headers.add("x-ms-blob-committed-block-count", std::to_string(at->second.blocks));
      out.head_length = at->second.content.size();
      co_return out;
    }
    auto body = co_await http::read_all(*request.body, 16 * 1024 * 1024);
    if (request.parameter("comp") == "appendblock") {
      if (at == blobs.end()) co_return refused(404, "BlobNotFound");
      if (request.headers.get("x-ms-blob-condition-appendpos") != std::to_string(at->second.content.size())) {
        co_return refused(412, "AppendPositionConditionNotMet");
      }
      at->second.content += *body;
      ++at->second.blocks;
      co_return done(201);
    }
    if (at != blobs.end()) co_return refused(409, "BlobAlreadyExists");
    blobs[name];
    co_return done(201);
  }
  // Lines of all blobs whose name has this in it, in the order of the blobs' names.
  std::vector<Json> lines(std::string_view in) const {
    std::vector<Json> out;
    for (const auto& [name, blob] : blobs) {
      if (!name.contains(in)) continue;
      std::string_view rest = blob.content;
      while (!rest.empty()) {
        const auto end = rest.find('\n');
        out.push_back(Json::parse(rest.substr(0, end)));
        rest.remove_prefix(end + 1);
      }
    }
    return out;
  }
};

class SampleGate final : public gate::ServiceGate {
 public:
  struct Any {};
  SampleGate(std::initializer_list<std::string_view> operations, std::string_view action) {
    for (const auto name : operations) {
      add_as<Any>(name,
                  {.method = name.starts_with("Get") ? http::Method::kGet : http::Method::kPut,
                   .credentials = gate::kBearer,
                   .data_action = action},
                  [](gate::Permit<Any>) -> Task<gate::Reply> { co_return http::Response{}; });
    }
  }
  [[nodiscard]] bool claims(const http::Request&, gate::Target&) const override { return false; }
  [[nodiscard]] gate::ApiResult<int> check_version(const http::Request&) const override { return 1; }
  [[nodiscard]] http::Response render(const gate::ApiError&, const http::Request&) const override { return {}; }
  [[nodiscard]] gate::ApiError no_such_route(const http::Request&, gate::Scope) const override { return {}; }
  void finish(http::Response&, const http::Request&, const gate::Admission&) const override {}
};

class DeliveryTest : public ::testing::Test {
 protected:
  DeliveryTest() {
    tenant_.bytes.fill(0x7e);
    memory_.clock.step_wall(std::chrono::duration_cast<std::chrono::microseconds>(
        *parse_iso8601("2026-11-22T17:30:00Z") - memory_.clock.now()));
    operations_.add(LogSource::kBlob, SampleGate({"GetBlob", "PutBlob"}, "x/write"));
    operations_.add(LogSource::kVault, SampleGate({"GetSecret"}, "x/action"));
    for (const auto* name : {"acct", "other", "archive", "vau"}) provider_.all[name] = {{"location", "local"}};
    provider_.add_to(registry_);
    gate::audit::LogOptions options;
    options.front_end = "fe0";
    options.origin = "cloud.test/local/fe0";
    options.signing_seed = Secret(BytesView("0123456789abcdef0123456789abcdef"));
    options.epoch = {1};
    options.background = false;
    auto log = gate::audit::open_log(std::move(options), memory_.engine->partitions(), keys_, memory_.clock,
                                     memory_.random, memory_.hybrid);
    if (!log) ADD_FAILURE() << log.error().message;
    log_ = std::move(*log);
    reader_ =
        std::make_unique<gate::audit::LogReader>(memory_.engine->partitions(), keys_, "fe0", log_->verifier_key());
    restart();
  }
  ~DeliveryTest() override { log_->stop(); }

  // As after a crash: what isn't durable is gone.
  void restart() {
    settings_ = std::make_unique<SettingStore>(memory_.sealed(), tenant_);
    ASSERT_TRUE(run_blocking(settings_->load()));
    delivery_ = std::make_unique<LogDelivery>(DeliveryParts{.settings = *settings_,
                                                            .operations = operations_,
                                                            .log = reader_.get(),
                                                            .pool = &pool_,
                                                            .registry = &registry_,
                                                            .clock = memory_.clock,
                                                            .domain = "cloud.test",
                                                            .interval = 30s});
  }
  SettingPtr want(std::string_view resource, Json logs, std::string name = "logs", std::string_view to = "archive") {
    const auto id = gate::resource::parse_resource_id(std::string(kSub) + std::string(resource) +
                                                      "/providers/Microsoft.Insights/diagnosticSettings/" + name);
    const Json body = {
        {"properties",
         {{"storageAccountId",
           std::string(kSub) + "/resourceGroups/g/providers/Microsoft.Storage/storageAccounts/" + std::string(to)},
          {"logs", std::move(logs)}}}};
    auto setting = parse_setting(*id, body);
    EXPECT_TRUE(setting) << setting.error().message;
    auto kept = run_blocking(settings_->put(std::move(*setting), {.leaf = run_blocking(reader_->end()).value_or(0)},
                                            random_id<SettingId>(memory_.random)));
    EXPECT_TRUE(kept) << kept.error().message;
    return kept ? *kept : nullptr;
  }
  static Json all_logs() { return Json::array({Json{{"categoryGroup", "allLogs"}, {"enabled", true}}}); }
  static constexpr std::string_view kBlobs =
      "/resourceGroups/g/providers/Microsoft.Storage/storageAccounts/acct/blobServices/default";
  static constexpr std::string_view kVault = "/resourceGroups/g/providers/Microsoft.KeyVault/vaults/vau";

  void happened(std::string_view operation, std::string resource, TenantId tenant) {
    gate::audit::Record record{.time = memory_.clock.now(),
                               .request = random_id<RequestId>(memory_.random),
                               .tenant = tenant,
                               .operation = operation,
                               .credential = "SharedKey",
                               .caller = "alice",
                               .address = "192.0.2.7",
                               .resource = std::move(resource),
                               .decision = "allowed",
                               .reason = {},
                               .status = 200};
    auto slot = log_->reserve(tenant);
    ASSERT_TRUE(slot);
    log_->append(std::move(*slot), std::move(record));
  }
  void happened(std::string_view operation, std::string resource) { happened(operation, std::move(resource), tenant_); }
  // So many reads of blobs /acct/box/<first>...
  void read_blobs(int first, int count) {
    for (int i = first; i < first + count; ++i) happened("GetBlob", "/acct/box/" + std::to_string(i));
    ASSERT_TRUE(log_->flush());
  }
  Result<LogDelivery::Outcome> run() {
    return run_blocking(
        delivery_->run([this](http::Request& part) { return blobs_.answer(part); }, [] { return false; }));
  }
  // The blobs that were read, by the delivered lines, in order.
  std::vector<int> delivered() const {
    std::vector<int> out;
    for (const auto& line : blobs_.lines("insights-logs-storageread")) {
      const auto uri = line["uri"].get<std::string>();
      out.push_back(std::stoi(uri.substr(uri.rfind('/') + 1)));
    }
    return out;
  }
  static std::vector<int> up_to(int count) {
    std::vector<int> out;
    for (int i = 0; i < count; ++i) out.push_back(i);
    return out;
  }

  keys::testing::MemoryStore memory_;
  TenantId tenant_;
  AuditKeys keys_;
  runtime::Pool pool_{{.name = "test", .threads = 2}};
  LoggedOperations operations_;
  gate::resource::Registry registry_;
  Provider provider_;
  Blobs blobs_;
  std::unique_ptr<gate::audit::DurableLog> log_;
  std::unique_ptr<gate::audit::LogReader> reader_;
  std::unique_ptr<SettingStore> settings_;
  std::unique_ptr<LogDelivery> delivery_;
};

}  // namespace freehold::insights
