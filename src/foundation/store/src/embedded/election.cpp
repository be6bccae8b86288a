#include "src/embedded/election.h"

#include <bit>

#include "base/log.h"
#include "src/embedded/rebuild.h"

namespace freehold::store::embedded {
namespace {

constexpr unsigned bit(unsigned index) { return 1u << index; }

Outcome undecided(ErrorCode code, std::string message) { return {0, {}, Error{code, std::move(message), {}}}; }

template <class Visit>
Result<> each_row(RowsDb& rows, Space space, Visit visit) {
  const Bytes end_key = prefix_end(space_key(space));
  const rocksdb::Slice end(end_key);
  auto it = rows.iterate(Wait::kYes, &end, false);
  for (it->Seek(space_key(space)); it->Valid(); it->Next()) {
    visit(BytesView(it->key().data(), it->key().size()), BytesView(it->value().data(), it->value().size()));
  }
  if (!it->status().ok()) return fail_rocksdb(it->status(), "load");
  return {};
}

// Where unindexed records may be, and which domains hold them.
using Found = std::map<std::pair<std::uint32_t, std::uint64_t>, disk::ExtentRecord>;

Result<bool> is_accounted_for(RowsDb& rows, const disk::ExtentRecord& record) {
  const ChunkId id = chunk_id(record.key);
  FH_TRY(const auto entry, rows.get(chunk_key(id)));
  if (entry) return true;
  const Bytes place = dead_key(record.address.extent, record.address.offset);
  FH_TRY(const auto dead, rows.get(place));
  const auto removed = dead ? decode_dead(place, *dead) : std::nullopt;
  return removed && removed->id == id;
}

// True if every member has the record whole now.
Result<bool> complete_copies(Domains& domains, unsigned members, const disk::ExtentRecord& record) {
  unsigned good = 0;
  for (unsigned i = 0; i < kDomains; ++i) {
    const auto domain = members & bit(i) ? domains[i]->opened() : nullptr;
    if (domain && domain->extents->verify(record.key, record.address)) good |= bit(i);
  }
  if (good == 0) return false;  // torn: it was never acknowledged
  for (unsigned i = 0; i < kDomains; ++i) {
    if (members & ~good & bit(i)) {
      FH_CHECK_OK(copy_chunk(domains, i, chunk_id(record.key), record.address));
    }
  }
  return true;
}

}  // namespace

Result<Candidate> candidate_of(const FaultDomain& domain) {
  const auto opened = domain.opened();
  if (!opened) return fail(ErrorCode::kUnavailable, "the fault domain is gone");
  Candidate candidate;
  FH_TRY(candidate.identity, domain.read_identity());
  FH_TRY(candidate.position, opened->rows->position());
  FH_TRY(candidate.term, opened->rows->number_at(local_key(kTermMark)));
  FH_TRY(const auto rebuilding, opened->rows->number_at(local_key(kRebuildingMark)));
  FH_TRY(const auto clean, opened->rows->number_at(local_key(kCleanMark)));
  candidate.rebuilding = rebuilding != 0;
  candidate.clean = clean != 0;
  return candidate;
}

Outcome elect(const std::array<std::optional<Candidate>, 3>& candidates) {
  Bytes placement;
  bool used = false;
  unsigned voters = 0;
  unsigned present = 0;
  const Candidate* best = nullptr;
  for (unsigned i = 0; i < candidates.size(); ++i) {
    const auto& candidate = candidates[i];
    if (!candidate) continue;
    present |= bit(i);
    if (!candidate->identity) continue;
    if (candidate->identity->index != i)
      return undecided(ErrorCode::kInvalidArgument, "the directories are in another order");
    if (!placement.empty() && placement != candidate->identity->placement) {
      return undecided(ErrorCode::kInvalidArgument, "the directories belong to different placements");
    }
    placement = candidate->identity->placement;
    // A term's own first batch is 1; what was ever acknowledged came later.
    used |= candidate->position.sequence > 1 || candidate->rebuilding;
    if (candidate->rebuilding || candidate->term == 0) continue;
    voters |= bit(i);
    if (!best || candidate->position > best->position) best = &*candidate;
  }
  // Nothing was ever committed: a first start, perhaps one that was broken off. That takes all three.
  if (!used && present == 0b111) return {0b111, {}, {}};
  if (!best)
    return undecided(ErrorCode::kUnavailable, "too few fault domains are at hand to know what was acknowledged");
  if (std::popcount(voters) < 2 && !best->clean) {
    return undecided(ErrorCode::kUnavailable,
                     "one fault domain alone can't tell whether it has everything; bring a second one back");
  }
  unsigned members = 0;
  for (unsigned i = 0; i < candidates.size(); ++i) {
    if ((voters & bit(i)) && candidates[i]->position == best->position) members |= bit(i);
  }
  return {members, placement, {}};
}

Result<RecoveredChunks> recover_chunks(Domains& domains, unsigned members) {
  const auto first = domains[static_cast<unsigned>(std::countr_zero(members))]->opened();
  if (!first) return fail(ErrorCode::kUnavailable, "the fault domain is gone");
  FH_TRY(const auto scan_from, first->rows->number_at(space_key(Space::kScanFrom)));
  Found found;
  RecoveredChunks recovered{.records = {}, .scanned_from = static_cast<std::uint32_t>(scan_from), .next_extent = 0};
  for (unsigned i = 0; i < kDomains; ++i) {
    const auto domain = domains[i]->opened();
    if (!domain) continue;
    FH_TRY(const auto extents, domain->extents->extents());
    if (!extents.empty()) recovered.next_extent = std::max(recovered.next_extent, extents.back() + 1);
    if (!(members & bit(i))) continue;
    for (const auto extent : extents) {
      if (extent < scan_from) continue;
      FH_TRY(const auto records, domain->extents->scan(extent));
      for (const auto& record : records) found.emplace(std::pair(extent, record.address.offset), record);
    }
  }
  recovered.next_extent = std::max(recovered.next_extent, static_cast<std::uint32_t>(scan_from));
  for (const auto& [place, record] : found) {
    FH_TRY(const bool known, is_accounted_for(*first->rows, record));
    if (known) continue;
    FH_TRY(const bool whole, complete_copies(domains, members, record));
    if (whole) recovered.records.push_back(record);
  }
  return recovered;
}

Result<std::uint32_t> load_chunks(OpenDomain& source, ExtentAllocator& allocator, EmbeddedChunks& chunks) {
  std::uint32_t next = 0;
  bool readable = true;
  FH_CHECK_OK(each_row(*source.rows, Space::kChunk, [&](BytesView, BytesView value) {
    const auto address = decode_address(value);
    readable = readable && address;
    if (!address) return;
    allocator.add(*address);
    next = std::max(next, address->extent + 1);
  }));
  FH_CHECK_OK(each_row(*source.rows, Space::kDead, [&](BytesView key, BytesView value) {
    const auto dead = decode_dead(key, value);
    readable = readable && dead;
    if (!dead) return;
    chunks.add_dead(*dead);
    next = std::max(next, dead->address.extent + 1);
  }));
  if (!readable) return fail(ErrorCode::kCorrupt, "stored rows are damaged", "chunk index");
  return next;
}

}  // namespace freehold::store::embedded
