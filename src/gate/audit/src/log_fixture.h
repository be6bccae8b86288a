// What the log's tests share: an engine in memory, a store that can be taken away, tenants' keys that can be withheld.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <set>

#include "audit/batch.h"
#include "audit/log.h"
#include "audit/log_layout.h"
#include "base/limits.h"
#include "crypto/digest.h"
#include "runtime/task_scope.h"
#include "store/reference_engine.h"

namespace freehold::gate::audit {

// Passes calls on to another store; commits can be made to fail.
class FailingStore final : public store::PartitionStore {
 public:
  enum class Mode { kWell, kRefuse, kUnknownApplied, kUnknownLost };
  explicit FailingStore(store::PartitionStore& inner) : inner_(inner) {}
  std::atomic<Mode> mode{Mode::kWell};
  std::atomic<int> commits{0};
  std::atomic<int> refuse_after{-1};  // so many commits go through, then none

  store::Task<store::CommitResult> commit(store::Commit commit) override {
    ++commits;
    const Error error{ErrorCode::kUnavailable, "taken away by the test", {}};
    if (refuse_after >= 0 && refuse_after-- == 0) mode = Mode::kRefuse;
    if (mode == Mode::kRefuse) co_return store::CommitResult{store::CommitOutcome::kUnavailable, error};
    if (mode == Mode::kUnknownLost) co_return store::CommitResult{store::CommitOutcome::kUnknown, error};
    auto result = co_await inner_.commit(std::move(commit));
    if (mode == Mode::kUnknownApplied) result = {store::CommitOutcome::kUnknown, error};
    co_return result;
  }
  store::Task<Result<std::optional<Bytes>>> get(store::PartitionId partition, Bytes key) override {
    co_return co_await inner_.get(std::move(partition), std::move(key));
  }
  store::Task<Result<store::ScanPage>> scan(store::PartitionId partition, Bytes from, Bytes end,
                                            std::uint32_t limit) override {
    co_return co_await inner_.scan(std::move(partition), std::move(from), std::move(end), limit);
  }
  // Can't tell while outcomes are unknown: the hard case for whoever asked.
  store::Task<Result<bool>> find_transaction(store::PartitionId partition, store::TransactionId id) override {
    if (mode != Mode::kWell) co_return fail(ErrorCode::kUnavailable, "taken away by the test");
    co_return co_await inner_.find_transaction(std::move(partition), id);
  }
  store::Task<Result<std::vector<store::Change>>> changes(store::PartitionId partition, std::uint64_t after,
                                                          std::uint32_t limit) override {
    co_return co_await inner_.changes(std::move(partition), after, limit);
  }

 private:
  store::PartitionStore& inner_;
};

class TestKeys final : public TenantAuditKeys {
 public:
  Result<Secret> batch_key(TenantId tenant) override { return key(tenant, 'b'); }
  Result<Secret> pseudonym_key(TenantId tenant) override { return key(tenant, 'p'); }
  void withhold(TenantId tenant) {
    const std::lock_guard lock(mutex_);
    withheld_.insert(tenant);
  }
  void give_back(TenantId tenant) {
    const std::lock_guard lock(mutex_);
    withheld_.erase(tenant);
  }

 private:
  Result<Secret> key(TenantId tenant, char kind) {
    const std::lock_guard lock(mutex_);
    if (withheld_.contains(tenant)) return fail(ErrorCode::kUnavailable, "withheld by the test");
    const auto digest = crypto::sha256({tenant.view(), BytesView(&kind, 1)});
    return Secret(crypto::view(digest));
  }
  std::mutex mutex_;
  std::set<TenantId> withheld_;
};

class LogTest : public ::testing::Test {
 protected:
  static TenantId tenant(char name) {
    TenantId id;
    id.bytes.fill(static_cast<std::uint8_t>(name));
    return id;
  }

  LogOptions options() {
    LogOptions o;
    o.front_end = "fe0";
    o.origin = "local.freehold.localhost/audit/fe0";
    o.signing_seed = Secret(BytesView("0123456789abcdef0123456789abcdef"));
    o.epoch = {1};
    o.background = false;
    return o;
  }

