// What the background work does where an account's key is withheld.
#include "src/row_keys.h"
#include "src/test_owners_key.h"

namespace freehold::blob::testing {
namespace {

struct DarkAccounts : CustodyTest {
  DarkAccounts() {
    orphans_before = chunk_count();
    put_long_list("/box/long");
    collect();
    static_cast<void>(log.take_entries());
  }
  void dark(bool is) {
    owner.given = !is;
    pass();
  }
  bool round() { return run_blocking(service->collect_garbage(*pipeline)).has_value(); }
  std::size_t sweep() { return run_blocking(service->sweep_orphans(*pipeline)).value_or(99); }
  void purge() {
    for (int i = 0; i < 20 && !service->accounts().deleted().empty(); ++i) {
      static_cast<void>(round());
      take_audit_rows();
    }
  }
  std::size_t orphans_before = 0;
};

TEST_F(DarkAccounts, GarbageThatNeedsTheKeyWaitsInItsRowAlone) {
  ASSERT_EQ(run(Method::kDelete, "/box/long").status, 202);
  static_cast<void>(log.take_entries());
  const auto all = chunk_count();
  dark(true);
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(round());
  EXPECT_EQ(service->garbage_waiting(), 0u);
  EXPECT_EQ(chunk_count(), all);
  EXPECT_TRUE(log.take_entries().empty());
  restart();
  ASSERT_TRUE(run_blocking(service->find_left_over(*pipeline)));
  EXPECT_TRUE(round());
  EXPECT_EQ(service->garbage_waiting(), 0u);
  dark(false);
  EXPECT_TRUE(round());
  EXPECT_EQ(chunk_count(), orphans_before);
}

TEST_F(DarkAccounts, GarbageThatNeedsNoKeyGoesAllTheSame) {
  dark(true);
  ASSERT_EQ(run(Method::kDelete, "/box/big").status, 202);
  EXPECT_TRUE(round());
  EXPECT_EQ(chunk_count(), 3u);  // the long list's
}

TEST_F(DarkAccounts, WhatSnapshotsShareIsJudgedWhenItCanBeRead) {
  ASSERT_EQ(run(Method::kPut, "/box/long?comp=snapshot").status, 201);
  ASSERT_EQ(put("/box/long", "small").status, 201);
  dark(true);
  EXPECT_TRUE(round());
  EXPECT_EQ(chunk_count(), orphans_before + 3);
  dark(false);
  ASSERT_EQ(run(Method::kDelete, "/box/long", {{"x-ms-delete-snapshots", "only"}}).status, 202);
  EXPECT_TRUE(round());
  EXPECT_TRUE(round());
  EXPECT_EQ(chunk_count(), orphans_before);
}

TEST_F(DarkAccounts, ADeletedContainerIsPurgedWhenTheKeyIsBack) {
  ASSERT_EQ(run(Method::kDelete, "/box?restype=container").status, 202);
  take_audit_rows();
  dark(true);
  EXPECT_TRUE(round());
  EXPECT_EQ(service->garbage_waiting(), 0u);
  EXPECT_GE(chunk_count(), 3u);
  dark(false);
  take_audit_rows();
  EXPECT_TRUE(round());
  EXPECT_EQ(chunk_count(), 0u);
}

TEST_F(DarkAccounts, ADeletedAccountGoesThoughNobodyCanReadIt) {
  EXPECT_EQ(sweep(), 0u);  // all of it is known to be named
  dark(true);
  ASSERT_TRUE(run_blocking(service->accounts().begin_deletion(account)));
  purge();
  EXPECT_TRUE(service->accounts().deleted().empty());
  EXPECT_FALSE(service->accounts().is_taken("acct1"));
  EXPECT_EQ(chunk_count(), 2u);  // named by a manifest that nobody could read
  EXPECT_EQ(sweep(), 2u);
  EXPECT_EQ(chunk_count(), 0u);
  EXPECT_EQ(sweep(), 0u);
}

TEST_F(DarkAccounts, AnAccountThatWasDarkAlreadyIsPurgedOnceItIsDeleted) {
  ASSERT_EQ(run(Method::kDelete, "/box?restype=container").status, 202);
  take_audit_rows();
  dark(true);
  EXPECT_TRUE(round());
  ASSERT_TRUE(run_blocking(service->accounts().begin_deletion(account)));
  purge();
  EXPECT_TRUE(service->accounts().deleted().empty());
}

TEST_F(DarkAccounts, ChunksThatASweepCouldntJudgeAreLookedAtAgain) {
  ASSERT_TRUE(run_blocking(engine->chunks().put({}, hybrid.next_chunk(), AlignedBuffer(5000))));
  put_long_list("/box/later");
  collect();
  ASSERT_TRUE(run_blocking(engine->chunks().put({}, hybrid.next_chunk(), AlignedBuffer(5000))));
  dark(true);
  EXPECT_EQ(sweep(), 1u);  // the younger one: no manifest can name it
  EXPECT_EQ(sweep(), 0u);
  restart();
  EXPECT_EQ(sweep(), 0u);
  dark(false);
  EXPECT_EQ(sweep(), 1u);
  EXPECT_EQ(sweep(), 0u);
  EXPECT_EQ(get("/box/later").status, 200);
  EXPECT_EQ(get("/box/long").status, 200);
}

}  // namespace
}  // namespace freehold::blob::testing
