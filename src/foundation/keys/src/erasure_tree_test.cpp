#include "keys/erasure_tree.h"

#include <gtest/gtest.h>

#include "crypto/testing/memory_hsm.h"
#include "keys/testing/sealed_table.h"

namespace freehold::keys {
namespace {

using runtime::run_blocking;

class ErasureTreeTest : public ::testing::Test {
 protected:
  // What a restart finds.
  Result<> reopen() {
    tree_ = std::make_unique<ErasureTree>(hsm_, disks_.sealed());
    return run_blocking(tree_->open());
  }
  void SetUp() override { ASSERT_TRUE(reopen()); }

  static TenantId tenant(std::uint8_t number) {
    TenantId id;
    id.bytes.fill(number);
    return id;
  }
  Erasable make() { return run_blocking(tree_->make(tenant(1))).value(); }
  bool holds(const Erasable& secret) {
    const auto found = run_blocking(tree_->find(secret.id));
    if (!found) EXPECT_EQ(found.error().code, ErrorCode::kNotFound);
    return found && found->view() == secret.secret.view();
  }
  Result<> erase(const std::vector<ErasureId>& ids) { return run_blocking(tree_->erase(ids)); }

  using Rows = std::vector<store::KeyValue>;
  const store::PartitionId partition_ = store::make_partition_id(TenantId{}, "erasure");
  Rows copy_disks() {
    Rows out;
    Bytes from(1, '\x01');
    while (true) {
      auto page = run_blocking(disks_.engine->partitions().scan(partition_, from, Bytes(1, '\x7f'), 1'000)).value();
      for (auto& row : page.rows) out.push_back(std::move(row));
      if (!page.more) return out;
      from = out.back().key + '\0';
    }
  }
  void put_back_disks(const Rows& rows) {
    store::Commit commit{.partition = partition_,
                         .epoch = store::Epoch{1},
                         .transaction = disks_.hybrid.next_transaction(),
                         .expect = {},
                         .puts = rows,
                         .deletes = {}};
    for (auto& row : copy_disks()) {
      const bool kept = std::ranges::any_of(rows, [&](const auto& each) { return each.key == row.key; });
      if (!kept) commit.deletes.push_back(row.key);
    }
    ASSERT_EQ(run_blocking(disks_.engine->partitions().commit(std::move(commit))).outcome, store::CommitOutcome::kOk);
  }

  keys::testing::MemoryStore disks_;
  crypto::testing::MemoryHsm hsm_;
  std::unique_ptr<ErasureTree> tree_;
};

TEST_F(ErasureTreeTest, FindsWhatItMadeAfterARestart) {
  std::vector<Erasable> made;
  for (int i = 0; i < 200; ++i) made.push_back(make());
  std::set<ErasureId> names;
  for (const auto& each : made) {
    EXPECT_EQ(each.secret.size(), 32u);
    EXPECT_TRUE(names.insert(each.id).second);
    EXPECT_TRUE(holds(each));
  }
  ASSERT_TRUE(reopen());
  for (const auto& each : made) EXPECT_TRUE(holds(each));
  EXPECT_EQ(hsm_.made, 1u) << "only an erasure needs another key";
}

TEST_F(ErasureTreeTest, NobodyTakesASecretTwice) {
  const auto first = make();
  ASSERT_TRUE(reopen());
  for (int i = 0; i < 100; ++i) EXPECT_NE(make().id, first.id);
}

TEST_F(ErasureTreeTest, WhatWasErasedIsGoneFromEveryCopyOfTheDisks) {
  const auto gone = make();
  const auto neighbour = make();  // in the same leaf
  const auto before = copy_disks();
  const auto token_before = hsm_.copy();
  ASSERT_TRUE(erase({gone.id}));
  EXPECT_FALSE(holds(gone));
  EXPECT_TRUE(holds(neighbour));
  EXPECT_EQ(hsm_.copy().size(), 1u);
  const auto after = copy_disks();
  ASSERT_TRUE(reopen());
  EXPECT_FALSE(holds(gone));
  EXPECT_TRUE(holds(neighbour));

  // The disks of before with the token of now open nothing.
  put_back_disks(before);
  const auto opened = reopen();
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, ErrorCode::kCorrupt);
  // Nor does any mixture: the row of before for each one of now.
  for (const auto& old : before) {
    auto mixed = after;
    std::erase_if(mixed, [&](const auto& row) { return row.key == old.key; });
    mixed.push_back(old);
    put_back_disks(mixed);
    if (!reopen()) continue;
    const auto found = run_blocking(tree_->find(gone.id));
    ASSERT_FALSE(found);
  }
  // With the token's earlier state they do: that is what the threat model says.
  put_back_disks(before);
  hsm_.put_back(token_before);
  ASSERT_TRUE(reopen());
  EXPECT_TRUE(holds(gone));
}

TEST_F(ErasureTreeTest, WhatIsKeptStaysThroughManyErasures) {
  std::vector<Erasable> kept;
  for (int round = 0; round < 40; ++round) {
    std::vector<ErasureId> going;
    for (int i = 0; i < 7; ++i) going.push_back(make().id);
    kept.push_back(make());
    ASSERT_TRUE(erase(going));
    for (const auto& id : going) EXPECT_EQ(run_blocking(tree_->find(id)).error().code, ErrorCode::kNotFound);
  }
  ASSERT_TRUE(reopen());
  for (const auto& each : kept) EXPECT_TRUE(holds(each));
  EXPECT_EQ(hsm_.copy().size(), 1u);
}

TEST_F(ErasureTreeTest, ManyLeavesAreErasedInOneGo) {
  std::vector<ErasureId> ids;
  std::vector<Erasable> kept;
  for (int i = 0; i < 2'000; ++i) {
    auto made = make();
    if (i % 50 == 0) {
      kept.push_back(std::move(made));
    } else {
      ids.push_back(made.id);
    }
  }
  const unsigned before = hsm_.made;
  ASSERT_TRUE(erase(ids));
  EXPECT_EQ(hsm_.made, before + 1);
  ASSERT_TRUE(reopen());
  for (const auto& each : kept) EXPECT_TRUE(holds(each));
  for (const auto& id : ids) EXPECT_FALSE(run_blocking(tree_->find(id)));
}

TEST_F(ErasureTreeTest, ErasingTwiceCostsNothing) {
  const auto gone = make();
  ASSERT_TRUE(erase({gone.id}));
  const unsigned made = hsm_.made;
  EXPECT_TRUE(erase({gone.id}));
  EXPECT_TRUE(erase({}));
  EXPECT_TRUE(erase({ErasureId{}}));
  EXPECT_EQ(hsm_.made, made);
}

// The token is gone when the new key is to be made: the secret can't be found any more, but it isn't destroyed.
TEST_F(ErasureTreeTest, ABrokenErasureIsEndedByTheNextOrByARestart) {
  for (const bool restart : {false, true}) {
    const auto gone = make();
    const auto stays = make();
    const auto token = hsm_.copy();
    hsm_.failing = true;
    EXPECT_EQ(erase({gone.id}).error().code, ErrorCode::kUnavailable);
    EXPECT_FALSE(holds(gone));
    EXPECT_EQ(hsm_.copy(), token);
    EXPECT_FALSE(erase({gone.id})) << "it is not said to be destroyed before it is";
    hsm_.failing = false;
    ASSERT_TRUE(restart ? reopen() : erase({gone.id}));
    EXPECT_NE(hsm_.copy(), token);
    EXPECT_EQ(hsm_.copy().size(), 1u);
    EXPECT_TRUE(holds(stays));
  }
}

TEST_F(ErasureTreeTest, AKeyThatCouldNotBeDestroyedIsDestroyedLater) {
  for (const bool restart : {false, true}) {
    const auto gone = make();
    hsm_.failing_to_destroy = true;
    EXPECT_FALSE(erase({gone.id}));
    EXPECT_EQ(hsm_.copy().size(), 2u);
    hsm_.failing_to_destroy = false;
    ASSERT_TRUE(restart ? reopen() : erase({gone.id}));
    EXPECT_EQ(hsm_.copy().size(), 1u);
  }
}

// They would fill the token up, and then nothing could be erased any more.
TEST_F(ErasureTreeTest, AttemptsThatFailPileUpNoKeys) {
  const auto gone = make();
  const auto stays = make();
  hsm_.failing_once_made = true;
  for (int i = 0; i < 5; ++i) {
    EXPECT_FALSE(erase({gone.id}));
    EXPECT_TRUE(reopen()) << "what is there can be read all the same";
    EXPECT_TRUE(holds(stays));
    EXPECT_LE(hsm_.copy().size(), 2u);
  }
  hsm_.failing_once_made = false;
  const auto disks = copy_disks();
  ASSERT_TRUE(erase({gone.id}));
  EXPECT_EQ(hsm_.copy().size(), 1u);
  EXPECT_TRUE(holds(stays));
  put_back_disks(disks);
  EXPECT_EQ(reopen().error().code, ErrorCode::kCorrupt);
}

TEST_F(ErasureTreeTest, KeysOfOthersInTheTokenAreLeftAlone) {
  crypto::ErasureKeyId others;
  others.bytes.fill(1);
  ASSERT_TRUE(run_blocking(hsm_.make_erasure_key(others)));
  ASSERT_TRUE(erase({make().id}));
  ASSERT_TRUE(reopen());
  EXPECT_TRUE(hsm_.copy().contains(others));
  EXPECT_EQ(hsm_.copy().size(), 2u);
}

TEST_F(ErasureTreeTest, WhatIsDroppedIsForgotten) {
  const auto dropped = make();
  const auto stays = make();
  const unsigned made = hsm_.made;
  ASSERT_TRUE(run_blocking(tree_->drop({dropped.id})));
  EXPECT_FALSE(holds(dropped));
  EXPECT_TRUE(holds(stays));
  ASSERT_TRUE(reopen());
  EXPECT_FALSE(holds(dropped));
  EXPECT_TRUE(holds(stays));
  EXPECT_EQ(hsm_.made, made);
}

// One tenant takes no room from the others; what it gives up it may have again.
TEST_F(ErasureTreeTest, ATenantHasItsPartAndNoMore) {
  tree_ = std::make_unique<ErasureTree>(hsm_, disks_.sealed(), 100);
  ASSERT_TRUE(run_blocking(tree_->open()));
  std::vector<Erasable> made;
  Result<Erasable> last = fail(ErrorCode::kInternal, "none yet");
  while ((last = run_blocking(tree_->make(tenant(1))))) {
    made.push_back(std::move(*last));
    ASSERT_LE(made.size(), 100u);
  }
  EXPECT_EQ(last.error().code, ErrorCode::kExhausted);
  EXPECT_EQ(made.size(), 96u) << "in lots of 32";
  EXPECT_TRUE(run_blocking(tree_->is_full_for(tenant(1))).value());
  EXPECT_FALSE(run_blocking(tree_->is_full_for(tenant(2))).value());
  for (int i = 0; i < 96; ++i) ASSERT_TRUE(run_blocking(tree_->make(tenant(2))));
  for (int i = 0; i < 200; ++i) ASSERT_TRUE(run_blocking(tree_->make(TenantId{}))) << "the region's own";

  // A restart counts on, and so does one that forgets what it had at hand.
  tree_ = std::make_unique<ErasureTree>(hsm_, disks_.sealed(), 100);
  ASSERT_TRUE(run_blocking(tree_->open()));
  EXPECT_FALSE(run_blocking(tree_->make(tenant(1))));
  std::vector<ErasureId> going;
  for (int i = 0; i < 20; ++i) going.push_back(made[static_cast<std::size_t>(i)].id);
  ASSERT_TRUE(erase(going));
  going.clear();
  for (int i = 20; i < 40; ++i) going.push_back(made[static_cast<std::size_t>(i)].id);
  ASSERT_TRUE(run_blocking(tree_->drop(going)));
  ASSERT_TRUE(run_blocking(tree_->drop(going))) << "once more, which frees nothing";
  EXPECT_FALSE(run_blocking(tree_->is_full_for(tenant(1))).value());
  for (int i = 0; i < 32; ++i) ASSERT_TRUE(run_blocking(tree_->make(tenant(1))));
  EXPECT_FALSE(run_blocking(tree_->make(tenant(1))));
  EXPECT_TRUE(holds(made.back()));
}

// What programs of before made is nobody's, and is erased like any other.
TEST_F(ErasureTreeTest, WhatWasNeverCountedIsErasedToo) {
  const auto gone = make();
  auto rows = copy_disks();
  std::erase_if(rows, [](const auto& row) { return row.key[0] == 't'; });
  put_back_disks(rows);
  ASSERT_TRUE(reopen());
  ASSERT_TRUE(erase({gone.id}));
  EXPECT_FALSE(holds(gone));
  EXPECT_FALSE(run_blocking(tree_->is_full_for(tenant(1))).value());
}

TEST_F(ErasureTreeTest, WhatWasGivenBackIsTakenAgain) {
  auto unused = make();
  const auto id = unused.id;
  tree_->give_back(std::move(unused));
  bool again = false;
  for (int i = 0; i < 64 && !again; ++i) again = make().id == id;
  EXPECT_TRUE(again);
}

TEST_F(ErasureTreeTest, AlteredAndMovedRowsAreRefused) {
  const auto made = make();
  const auto whole = copy_disks();
  for (std::size_t i = 0; i < whole.size(); ++i) {
    auto bad = whole;
    bad[i].value.back() = static_cast<char>(bad[i].value.back() ^ 1);
    put_back_disks(bad);
    if (const auto opened = reopen(); !opened) {
      EXPECT_EQ(opened.error().code, ErrorCode::kCorrupt);
      continue;
    }
    const bool count = whole[i].key[0] == 't';
    const auto found = run_blocking(tree_->find(made.id));
    EXPECT_EQ(found.has_value(), count) << whole[i].key[0];
    const auto error = count ? run_blocking(tree_->make(tenant(1))).error() : found.error();
    EXPECT_EQ(error.code, ErrorCode::kCorrupt) << whole[i].key[0];
  }
  put_back_disks(whole);
  ASSERT_TRUE(reopen());
  EXPECT_TRUE(holds(made));
}

}  // namespace
}  // namespace freehold::keys
