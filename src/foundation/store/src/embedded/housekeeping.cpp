// The steward's daily work: mending copies, giving space back, forgetting.
#include "base/log.h"
#include "src/embedded/steward.h"
#include "store/hybrid_clock.h"

namespace freehold::store::embedded {
namespace {

constexpr std::size_t kMostPunchedRows = 500;
constexpr std::chrono::seconds kForgetEvery{60};
// Beyond the promise of kTransactionMemory, for clocks that differ a little.
constexpr std::chrono::minutes kForgetMargin{5};

// Whatever looks like a record is left alone, in the index or not.
Result<> trim(disk::ExtentFiles& extents, std::uint32_t extent, std::uint64_t end) {
  const auto records = extents.scan(extent);
  if (!records && records.error().code == ErrorCode::kNotFound) return {};
  if (!records) return std::unexpected(records.error());
  for (const auto& record : *records) end = std::max(end, record.address.offset + record.address.footprint());
  return end > 0 ? extents.cut(extent, end) : extents.remove(extent);
}

}  // namespace

void Steward::mend_copies() {
  for (const auto& bad : p_.chunks.take_bad_copies()) {
    const auto row = p_.rows.read_now(chunk_key(bad.id));
    if (row && !*row) {
      p_.chunks.repaired(bad);  // removed meanwhile
      continue;
    }
    const auto address = row ? decode_address(**row) : std::nullopt;
    const auto mended = address ? copy_chunk(p_.domains, bad.domain, bad.id, *address)
                                : Result<>(fail(ErrorCode::kCorrupt, "no index entry"));
    if (mended) {
      p_.chunks.repaired(bad);
      ++p_.read_counters.repaired;
      log_warning("a damaged copy of a chunk was written anew", {{"domain", std::uint64_t{bad.domain}}});
    } else {
      ++p_.read_counters.unrepaired;
      log_error("a damaged copy of a chunk can't be mended",
                {{"domain", std::uint64_t{bad.domain}}, {"detail", std::string_view(mended.error().detail)}});
    }
  }
}

void Steward::punch(const disk::ExtentAddress& address) {
  for (auto& domain : p_.domains) {
    domain->chunk_worker().post([domain = domain.get(), address] {
      const auto opened = domain->opened();
      if (!opened) return;
      // Space that can't be given back now is found again when the extent dies.
      if (auto punched = opened->extents->punch(address); !punched && punched.error().code != ErrorCode::kNotFound) {
        log_warning("space wasn't given back", {{"detail", std::string_view(punched.error().detail)}});
      }
    });
  }
}

void Steward::give_back_space() {
  for (const auto& rest : p_.chunks.take_left_over()) punch(rest);
  const auto dead = p_.chunks.take_dead();
  for (const auto& chunk : dead) punch(chunk.address);
  punched_.insert(punched_.end(), dead.begin(), dead.end());
  settle_punched();
  remove_dead_extents();
}

// A dead row has done its work when its extent is never scanned again: until then it says that the record found there
// is a removed one.
void Steward::settle_punched() {
  const std::uint32_t scan_from = p_.allocator.scan_from();
  auto op = std::make_unique<Op>();
  op->sync = Sync::kNo;
  std::erase_if(punched_, [&](const DeadChunk& dead) {
    if (dead.address.extent >= scan_from || op->rows.size() >= kMostPunchedRows) return false;
    op->rows.push_back({dead_key(dead.address.extent, dead.address.offset), std::nullopt, {}});
    saw(dead.id.hybrid_time);
    return true;
  });
  if (op->rows.empty() && scan_from == scan_from_) return;
  op->rows.push_back({space_key(Space::kScanFrom), encode_number(scan_from), {}});
  op->rows.push_back({space_key(Space::kHighest), encode_number(highest_), {}});
  scan_from_ = scan_from;
  op->bytes = op->rows.size() * 32;
  op->done = [](CommitResult) {};  // if it failed, the rows are found at the next start
  p_.queue.push_own(std::move(op));
}

void Steward::remove_dead_extents() {
  for (const auto extent : p_.allocator.take_dead()) {
    for (auto& domain : p_.domains) {
      domain->chunk_worker().post([domain = domain.get(), extent] {
        const auto opened = domain->opened();
        if (!opened) return;
        opened->prepared.erase(extent);
        (void)opened->extents->remove(extent);  // left over, it is dropped when the domain is rebuilt
      });
    }
  }
}

// Once for each domain: what a process that wasn't closed in order preallocated and didn't fill.
void Steward::trim_extents(FaultDomain& domain) {
  for (auto extent = scanned_from_.value_or(first_extent_); extent < first_extent_; ++extent) {
    domain.chunk_worker().post([&domain, extent, end = p_.allocator.end_of(extent)] {
      const auto opened = domain.opened();
      const auto trimmed = opened ? trim(*opened->extents, extent, end) : Result<>();
      if (!trimmed) log_warning("space wasn't given back", {{"detail", std::string_view(trimmed.error().detail)}});
    });
  }
}

void Steward::forget_transactions() {
  if (!due(forgot_, kForgetEvery)) return;
  FaultDomain* member = p_.replicator.member(0);
  const auto source = member ? member->opened() : nullptr;
  const auto highest = source ? source->rows->highest_timestamp() : fail(ErrorCode::kUnavailable, "no member");
  if (!highest) return;
  saw(*highest);
  // Nothing above what is written down: the clock of a later process may be behind this one's.
  const auto oldest =
      std::min(HybridClock::from_wall(p_.clock.now() - kTransactionMemory - kForgetMargin), *highest + 1);
  auto op = std::make_unique<Op>();
  op->sync = Sync::kNo;
  op->bytes = 96;
  op->rows.push_back({transaction_bound(0), std::nullopt, transaction_bound(oldest)});
  op->rows.push_back({space_key(Space::kHighest), encode_number(highest_), {}});
  op->done = [](CommitResult) {};
  p_.queue.push_own(std::move(op));
}

}  // namespace freehold::store::embedded
