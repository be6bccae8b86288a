#include "store/intent.h"

#include "base/check.h"

namespace freehold::store {
namespace {

constexpr std::uint8_t kIntentVersion = 1;
constexpr std::size_t kKindBytes = 256;

bool is_passing(ErrorCode code) {
  return code == ErrorCode::kUnavailable || code == ErrorCode::kExhausted || code == ErrorCode::kTimeout;
}

Result<Intent> decode(BytesView key, BytesView value) {
  Intent intent;
  ByteReader id(key);
  intent.id = {id.u64(), id.u64()};
  ByteReader reader(value);
  const auto version = reader.u8();
  if (version > kIntentVersion) return fail(ErrorCode::kUnsupported, "written by a newer version", "intent");
  intent.kind = reader.sized(kKindBytes);
  intent.arguments = reader.sized(kIntentBytes);
  if (!id.done() || !reader.done()) return fail(ErrorCode::kCorrupt, "stored rows are damaged", "intent");
  return intent;
}

}  // namespace

IntentJournal::IntentJournal(PartitionStore& store, PartitionId home, Bytes prefix, Epoch epoch, HybridClock& ids)
    : store_(store), home_(std::move(home)), prefix_(std::move(prefix)), epoch_(epoch), ids_(ids) {
  FH_CHECK(!prefix_.empty() && prefix_.back() != '\xff');
}

void IntentJournal::on(std::string kind, Resumer resumer) {
  FH_CHECK(kind.size() <= kKindBytes);
  FH_CHECK(resumers_.emplace(std::move(kind), std::move(resumer)).second);
}

Bytes IntentJournal::key_of(TransactionId id) const {
  Bytes key = prefix_;
  append_u64(key, id.hybrid_time);
  append_u64(key, id.random);
  return key;
}

KeyValue IntentJournal::row_of(const Intent& intent) const {
  Bytes value;
  append_u8(value, kIntentVersion);
  append_sized(value, intent.kind);
  append_sized(value, intent.arguments);
  return {key_of(intent.id), std::move(value)};
}

Task<Result<>> IntentJournal::write(Commit commit) {
  const CommitResult result = co_await commit_settled(store_, std::move(commit));
  if (result.outcome == CommitOutcome::kOk) co_return Result<>{};
  if (result.outcome == CommitOutcome::kFenced) co_return fail(ErrorCode::kUnavailable, "another owner took over");
  if (result.outcome == CommitOutcome::kConflict) co_return fail(ErrorCode::kConflict, "the intent exists");
  co_return std::unexpected(result.error);
}

Task<Result<>> IntentJournal::run(std::string kind, Bytes arguments) {
  if (arguments.size() > kIntentBytes) co_return fail(ErrorCode::kInvalidArgument, "the intent is too large");
  FH_CHECK(resumers_.contains(kind));
  Intent intent{ids_.next_transaction(), std::move(kind), std::move(arguments)};
  Commit commit{home_, epoch_, intent.id, {absent(key_of(intent.id))}, {row_of(intent)}, {}};
  FH_CO_CHECK_OK(co_await write(std::move(commit)));
  co_return co_await carry_out(std::move(intent));
}

Task<Result<>> IntentJournal::carry_out(Intent intent) {
  const auto resumer = resumers_.find(intent.kind);
  if (resumer == resumers_.end()) co_return fail(ErrorCode::kUnsupported, "nobody knows this intent", intent.kind);
  const Bytes key = key_of(intent.id);
  const Result<> outcome = co_await resumer->second(std::move(intent));
  if (!outcome && is_passing(outcome.error().code)) co_return outcome;
  Commit strike_off{home_, epoch_, ids_.next_transaction(), {}, {}, {key}};
  strike_off.reserve = DiskReserve::kMayUse;
  const auto struck = co_await write(std::move(strike_off));
  // Not struck off, it is carried out once more one day, which changes nothing.
  if (outcome && !struck) co_return struck;
  co_return outcome;
}

Task<Result<std::uint64_t>> IntentJournal::resume() {
  std::uint64_t remaining = 0;
  Bytes from = prefix_;
  Bytes end = prefix_;
  end.back() = static_cast<char>(static_cast<unsigned char>(end.back()) + 1);
  for (bool more = true; more;) {
    FH_CO_TRY(const ScanPage page, co_await store_.scan(home_, from, end, 100));
    more = page.more && !page.rows.empty();
    for (const auto& row : page.rows) {
      FH_CO_TRY(Intent intent, decode(BytesView(row.key).substr(prefix_.size()), row.value));
      const auto done = co_await carry_out(std::move(intent));
      const bool stays = !done && (is_passing(done.error().code) || done.error().code == ErrorCode::kUnsupported);
      remaining += stays;
      from = row.key + Bytes(1, '\0');
    }
  }
  co_return remaining;
}

}  // namespace freehold::store
