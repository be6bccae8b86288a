// The parts of the contracts that are the same for every engine.
#include <boost/asio/steady_timer.hpp>

#include "base/check.h"
#include "store/chunk_store.h"
#include "store/partition_store.h"

namespace freehold::store {

TenantId PartitionId::tenant() const {
  const auto tenant = id_from_bytes<TenantId>(BytesView(value).substr(0, 16));
  FH_CHECK(tenant.has_value());
  return *tenant;
}

PartitionId make_partition_id(TenantId tenant, BytesView rest) {
  Bytes value(tenant.view());
  value.append(rest);
  return {std::move(value)};
}

Bytes to_bytes(ChunkId id) {
  Bytes out;
  append_u64(out, id.hybrid_time);
  append_u64(out, id.random);
  return out;
}

std::optional<ChunkId> chunk_id_from_bytes(BytesView bytes) {
  ByteReader reader(bytes);
  const ChunkId id{reader.u64(), reader.u64()};
  if (!reader.done()) return std::nullopt;
  return id;
}

namespace {
constexpr std::chrono::milliseconds kFirstPause{5};
constexpr std::chrono::milliseconds kLongestPause{500};

Task<> pause(std::chrono::milliseconds duration) {
  boost::asio::basic_waitable_timer<std::chrono::steady_clock, boost::asio::wait_traits<std::chrono::steady_clock>,
                                    runtime::Executor>
      timer(co_await boost::asio::this_coro::executor, duration);
  co_await timer.async_wait(runtime::use_task);
}
}  // namespace

Task<CommitResult> commit_settled(PartitionStore& store, Commit commit, int tries) {
  const PartitionId partition = commit.partition;
  const TransactionId transaction = commit.transaction;
  CommitResult result = co_await store.commit(std::move(commit));
  auto wait = kFirstPause;
  for (int i = 0; i < tries && result.outcome == CommitOutcome::kUnknown; ++i) {
    auto found = co_await store.find_transaction(partition, transaction);
    if (found && *found) co_return CommitResult{CommitOutcome::kOk, {}};
    if (found) {  // certain: it neither happened nor will
      co_return CommitResult{CommitOutcome::kUnavailable, Error{ErrorCode::kUnavailable, "the write was not kept", {}}};
    }
    if (found.error().code == ErrorCode::kInvalidArgument) break;
    co_await pause(wait);
    wait = std::min(wait * 2, kLongestPause);
  }
  co_return result;
}

}  // namespace freehold::store
