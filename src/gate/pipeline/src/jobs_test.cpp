#include "pipeline_fixture.h"

namespace freehold::gate {
namespace {

struct Unlisted {
  static constexpr std::string_view kName = "Unlisted";
};

Task<Result<>> ended() { co_return Result<>(); }

Job tidy_job() {
  Job job{.principal = "tidier", .resource = "/acct1/book"};
  job.tenant.bytes.fill(0x7e);
  return job;
}

TEST_F(PipelineTest, AJobRunsUnderItsOwnNameAndIsRecorded) {
  auto work = [this](Permit<Tidy> permit) {
    EXPECT_EQ(permit.tenant(), tidy_job().tenant);
    EXPECT_EQ(permit.principal().credential, kSystemJob);
    EXPECT_EQ(pipeline_->running(), 1u);
    permit.count_out(12);
    return ended();
  };
  EXPECT_TRUE(runtime::run_blocking(pipeline_->run_job<Tidy>(tidy_job(), work)));
  auto entries = log_.take_entries();
  ASSERT_EQ(entries.size(), 1u);
  const auto& record = entries[0].record;
  EXPECT_EQ(record.operation, "Tidy");
  EXPECT_EQ(record.credential, "SystemJob");
  EXPECT_EQ(record.caller, "tidier");
  EXPECT_EQ(record.resource, "/acct1/book");
  EXPECT_EQ(record.tenant, tidy_job().tenant);
  EXPECT_EQ(record.decision, "allowed");
  EXPECT_EQ(record.status, 200);
  EXPECT_EQ(record.bytes_out, 12u);
  EXPECT_EQ(pipeline_->running(), 0u);
}

TEST_F(PipelineTest, AJobsCommitCarriesItsRecord) {
  auto work = [](Permit<Tidy> permit) {
    (void)permit.audit_row(store::make_partition_id(permit.tenant(), "notes"), 200);
    return ended();
  };
  EXPECT_TRUE(runtime::run_blocking(pipeline_->run_job<Tidy>(tidy_job(), work)));
  auto entries = log_.take_entries();
  ASSERT_EQ(entries.size(), 1u);
  EXPECT_EQ(entries[0].way, FakeLog::Way::kSettled);
}

TEST_F(PipelineTest, AJobThatFoundNothingToDoLeavesNoRecord) {
  auto idle = [](Permit<Tidy> permit) {
    permit.nothing_done();
    return ended();
  };
  EXPECT_TRUE(runtime::run_blocking(pipeline_->run_job<Tidy>(tidy_job(), idle)));
  EXPECT_TRUE(log_.take_entries().empty());
  EXPECT_EQ(log_.open_slots(), 0);
  EXPECT_EQ(pipeline_->running(), 0u);
  auto failing = [](Permit<Tidy> permit) -> Task<Result<>> {
    permit.nothing_done();
    co_return fail(ErrorCode::kCorrupt, "broken");
  };
  EXPECT_FALSE(runtime::run_blocking(pipeline_->run_job<Tidy>(tidy_job(), failing)));
  EXPECT_EQ(log_.take_entries().size(), 1u);
}

TEST_F(PipelineTest, AFailedJobSaysSo) {
  auto failing = [](Permit<Tidy>) -> Task<Result<>> { co_return fail(ErrorCode::kCorrupt, "broken"); };
  auto result = runtime::run_blocking(pipeline_->run_job<Tidy>(tidy_job(), failing));
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, ErrorCode::kCorrupt);
  auto throwing = [](Permit<Tidy>) -> Task<Result<>> {
    throw std::runtime_error("oh");
    co_return Result<>();
  };
  result = runtime::run_blocking(pipeline_->run_job<Tidy>(tidy_job(), throwing));
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, ErrorCode::kInternal);
  auto entries = log_.take_entries();
  ASSERT_EQ(entries.size(), 2u);
  EXPECT_EQ(entries[0].record.status, 500);
  EXPECT_EQ(entries[0].record.reason, to_string(ErrorCode::kCorrupt));
  EXPECT_EQ(entries[1].record.reason, to_string(ErrorCode::kInternal));
}

TEST_F(PipelineTest, AJobThatMayNotRunDoesNot) {
  bool ran = false;
  auto tidy = [&ran](Permit<Tidy>) {
    ran = true;
    return ended();
  };
  auto unlisted = [&ran](Permit<Unlisted>) {
    ran = true;
    return ended();
  };
  auto code = [](const Result<>& result) { return result ? "ran" : std::string(to_string(result.error().code)); };
  EXPECT_EQ(code(runtime::run_blocking(pipeline_->run_job<Unlisted>(tidy_job(), unlisted))),
            to_string(ErrorCode::kDenied));
  log_.take_away(true);
  EXPECT_EQ(code(runtime::run_blocking(pipeline_->run_job<Tidy>(tidy_job(), tidy))),
            to_string(ErrorCode::kUnavailable));
  log_.take_away(false);
  make_pipeline({.max_running = 0});
  EXPECT_EQ(code(runtime::run_blocking(pipeline_->run_job<Tidy>(tidy_job(), tidy))), to_string(ErrorCode::kExhausted));
  EXPECT_FALSE(ran);
}

}  // namespace
}  // namespace freehold::gate
