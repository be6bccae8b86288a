#include "audit_format/verify.h"

#include <gtest/gtest.h>

#include "base/encoding.h"
#include "base/random.h"
#include "sample_export.h"

namespace freehold::gate::audit {
namespace {

std::string join(const VerifyReport& report) {
  std::string all;
  for (const auto& finding : report.findings) all += finding.text + "\n";
  return all;
}

// Where in the lines leaf 2's records stand in an export from leaf 0: after 3 of leaf 0 and 4 of leaf 1.
constexpr std::size_t kLeaf2 = 7;

TEST(Verify, AnUntouchedExportVerifies) {
  for (const auto& [count, first, end] :
       {std::tuple{1, 0, 1}, {5, 0, 5}, {20, 0, 20}, {20, 3, 17}, {300, 255, 299}, {20, 20, 20}, {9, 8, 9}}) {
    const SampleExport sample(static_cast<std::uint64_t>(count), static_cast<std::uint64_t>(first),
                              static_cast<std::uint64_t>(end));
    const auto report = sample.verify();
    EXPECT_TRUE(report.verified()) << count << " " << first << " " << end << ": " << join(report);
    EXPECT_EQ(report.records, sample.lines.size());
    EXPECT_EQ(report.log_size, static_cast<std::uint64_t>(count));
  }
}

TEST(Verify, SealedLeavesAreCheckedAndCounted) {
  const SampleExport sample(10, 0, 10);
  const auto report = sample.verify();
  EXPECT_TRUE(report.verified());
  EXPECT_EQ(report.sealed_leaves, 1U);
  EXPECT_EQ(report.sealed_records, 4U);
  auto harmed = sample;
  harmed.entries[6].back() ^= 1;
  EXPECT_EQ(join(harmed.verify()), "leaf 6: its sealed batch was changed\n");
}

TEST(Verify, AChangedRecordIsNamed) {
  SampleExport sample(10, 0, 10);
  auto& line = sample.lines[kLeaf2 + 1];
  line.replace(line.find("/a/b/"), 5, "/x/y/");
  EXPECT_EQ(join(sample.verify()),
            "leaf 2 record 1 (records.jsonl line 9, request 01020302-0100-0000-0000-000000000000) was changed\n");
}

TEST(Verify, AMissingRecordIsNamed) {
  SampleExport sample(10, 0, 10);
  sample.lines.erase(sample.lines.begin() + kLeaf2 + 3);
  const auto text = join(sample.verify());
  EXPECT_TRUE(text.starts_with("leaf 2 record 3 is missing\n")) << text;
  EXPECT_EQ(sample.verify().finding_count, 2U) << "and the manifest's count";
}

TEST(Verify, ReorderedRecordsAreNamed) {
  SampleExport sample(10, 0, 10);
  std::swap(sample.lines[kLeaf2], sample.lines[kLeaf2 + 2]);
  const auto text = join(sample.verify());
  EXPECT_NE(text.find("leaf 2 record 0 (records.jsonl line 10"), std::string::npos) << text;
  EXPECT_NE(text.find("reordered"), std::string::npos) << text;
  EXPECT_EQ(text.find("missing"), std::string::npos) << text;
  EXPECT_EQ(text.find("changed"), std::string::npos) << text;
}

TEST(Verify, ReorderedRecordsWithNumbersPutRightAreNamed) {
  SampleExport sample(10, 0, 10);
  sample.lines[kLeaf2].clear();
  sample.lines[kLeaf2 + 2].clear();
  append_record_line(sample.lines[kLeaf2], 2, 0, sample.batches[2][2]);
  append_record_line(sample.lines[kLeaf2 + 2], 2, 2, sample.batches[2][0]);
  const auto text = join(sample.verify());
  EXPECT_NE(text.find("leaf 2 record 0 (records.jsonl line 8, request 01020302-0200-0000-0000-000000000000) was "
                      "reordered: its place is 2"),
            std::string::npos)
      << text;
  EXPECT_EQ(sample.verify().finding_count, 2U);
}

TEST(Verify, AnAddedRecordIsNamed) {
  SampleExport sample(10, 0, 10);
  std::string line;
  append_record_line(line, 2, 5, SampleExport::record(2, 77));
  sample.lines.insert(sample.lines.begin() + kLeaf2 + 5, line);
  auto text = join(sample.verify());
  EXPECT_TRUE(text.starts_with("leaf 2 record 5 (records.jsonl line 13, request 01020302-4d00-0000-0000-000000000000) "
                               "was added\n"))
      << text;
  SampleExport doubled(10, 0, 10);
  doubled.lines.insert(doubled.lines.begin() + kLeaf2, doubled.lines[kLeaf2]);
  text = join(doubled.verify());
  EXPECT_NE(text.find("was added"), std::string::npos) << text;
  SampleExport behind(10, 0, 10);
  behind.lines.push_back(line);
  EXPECT_NE(join(behind.verify()).find("added"), std::string::npos);
}

TEST(Verify, ARecordMovedToAnotherLeafIsNamed) {
  SampleExport sample(10, 0, 10);
  const auto line = sample.lines[kLeaf2 + 1];
  sample.lines.erase(sample.lines.begin() + kLeaf2 + 1);
  sample.lines.insert(sample.lines.begin() + 1, line);
  const auto text = join(sample.verify());
  EXPECT_NE(text.find("records.jsonl line 2 was reordered: it belongs to leaf 2"), std::string::npos) << text;
  EXPECT_EQ(text.find("missing"), std::string::npos) << text;
}

TEST(Verify, AChangedRecordWithItsHashPutRightIsFound) {
  SampleExport sample(10, 0, 10);
  const auto forged = SampleExport::record(2, 99);
  sample.lines[kLeaf2].clear();
  append_record_line(sample.lines[kLeaf2], 2, 0, forged);
  const auto hash = record_hash(forged);
  sample.entries[2].replace(1 + 4 + 32 + kLeafBytes, 32, crypto::view(hash));
  EXPECT_EQ(join(sample.verify()), "leaf 2: neither its records nor their hashes give its sub-root\n");
}

TEST(Verify, AChangedListOfHashesIsTold) {
  SampleExport sample(10, 0, 10);
  sample.entries[2].back() ^= 1;
  EXPECT_EQ(join(sample.verify()),
            "leaf 2: its list of record hashes was changed (its records are as they were)\n");
}

TEST(Verify, AChangedLeafIsNamed) {
  for (const auto offset : {4U + 1 + 3, 4U + 1 + 16 + 8 + 32 + 4 + 2}) {  // tenant, first time
    SampleExport sample(10, 0, 10);
    sample.entries[4][1 + 4 + 32 + offset] ^= 1;
    const auto text = join(sample.verify());
    EXPECT_TRUE(text.starts_with("leaf 4 was changed: it does not give its hash in the tree\n")) << text;
  }
}

TEST(Verify, AForgedLeafWithAllItsHashesPutRightIsFound) {
  SampleExport sample(10, 0, 10);
  auto leaf = sample.leaves[4];
  leaf.tenant.bytes[0] = 9;
  const auto bytes = encode_leaf(leaf);
  const auto hash = leaf_hash(bytes);
  sample.entries[4].replace(1 + 4, 32, crypto::view(hash));
  sample.entries[4].replace(1 + 4 + 32, kLeafBytes, bytes);
  EXPECT_EQ(join(sample.verify()),
            "the tree of these leaves is not the one that the checkpoint signs: leaves or proof were changed\n");
}

TEST(Verify, SwappedMissingAndDoubledLeavesAreNamed) {
  SampleExport swapped(10, 0, 10);
  std::swap(swapped.entries[2], swapped.entries[3]);
  auto text = join(swapped.verify());
  EXPECT_TRUE(text.starts_with("leaf 2 is missing, or stands out of order\n")) << text;
  EXPECT_NE(text.find("leaf 2 stands out of order, where leaf 4 belongs"), std::string::npos) << text;
  SampleExport missing(10, 0, 10);
  missing.entries.erase(missing.entries.begin() + 5);
  text = join(missing.verify());
  EXPECT_TRUE(text.starts_with("leaf 5 is missing")) << text;
  SampleExport last(10, 0, 10);
  last.entries.pop_back();
  EXPECT_NE(join(last.verify()).find("leaves 9 to 9 are missing"), std::string::npos);
  SampleExport doubled(10, 0, 10);
  doubled.entries.push_back(doubled.entries.back());
  EXPECT_FALSE(doubled.verify().verified());
}

TEST(Verify, AnAlteredCheckpointIsRefused) {
  SampleExport sample(10, 0, 10);
  const auto good = sample.checkpoint;
  for (std::size_t i = 0; i < good.size(); ++i) {
    sample.checkpoint = good;
    sample.checkpoint[i] ^= 1;
    EXPECT_FALSE(sample.verify().verified()) << i;
  }
  const SampleExport shorter(9, 0, 9);
  sample.checkpoint = shorter.checkpoint;
  EXPECT_EQ(join(sample.verify()), "the manifest names more leaves than the checkpoint vouches for\n");
}

TEST(Verify, AnotherLogsKeyRefusesAll) {
  SampleExport sample(10, 0, 10);
  sample.key = make_verifier_key(sample.key.name, crypto::make_ed25519().public_key);
  EXPECT_FALSE(sample.verify().verified());
}

TEST(Verify, FilesCutShortAreFoundAtEveryLength) {
  const SampleExport sample(4, 1, 3, 1);
  const auto leaves = sample.all_leaves();
  const auto lines = sample.all_lines();
  ASSERT_TRUE(sample.verify_with(leaves, lines).verified());
  for (std::size_t n = 0; n < leaves.size(); ++n) {
    EXPECT_FALSE(sample.verify_with(leaves.substr(0, n), lines).verified()) << n;
  }
  for (std::size_t n = 0; n < lines.size(); ++n) {
    EXPECT_FALSE(sample.verify_with(leaves, lines.substr(0, n)).verified()) << n;
  }
  for (std::size_t n = 0; n < sample.manifest.size(); ++n) {
    auto cut = sample;
    cut.manifest.resize(n);
    EXPECT_FALSE(cut.verify().verified());
  }
  for (std::size_t n = 0; n < sample.proof.size(); ++n) {
    auto cut = sample;
    cut.proof.resize(n);
    EXPECT_FALSE(cut.verify().verified()) << n;
  }
}

// No byte of an export can change without a finding.
TEST(Verify, EveryFlippedByteIsFound) {
  const SampleExport sample(4, 1, 3, 1);
  const auto leaves = sample.all_leaves();
  const auto lines = sample.all_lines();
  for (std::size_t i = 0; i < leaves.size(); ++i) {
    auto harmed = leaves;
    harmed[i] ^= 1;
    EXPECT_FALSE(sample.verify_with(harmed, lines).verified()) << i;
  }
  for (std::size_t i = 0; i < lines.size(); ++i) {
    auto harmed = lines;
    harmed[i] ^= 1;
    EXPECT_FALSE(sample.verify_with(leaves, harmed).verified()) << i;
  }
  for (std::size_t i = 0; i < sample.proof.size(); ++i) {
    auto harmed = sample;
    harmed.proof[i] ^= 1;
    EXPECT_FALSE(harmed.verify().verified()) << i;
  }
  for (std::size_t i = 0; i < sample.manifest.size(); ++i) {
    auto harmed = sample;
    harmed.manifest[i] ^= 1;
    EXPECT_FALSE(harmed.verify().verified()) << i;
  }
}

TEST(Verify, ALogThatWasRewrittenDoesNotContinueTheEarlierCheckpoint) {
  const SampleExport good(10, 4, 10, 4);
  EXPECT_EQ(good.verify().earlier_size, 4U);
  SampleExport rewritten(10, 4, 10, 4);
  auto hashes = rewritten.hashes;
  hashes[1][0] ^= 1;
  rewritten.earlier =
      sign_checkpoint({rewritten.key.name, 4, root_of(std::span(hashes).first(4))}, rewritten.key, SampleExport::seed());
  EXPECT_EQ(join(rewritten.verify()), "the log does not continue what the earlier checkpoint vouched for\n");
  rewritten.earlier.clear();
  EXPECT_EQ(join(rewritten.verify()), "the earlier checkpoint, which the proof speaks of, is missing\n");
}

TEST(Verify, GarbageIsFoundAndNeverBelieved) {
  const SampleExport sample(6, 0, 6);
  SeededRandom random(11);
  for (int i = 0; i < 300; ++i) {
    auto leaves = sample.all_leaves();
    const auto at = random.below(leaves.size());
    leaves.replace(at, random.below(40), random.bytes(random.below(40)));
    auto lines = sample.all_lines();
    lines.insert(random.below(lines.size()), random.bytes(1 + random.below(40)));
    EXPECT_FALSE(sample.verify_with(leaves, lines).verified());
  }
  EXPECT_FALSE(sample.verify_with(sample.all_leaves(), std::string(300'000, 'x')).verified());
}

TEST(RecordLine, ComesBackAndOnlyThatFormIsTaken) {
  std::string line;
  append_record_line(line, 12, 3, "{\"a\":1}");
  EXPECT_EQ(line, "{\"leaf\":12,\"n\":3,\"record\":{\"a\":1}}\n");
  line.pop_back();
  const auto parsed = parse_record_line(line);
  ASSERT_TRUE(parsed.has_value());
  EXPECT_EQ(parsed->leaf, 12U);
  EXPECT_EQ(parsed->n, 3U);
  EXPECT_EQ(parsed->record, "{\"a\":1}");
  for (const auto bad : {"", "{", "{\"leaf\":1}", "{\"leaf\":01,\"n\":3,\"record\":{}}", "{\"leaf\":1,\"n\":-3,\"record\":{}}",
                         "{\"leaf\":1 ,\"n\":3,\"record\":{}}",
                         "{\"leaf\":99999999999999999999,\"n\":3,\"record\":{}}"}) {
    EXPECT_FALSE(parse_record_line(bad).has_value()) << bad;
  }
}

}  // namespace
}  // namespace freehold::gate::audit
