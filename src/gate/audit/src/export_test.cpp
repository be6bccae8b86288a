// From a log to files that verify, and what they say.
#include "audit/export.h"

#include <filesystem>
#include <fstream>

#include "audit_format/export_format.h"
#include "audit_format/verify.h"
#include "base/testing/temporary_directory.h"
#include "log_fixture.h"

namespace freehold::gate::audit {
namespace {

namespace fs = std::filesystem;

class ExportTest : public LogTest {
 protected:
  // Leaves of three records each, ten seconds apart.
  void fill(DurableLog& log, int leaves) {
    for (int i = 0; i < leaves; ++i) {
      for (int n = 0; n < 3; ++n) append(log, record('a', "/r/" + std::to_string(i) + "/" + std::to_string(n)));
      ASSERT_TRUE(log.flush().has_value());
      clock.advance(std::chrono::seconds(10));
    }
  }

  ExportOptions export_options(const DurableLog& log, const std::string& name) {
    ExportOptions o;
    o.front_end = "fe0";
    o.key = log.verifier_key();
    o.folder = (folder_ / name).string();
    return o;
  }

  VerifyReport verify(const ExportOptions& o) {
    auto report = verify_export_folder(o.folder, o.key);
    EXPECT_TRUE(report.has_value());
    for (const auto& finding : report->findings) ADD_FAILURE() << finding.text;
    return *report;
  }

