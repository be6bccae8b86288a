#include <nlohmann/json.hpp>

#include "audit_format/leaf.h"
#include "base/limits.h"
#include "log_fixture.h"

namespace freehold::gate::audit {
namespace {

using nlohmann::json;
using Mode = FailingStore::Mode;

TEST_F(LogTest, ARecordIsInTheLogAfterAFlushAndSaysWhatHappenedWithoutNamingAnyone) {
  const auto log = open();
  append(*log, record('a'));
  EXPECT_EQ(log->checkpoint(), "");
  ASSERT_TRUE(log->flush().has_value());
  const auto texts = logged();
  ASSERT_EQ(texts.size(), 1U);
  const auto r = json::parse(texts[0]);
  EXPECT_EQ(r.at("operation"), "Get Blob");
  EXPECT_EQ(r.at("resource"), "/acct/box/blob");
  EXPECT_EQ(r.at("status"), 200);
  EXPECT_EQ(r.at("bytesOut"), 4096);
  EXPECT_EQ(texts[0].find("alice"), std::string::npos);
  EXPECT_EQ(texts[0].find("192.0.2.7"), std::string::npos);
  EXPECT_EQ(log->resolve_pseudonym(tenant('a'), r.at("caller").get<std::string>()), "alice@example.org");
  EXPECT_EQ(log->resolve_pseudonym(tenant('a'), r.at("address").get<std::string>()), "192.0.2.7");
  const auto checkpoint = open_checkpoint(log->checkpoint(), log->verifier_key());
  ASSERT_TRUE(checkpoint.has_value());
  EXPECT_EQ(checkpoint->size, 1U);
}

TEST_F(LogTest, NothingThatRestsInTheStoreHoldsARecordInTheClear) {
  const auto log = open();
  append(*log, record('a', "/acct/box/CANARY"));
  (void)write(*log, box, record('a', "/acct/box/CANARY2"), "blob");
  ASSERT_TRUE(log->flush().has_value());
  for (const auto& partition : {log_id, pseudonym_partition(tenant('a')), box}) {
    const auto page = runtime::run_blocking(engine->partitions().scan(partition, "", "", 1000));
    ASSERT_FALSE(page->rows.empty());
    for (const auto& row : page->rows) {
      EXPECT_EQ(row.value.find("CANARY"), std::string::npos);
      EXPECT_EQ(row.value.find("alice"), std::string::npos);
      EXPECT_EQ(row.key.find("alice"), std::string::npos);
    }
  }
}

TEST_F(LogTest, TenantsHaveBatchesAndPseudonymsOfTheirOwn) {
  const auto log = open();
  append(*log, record('a'));
  append(*log, record('b'));
  append(*log, record('a'));
  ASSERT_TRUE(log->flush().has_value());
  EXPECT_EQ(rows(log_id, kLeafPrefix).size(), 2U);
  const auto texts = logged();
  ASSERT_EQ(texts.size(), 3U);
  EXPECT_EQ(json::parse(texts[0]).at("caller"), json::parse(texts[1]).at("caller"));
  const auto of_b = json::parse(texts[2]).at("caller").get<std::string>();
  EXPECT_NE(json::parse(texts[0]).at("caller"), of_b);
  EXPECT_FALSE(log->resolve_pseudonym(tenant('a'), of_b).has_value());
}

TEST_F(LogTest, ABatchReachesTheStoreByItself) {
  auto o = options();
  o.background = true;
  const auto log = open(std::move(o));
  const auto start = std::chrono::steady_clock::now();
  append(*log, record('a'));
  while (log->checkpoint().empty() && std::chrono::steady_clock::now() - start < std::chrono::seconds(10)) {
    std::this_thread::yield();
  }
  // 200 ms are promised; the rest is for machines that run many tests at once.
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::milliseconds(1000));
  EXPECT_EQ(logged().size(), 1U);
}

TEST_F(LogTest, RecordsOfManyThreadsAllArrive) {
  auto o = options();
  o.background = true;
  const auto log = open(std::move(o));
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < 3000; ++i) append(*log, record(t % 2 ? 'a' : 'b', "/r/" + std::to_string(t * 10000 + i)));
    });
  }
  for (auto& thread : threads) thread.join();
  log->stop();
  std::set<std::string> resources;
  for (const auto& text : logged()) resources.insert(json::parse(text).at("resource").get<std::string>());
  EXPECT_EQ(resources.size(), 12'000U);
  EXPECT_EQ(logged().size(), 12'000U);
}

TEST_F(LogTest, WhenTheStoreIsTakenAwayRequestsAreRefusedUntilItIsBack) {
  const auto log = open();
  append(*log, record('a'));
  store.mode = Mode::kRefuse;
  EXPECT_FALSE(log->flush().has_value());
  EXPECT_TRUE(log->reserve(tenant('a')).has_value()) << "a hiccup is no reason yet";
  clock.advance(std::chrono::milliseconds(2001));
  const auto refused = log->reserve(tenant('a'));
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().code, ErrorCode::kUnavailable);
  store.mode = Mode::kWell;
  ASSERT_TRUE(log->flush().has_value());
  EXPECT_TRUE(log->reserve(tenant('a')).has_value());
  EXPECT_EQ(logged().size(), 1U) << "what was queued is not lost";
}

