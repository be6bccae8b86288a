#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>

#include "operations/operations_service.h"
#include "pipeline/pipeline.h"
#include "pipeline/testing/fake_log.h"
#include "pipeline/testing/test_door.h"
#include "runtime/task_scope.h"
#include "store/reference_engine.h"

namespace freehold::operations {
namespace {

using http::Listener;

class NoKeys final : public gate::audit::TenantAuditKeys {
 public:
  Result<Secret> batch_key(TenantId) override { return fail(ErrorCode::kUnavailable, "no keys"); }
  Result<Secret> pseudonym_key(TenantId) override { return fail(ErrorCode::kUnavailable, "no keys"); }
};

// The operations' gate behind a real pipeline, over an empty store.
class Operations : public ::testing::Test {
 protected:
  http::Response ask(Listener listener, const std::string& query) {
    http::Request request;
    request.method = http::Method::kPost;
    request.target = "/audit/export?" + query;
    request.path = request.decoded_path = "/audit/export";
    request.raw_query = query;
    request.query = *http::parse_query(query);
    request.listener = listener;
    return runtime::run_blocking(pipeline_.handle(request));
  }

  SystemClock clock_;
  SystemRandom random_;
  gate::testing::NoAccounts accounts_;
  NoKeys keys_;
  gate::testing::FakeLog log_;
  std::unique_ptr<store::Engine> engine_ = store::make_reference_engine(clock_);
  runtime::Pool pool_{{.name = "test"}};
  int flushed_ = 0;
  OperationsService service_{{.rows = engine_->partitions(),
                              .audit_keys = keys_,
                              .front_end = "front-end",
                              .audit_key = gate::audit::make_verifier_key("test", Bytes(32, 'k')),
                              .flush_audit = [this]() -> Result<> {
                                ++flushed_;
                                return {};
                              },
                              .pool = pool_}};
  gate::Pipeline pipeline_ = make_pipeline();

  gate::Pipeline make_pipeline() { return {accounts_, log_, clock_, random_, {}}; }
  void SetUp() override { pipeline_.add(service_.gate()); }
};

TEST_F(Operations, OnlyTheAdminSocketReachesThem) {
  EXPECT_GE(ask(Listener::kHttps, "out=/nowhere").status, 400);
  EXPECT_GE(ask(Listener::kHttp, "out=/nowhere").status, 400);
  EXPECT_EQ(flushed_, 0);
}

TEST_F(Operations, BadParametersAreRefusedBeforeAnythingRuns) {
  EXPECT_EQ(ask(Listener::kAdmin, "out=relative").status, 400);
  EXPECT_EQ(ask(Listener::kAdmin, "out=/x&from=yesterday").status, 400);
  EXPECT_EQ(ask(Listener::kAdmin, "nothing=here").status, 404);
  EXPECT_EQ(flushed_, 0);
}

TEST_F(Operations, AnExportIsRecordedBeforeItRuns) {
  const auto folder = std::filesystem::temp_directory_path() / ("freehold-ops-" + std::to_string(::getpid()));
  static_cast<void>(ask(Listener::kAdmin, "out=" + folder.string()));
  EXPECT_EQ(flushed_, 1);
  const auto entries = log_.take_entries();
  ASSERT_FALSE(entries.empty());
  EXPECT_EQ(entries.front().way, gate::testing::FakeLog::Way::kDurable);
  EXPECT_EQ(entries.front().record.operation, "ExportAudit");
  std::filesystem::remove_all(folder);
}

TEST_F(Operations, WithoutTheLogNothingRuns) {
  log_.take_away(true);
  EXPECT_EQ(ask(Listener::kAdmin, "out=/nowhere").status, 503);
  EXPECT_EQ(flushed_, 0);
}

}  // namespace
}  // namespace freehold::operations