  std::unique_ptr<DurableLog> open(LogOptions o) {
    auto log = open_log(std::move(o), store, keys, clock, random, hybrid);
    EXPECT_TRUE(log.has_value()) << log.error().message;
    return log ? std::move(*log) : nullptr;
  }
  std::unique_ptr<DurableLog> open() { return open(options()); }

  Record record(char who, std::string resource = "/acct/box/blob") {
    Record r;
    r.time = clock.now();
    r.request = random_id<RequestId>(random);
    r.tenant = tenant(who);
    r.operation = "Get Blob";
    r.credential = "SharedKey";
    r.caller = "alice@example.org";
    r.address = "192.0.2.7";
    r.resource = std::move(resource);
    r.decision = "allowed";
    r.status = 200;
    r.bytes_out = 4096;
    return r;
  }

  void append(DurableLog& log, Record r) {
    auto slot = log.reserve(r.tenant);
    ASSERT_TRUE(slot.has_value()) << slot.error().message;
    log.append(std::move(*slot), std::move(r));
  }

  // Commits a row of a service together with the record of the write, as the pipeline does.
  AttachedRecord write(DurableLog& log, const store::PartitionId& partition, const Record& r, const Bytes& key) {
    auto attached = log.attach(partition, r);
    store::Commit commit;
    commit.partition = partition;
    commit.epoch = {1};
    commit.transaction = hybrid.next_transaction();
    commit.puts = {{key, "value"}, attached.row};
    EXPECT_EQ(runtime::run_blocking(engine->partitions().commit(commit)).outcome, store::CommitOutcome::kOk);
    return attached;
  }

  std::vector<store::KeyValue> rows(const store::PartitionId& partition, std::string_view prefix) {
    auto page = runtime::run_blocking(
        engine->partitions().scan(partition, Bytes(prefix), after_prefix(prefix), limits::kScanLimit));
    EXPECT_TRUE(page.has_value());
    return page ? page->rows : std::vector<store::KeyValue>{};
  }

  void put_row(const store::PartitionId& partition, store::KeyValue row) {
    store::Commit commit;
    commit.partition = partition;
    commit.epoch = {1};
    commit.transaction = hybrid.next_transaction();
    commit.puts = {std::move(row)};
    ASSERT_EQ(runtime::run_blocking(engine->partitions().commit(commit)).outcome, store::CommitOutcome::kOk);
  }

  void delete_row(const store::PartitionId& partition, Bytes key) {
    store::Commit commit;
    commit.partition = partition;
    commit.epoch = {1};
    commit.transaction = hybrid.next_transaction();
    commit.deletes = {std::move(key)};
    ASSERT_EQ(runtime::run_blocking(engine->partitions().commit(commit)).outcome, store::CommitOutcome::kOk);
  }

  // Every record in the log, as text, in the tree's order.
  std::vector<std::string> logged() {
    std::vector<std::string> texts;
    for (const auto& row : rows(log_id, kLeafPrefix)) {
      const auto leaf = decode_leaf(row.value);
      if (!leaf) {
        ADD_FAILURE() << "a leaf that doesn't decode";
        continue;
      }
      const auto sealed =
          runtime::run_blocking(engine->partitions().get(log_id, indexed_key(kBatchPrefix, leaf->index)));
      const auto text = open_batch(*leaf, **sealed, options().origin, *keys.batch_key(leaf->tenant));
      EXPECT_TRUE(text.has_value());
      for (const auto line : lines_of(*text)) texts.emplace_back(line);
    }
    return texts;
  }
  std::size_t count_logged(std::string_view word) {
    std::size_t count = 0;
    for (const auto& text : logged()) count += text.find(word) != std::string::npos;
    return count;
  }

  FakeClock clock;
  SeededRandom random{7};
  store::HybridClock hybrid{clock, random};
  std::unique_ptr<store::Engine> engine = store::make_reference_engine(clock);
  FailingStore store{engine->partitions()};
  TestKeys keys;
  const store::PartitionId log_id = log_partition("fe0");
  const store::PartitionId box = store::make_partition_id(tenant('a'), "box");
};

}  // namespace freehold::gate::audit