TEST_F(LogTest, AFullQueueRefusesAndASlotGivenUpMakesRoom) {
  auto o = options();
  o.queue_records = 8;
  const auto log = open(std::move(o));
  std::vector<Slot> slots;
  for (int i = 0; i < 6; ++i) slots.push_back(std::move(*log->reserve(tenant('a'))));
  EXPECT_FALSE(log->reserve(tenant('a')).has_value()) << "three quarters are one tenant's share";
  slots.push_back(std::move(*log->reserve(tenant('b'))));
  slots.push_back(std::move(*log->reserve(tenant('c'))));
  EXPECT_FALSE(log->reserve(tenant('d')).has_value());
  slots.pop_back();
  EXPECT_TRUE(log->reserve(tenant('d')).has_value());
  for (int i = 0; i < 3; ++i) {
    log->append(std::move(slots.front()), record('a'));
    slots.erase(slots.begin());
  }
  EXPECT_EQ(slots.size(), 4U);
  EXPECT_TRUE(log->reserve(tenant('d')).has_value()) << "seven of eight";
  ASSERT_TRUE(log->flush().has_value());
  for (int i = 0; i < 3; ++i) slots.push_back(std::move(*log->reserve(tenant('a'))));
}

TEST_F(LogTest, ASlotMayOutliveTheLog) {
  std::optional<Slot> slot;
  {
    const auto log = open();
    slot = std::move(*log->reserve(tenant('a')));
  }
  EXPECT_TRUE(slot->valid());
  slot.reset();
}

TEST_F(LogTest, ATenantWhoseKeyCantBeHadIsRefusedAloneAndItsRecordsWait) {
  const auto log = open();
  append(*log, record('a'));
  append(*log, record('b'));
  keys.withhold(tenant('a'));
  ASSERT_TRUE(log->flush().has_value());
  EXPECT_EQ(logged().size(), 1U);
  EXPECT_FALSE(log->reserve(tenant('a')).has_value());
  EXPECT_TRUE(log->reserve(tenant('b')).has_value());
  keys.give_back(tenant('a'));
  EXPECT_TRUE(log->reserve(tenant('a')).has_value());
  ASSERT_TRUE(log->flush().has_value());
  EXPECT_EQ(logged().size(), 2U);
}

TEST_F(LogTest, AppendDurablyReturnsOnceTheRecordRests) {
  auto o = options();
  o.background = true;
  const auto log = open(std::move(o));
  ASSERT_TRUE(runtime::run_blocking(log->append_durably(record('a', "/operator/act"))).has_value());
  EXPECT_EQ(count_logged("/operator/act"), 1U);
}

TEST_F(LogTest, AppendDurablyFailsRatherThanWaitForAStoreThatRefuses) {
  auto o = options();
  o.background = true;
  o.refuse_after = std::chrono::milliseconds(0);
  store.mode = Mode::kRefuse;
  const auto log = open(std::move(o));
  std::atomic<bool> done{false};
  std::thread ticking([&] {
    while (!done) clock.advance(std::chrono::milliseconds(1)), std::this_thread::yield();
  });
  EXPECT_FALSE(runtime::run_blocking(log->append_durably(record('a'))).has_value());
  done = true;
  ticking.join();
  store.mode = Mode::kWell;
}

TEST_F(LogTest, AnUnknownOutcomeNeitherLosesNorDoublesARecord) {
  for (const auto mode : {Mode::kUnknownApplied, Mode::kUnknownLost}) {
    const auto log = open();
    append(*log, record('a', "/before"));
    ASSERT_TRUE(log->flush().has_value());  // the pseudonyms are known now
    const auto before = logged().size();
    append(*log, record('a', "/uncertain"));
    store.mode = mode;
    EXPECT_FALSE(log->flush().has_value());
    store.mode = Mode::kWell;
    ASSERT_TRUE(log->flush().has_value());
    EXPECT_EQ(logged().size(), before + 1);
    const auto checkpoint = open_checkpoint(log->checkpoint(), log->verifier_key());
    EXPECT_EQ(checkpoint->size, rows(log_id, kLeafPrefix).size());
  }
}