  TemporaryDirectory temporary_;
  const fs::path folder_ = temporary_.path();
};

TEST_F(ExportTest, TheWholeLogIsExportedAndVerifies) {
  const auto log = open();
  fill(*log, 20);
  const auto o = export_options(*log, "out");
  const auto summary = export_audit(store, keys, o);
  ASSERT_TRUE(summary.has_value()) << summary.error().message;
  EXPECT_EQ(summary->records, 60U);
  const auto report = verify(o);
  EXPECT_EQ(report.records, 60U);
  EXPECT_EQ(report.log_size, 20U);
  std::ifstream in(fs::path(o.folder) / kRecordsFile);
  std::string line;
  std::getline(in, line);
  EXPECT_NE(line.find("\"resource\":\"/r/0/0\""), std::string::npos) << line;
  EXPECT_EQ(fs::status(o.folder).permissions() & (fs::perms::group_all | fs::perms::others_all), fs::perms::none);
}

TEST_F(ExportTest, ARangeProvesItsPlaceAndThatTheLogContinuesAnEarlierCheckpoint) {
  const auto log = open();
  const auto start = clock.now();
  fill(*log, 700);
  auto o = export_options(*log, "out");
  o.from = start + std::chrono::seconds(5000);
  o.to = start + std::chrono::seconds(5100);
  const auto summary = export_audit(store, keys, o);
  ASSERT_TRUE(summary.has_value()) << summary.error().message;
  EXPECT_EQ(summary->first_leaf, 500U);
  EXPECT_EQ(summary->end_leaf, 511U);
  const auto report = verify(o);
  EXPECT_EQ(report.records, 33U);
  EXPECT_GT(report.earlier_size, 0U) << "the log keeps a checkpoint an hour";
  EXPECT_LE(report.earlier_size, 500U);
}

TEST_F(ExportTest, AReadersOwnEarlierCheckpointIsHeldAgainstTheLog) {
  const auto log = open();
  fill(*log, 5);
  const auto kept = log->checkpoint();
  fill(*log, 5);
  auto o = export_options(*log, "out");
  o.earlier_checkpoint = kept;
  ASSERT_TRUE(export_audit(store, keys, o).has_value());
  EXPECT_EQ(verify(o).earlier_size, 5U);
}

TEST_F(ExportTest, AStretchWithoutRecordsIsEmptyAndVerifies) {
  const auto log = open();
  fill(*log, 5);
  auto o = export_options(*log, "out");
  o.from = clock.now() + std::chrono::hours(1);
  ASSERT_TRUE(export_audit(store, keys, o).has_value());
  EXPECT_EQ(verify(o).records, 0U);
}

TEST_F(ExportTest, ATenantWhoseKeyIsGoneStaysSealedAndTheTreeStillVerifies) {
  const auto log = open();
  append(*log, record('a'));
  append(*log, record('b'));
  ASSERT_TRUE(log->flush().has_value());
  keys.withhold(tenant('b'));
  const auto o = export_options(*log, "out");
  const auto summary = export_audit(store, keys, o);
  ASSERT_TRUE(summary.has_value());
  EXPECT_EQ(summary->sealed_leaves, 1U);
  const auto report = verify(o);
  EXPECT_EQ(report.records, 1U);
  EXPECT_EQ(report.sealed_records, 1U);
}

TEST_F(ExportTest, AnErasedPseudonymLeavesTheExportVerifiable) {
  const auto log = open();
  fill(*log, 2);
  const auto text = logged().at(0);
  const auto at = text.find("\"caller\":\"") + 10;
  ASSERT_TRUE(log->erase_pseudonym(tenant('a'), text.substr(at, 22)).has_value());
  const auto o = export_options(*log, "out");
  ASSERT_TRUE(export_audit(store, keys, o).has_value());
  EXPECT_EQ(verify(o).records, 6U);
}

TEST_F(ExportTest, ALogBeingWrittenIsExportedAsOfOneMoment) {
  auto options_of_log = options();
  options_of_log.background = true;
  options_of_log.linger = std::chrono::milliseconds(1);
  const auto log = open(std::move(options_of_log));
  ASSERT_TRUE(runtime::run_blocking(log->append_durably(record('a'))).has_value());
  std::atomic<bool> enough{false};
  std::thread writing([&] {
    while (!enough) {
      ASSERT_TRUE(runtime::run_blocking(log->append_durably(record('a'))).has_value());
    }
  });
  for (int i = 0; i < 10; ++i) {
    const auto o = export_options(*log, "out" + std::to_string(i));
    EXPECT_TRUE(export_audit(store, keys, o).has_value());
    verify(o);
  }
  enough = true;
  writing.join();
}

TEST_F(ExportTest, ARecordChangedInTheFilesIsNamed) {
  const auto log = open();
  fill(*log, 20);
  const auto o = export_options(*log, "out");
  ASSERT_TRUE(export_audit(store, keys, o).has_value());
  const auto path = fs::path(o.folder) / kRecordsFile;
  std::ifstream in(path, std::ios::binary);
  std::string text((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
  text.replace(text.find("/r/7/1"), 6, "/r/7/9");
  std::ofstream(path, std::ios::binary) << text;
  const auto report = verify_export_folder(o.folder, o.key);
  ASSERT_EQ(report->finding_count, 1U);
  EXPECT_TRUE(report->findings[0].text.starts_with("leaf 7 record 1 (records.jsonl line 23, request "))
      << report->findings[0].text;
  EXPECT_TRUE(report->findings[0].text.ends_with("was changed"));
}

TEST_F(ExportTest, WhatCantBeExportedSaysWhy) {
  const auto log = open();
  auto o = export_options(*log, "out");
  EXPECT_EQ(export_audit(store, keys, o).error().code, ErrorCode::kNotFound) << "an empty log";
  fill(*log, 3);
  o.folder = folder_.string();
  std::ofstream(folder_ / "mine") << "x";
  EXPECT_EQ(export_audit(store, keys, o).error().code, ErrorCode::kInvalidArgument) << "a folder in use";
  o = export_options(*log, "out");
  auto harmed = **runtime::run_blocking(engine->partitions().get(log_id, indexed_key(kBatchPrefix, 1)));
  harmed[20] ^= 1;
  put_row(log_id, {indexed_key(kBatchPrefix, 1), harmed});
  const auto damaged = export_audit(store, keys, o);
  EXPECT_EQ(damaged.error().code, ErrorCode::kCorrupt);
  EXPECT_NE(damaged.error().message.find("batch 1"), std::string::npos) << damaged.error().message;
  EXPECT_EQ(verify_export_folder((folder_ / "nowhere").string(), o.key).error().code, ErrorCode::kNotFound);
}

}  // namespace
}  // namespace freehold::gate::audit