TEST_F(LogTest, AnOlderProcessStopsForGoodWhenAnotherTakesOver) {
  const auto old = open();
  append(*old, record('a', "/old"));
  ASSERT_TRUE(old->flush().has_value());
  auto o = options();
  o.epoch = {2};
  const auto young = open(std::move(o));
  append(*young, record('a', "/young"));
  ASSERT_TRUE(young->flush().has_value());
  append(*old, record('a', "/too late"));
  EXPECT_FALSE(old->flush().has_value());
  EXPECT_FALSE(old->reserve(tenant('a')).has_value());
  EXPECT_FALSE(old->flush().has_value());
  EXPECT_EQ(count_logged("/too late"), 0U);
}

TEST_F(LogTest, TheLogGoesOnWhereItWasAfterAReopening) {
  for (int round = 0; round < 600; ++round) {
    const auto log = open();
    append(*log, record('a', "/round/" + std::to_string(round)));
    ASSERT_TRUE(log->flush().has_value());
    const auto checkpoint = open_checkpoint(log->checkpoint(), log->verifier_key());
    ASSERT_EQ(checkpoint->size, static_cast<std::uint64_t>(round) + 1);
  }
}

TEST_F(LogTest, ALogThatWasTamperedWithIsNotOpened) {
  {
    const auto log = open();
    for (int i = 0; i < 300; ++i) {
      append(*log, record('a'));
      ASSERT_TRUE(log->flush().has_value());
    }
  }
  const std::vector<Bytes> keys_to_harm = {Bytes(kCheckpointKey),         tile_key(0, 1),  tile_key(1, 0),
                                           indexed_key(kLeafPrefix, 299), indexed_key(kLeafPrefix, 270),
                                           indexed_key(kBatchPrefix, 299)};
  for (const auto& key : keys_to_harm) {
    const auto value = **runtime::run_blocking(engine->partitions().get(log_id, key));
    auto harmed = value;
    harmed[harmed.size() / 2] ^= 1;
    put_row(log_id, {key, harmed});
    auto opened = open_log(options(), store, this->keys, clock, random, hybrid);
    ASSERT_FALSE(opened.has_value()) << key;
    EXPECT_EQ(opened.error().code, ErrorCode::kCorrupt) << key;
    delete_row(log_id, key);
    opened = open_log(options(), store, this->keys, clock, random, hybrid);
    ASSERT_FALSE(opened.has_value()) << key;
    EXPECT_EQ(opened.error().code, ErrorCode::kCorrupt) << key;
    put_row(log_id, {key, value});
  }
  put_row(log_id, {indexed_key(kLeafPrefix, 300), "one more"});
  EXPECT_FALSE(open_log(options(), store, keys, clock, random, hybrid).has_value());
  delete_row(log_id, indexed_key(kLeafPrefix, 300));
  EXPECT_NE(open(), nullptr);
}

TEST_F(LogTest, AnErasedPseudonymIsForgottenWhileTheLogStandsAndNeverComesBack) {
  const auto log = open();
  append(*log, record('a'));
  ASSERT_TRUE(log->flush().has_value());
  const auto caller = json::parse(logged().at(0)).at("caller").get<std::string>();
  const auto before = log->checkpoint();
  ASSERT_TRUE(log->erase_pseudonym(tenant('a'), caller).has_value());
  EXPECT_EQ(log->resolve_pseudonym(tenant('a'), caller).error().code, ErrorCode::kNotFound);
  EXPECT_EQ(log->erase_pseudonym(tenant('a'), caller).error().code, ErrorCode::kNotFound);
  EXPECT_EQ(log->checkpoint(), before);
  append(*log, record('a'));
  ASSERT_TRUE(log->flush().has_value());
  const auto again = json::parse(logged().at(1)).at("caller").get<std::string>();
  EXPECT_NE(again, caller);
  EXPECT_EQ(log->resolve_pseudonym(tenant('a'), again), "alice@example.org");
  EXPECT_NE(open(), nullptr) << "the log still verifies";
}

TEST_F(LogTest, EveryCallerGetsAPseudonym) {
  const auto log = open();
  for (int i = 0; i < 1500; ++i) {
    auto r = record('a');
    r.caller = "caller " + std::to_string(i);
    append(*log, std::move(r));
  }
  ASSERT_TRUE(log->flush().has_value());
  std::set<std::string> values;
  for (const auto& text : logged()) {
    const auto value = log->resolve_pseudonym(tenant('a'), json::parse(text).at("caller").get<std::string>());
    ASSERT_TRUE(value.has_value());
    values.insert(*value);
  }
  EXPECT_EQ(values.size(), 1500U);
}

TEST_F(LogTest, APseudonymsRowIsWrittenOnce) {
  const auto log = open();
  append(*log, record('a'));
  ASSERT_TRUE(log->flush().has_value());
  const int commits = store.commits;
  append(*log, record('a'));
  ASSERT_TRUE(log->flush().has_value());
  EXPECT_EQ(store.commits - commits, 1) << "the batch's own commit and no other";
}

}  // namespace
}  // namespace freehold::gate::audit
