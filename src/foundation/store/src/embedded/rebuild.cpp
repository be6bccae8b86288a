#include "src/embedded/rebuild.h"

#include <latch>

#include "base/check.h"
#include "base/log.h"

namespace freehold::store::embedded {
namespace {

constexpr std::size_t kPageBytes = 1u << 20;
constexpr int kPageRows = 1'000;
// Beyond this, comparing everything is cheaper than looking up key by key.
constexpr std::size_t kMostKeys = 200'000;

constexpr unsigned bit(unsigned index) { return 1u << index; }
rocksdb::Slice slice(BytesView bytes) { return {bytes.data(), bytes.size()}; }
BytesView view(const rocksdb::Slice& s) { return {s.data(), s.size()}; }

bool is_own(BytesView key) {
  const auto space = static_cast<Space>(key.front());
  return space == Space::kLocal || space == Space::kPosition;
}

Result<std::optional<Touched>> touched_at(RowsDb& rows, std::uint64_t sequence) {
  FH_TRY(const auto bytes, rows.get(touched_key(sequence)));
  return bytes ? decode_touched(*bytes) : std::nullopt;
}

// The last batch that both have in common; nothing if that is too long ago to know.
Result<std::optional<std::uint64_t>> fork_of(RowsDb& source, RowsDb& target, std::uint64_t newest) {
  for (std::uint64_t at = newest; at > 0; --at) {
    FH_TRY(const auto a, touched_at(source, at));
    FH_TRY(const auto b, touched_at(target, at));
    if (!a || !b) return std::nullopt;
    if (a->term == b->term) return at;
  }
  return 0;
}

// False if a batch is no longer remembered.
Result<bool> add_touched(RowsDb& rows, std::uint64_t after, std::uint64_t last, std::vector<TouchedKey>& keys) {
  for (std::uint64_t at = after + 1; at <= last; ++at) {
    FH_TRY(auto touched, touched_at(rows, at));
    if (!touched || keys.size() > kMostKeys) return false;
    std::ranges::move(touched->keys, std::back_inserter(keys));
    keys.push_back({touched_key(at), {}});
  }
  return true;
}

// Runs on the target's chunk worker, which alone may write there.
Result<> write_record(FaultDomain& target, ChunkId id, const disk::ExtentAddress& address, AlignedBuffer& payload) {
  const auto checksums = disk::checksum_payload(payload.view());
  Result<> result;
  std::latch done(1);
  target.chunk_worker().post([&] {
    const auto domain = target.opened();
    if (domain) {
      result = domain->extents->create(address.extent);
      if (result) result = domain->extents->write(extent_key(id), address, payload, checksums);
      if (result) result = domain->extents->sync(address.extent);
    } else {
      result = fail(ErrorCode::kUnavailable, "the fault domain is gone");
    }
    done.count_down();
  });
  done.wait();
  return result;
}

}  // namespace

Result<RebuildPlan> plan_rebuild(RowsDb& source, RowsDb& target) {
  FH_TRY(const Position from, source.position());
  FH_TRY(const Position to, target.position());
  FH_TRY(const auto fork, fork_of(source, target, std::min(from.sequence, to.sequence)));
  if (!fork) return RebuildPlan{};
  RebuildPlan plan{false, {}};
  FH_TRY(const bool newer, add_touched(source, *fork, from.sequence, plan.keys));
  FH_TRY(const bool alone, add_touched(target, *fork, to.sequence, plan.keys));
  if (!newer || !alone) return RebuildPlan{};
  return plan;
}

Result<> copy_chunk(Domains& domains, unsigned target, ChunkId id, const disk::ExtentAddress& address) {
  Error last{ErrorCode::kUnavailable, "no other copy is at hand", {}};
  for (unsigned i = 1; i < kDomains; ++i) {
    const auto source = domains[(target + i) % kDomains]->opened();
    if (!source) continue;
    auto payload = source->extents->verify(extent_key(id), address);
    if (payload) return write_record(*domains[target], id, address, *payload);
    last = payload.error();
  }
  return fail(last.code == ErrorCode::kNotFound ? ErrorCode::kCorrupt : last.code, last.message, last.detail);
}

Rebuild::Rebuild(Domains& domains, Replicator& replicator, EmbeddedChunks& chunks, unsigned target,
                 std::atomic<std::uint64_t>& keys_done)
    : domains_(domains), replicator_(replicator), chunks_(chunks), target_(target), keys_done_(keys_done) {}

Result<> Rebuild::follow(const std::optional<Bytes>& identity) {
  const auto domain = domains_[target_]->opened();
  if (!domain) return fail(ErrorCode::kUnavailable, "the fault domain is gone");
  rocksdb::WriteBatch mark;
  mark.Put(local_key(kRebuildingMark), encode_number(1));
  mark.Delete(local_key(kCleanMark));
  replicator_.pause();
  domains_[target_]->rows_worker().drain();
  Result<> marked;
  if (const auto source = replicator_.member(0); source && source->opened()) {
    auto plan = plan_rebuild(*source->opened()->rows, *domain->rows);
    const auto mixed = domain->rows->number_at(local_key(kRebuildingMark));
    if (plan && mixed && *mixed == 0 && !identity) plan_ = std::move(*plan);
    marked = domain->rows->write(mark, Sync::kYes);
  } else {
    marked = fail(ErrorCode::kUnavailable, "no member to rebuild from");
  }
  if (marked && identity) marked = domains_[target_]->write_identity(*identity);
  if (marked) {
    replicator_.set_role(target_, Role::kFollower);
    for (const auto& [id, chunk] : chunks_.pending()) awaited_.insert(id);
  }
  replicator_.resume();
  return marked;
}

Result<bool> Rebuild::start() {
  if (state_ != State::kWaiting) return true;
  const auto pending = chunks_.pending();
  const bool serving = replicator_.serving();
  // Without a quorum nothing is indexed: what is durable then is copied in join().
  std::erase_if(awaited_, [&](ChunkId id) {
    const auto found = pending.find(id);
    return found == pending.end() || (!serving && found->second.durable);
  });
  if (!awaited_.empty()) return false;
  state_ = State::kCopying;
  log_info("a fault domain is being rebuilt", {{"domain", std::uint64_t{target_}}, {"whole", plan_.full}});
  domains_[target_]->rows_worker().post([this] { step(); });
  return true;
}

void Rebuild::step() {
  if (replicator_.role(target_) != Role::kFollower) {
    state_ = State::kFailed;
    return;
  }
  auto last = copy_page();
  if (!last) {
    replicator_.drop(target_, last.error());
    state_ = State::kFailed;
    return;
  }
  if (*last) {
    state_ = State::kCopied;
  } else {
    domains_[target_]->rows_worker().post([this] { step(); });  // batches that wait go first
  }
}

Result<bool> Rebuild::copy_page() {
  const auto target = domains_[target_]->opened();
  FaultDomain* member = replicator_.member(bad_sources_);
  const auto source = member ? member->opened() : nullptr;
  if (!target || !source) return fail(ErrorCode::kUnavailable, "no member to rebuild from");
  if (!replicator_.ahead(member->index(), target_)) {
    std::this_thread::yield();
    return false;
  }
  page_.Clear();
  auto last = plan_.full ? copy_range(*source, *target) : copy_keys(*source, *target);
  if (last || last.error().code != ErrorCode::kCorrupt || domains_[target_]->damaged) return last;
  replicator_.note_damage(member->index());
  bad_sources_ |= bit(member->index());
  if (!replicator_.member(bad_sources_)) return last;
  return false;
}

Result<bool> Rebuild::copy_range(OpenDomain& source, OpenDomain& target) {
  auto from = source.rows->iterate(Wait::kYes, nullptr, false);
  auto to = target.rows->iterate(Wait::kYes, nullptr, false);
  const Bytes begin = cursor_;
  from->Seek(begin);
  to->Seek(begin);
  int rows = 0;
  while ((from->Valid() || to->Valid()) && rows < kPageRows && page_.GetDataSize() < kPageBytes) {
    const int order = !to->Valid() ? -1 : !from->Valid() ? 1 : from->key().compare(to->key());
    const Bytes key = order <= 0 ? from->key().ToString() : to->key().ToString();
    if (!is_own(key)) {
      const auto is = order >= 0 ? std::optional(view(to->value())) : std::nullopt;
      const auto should_be = order <= 0 ? std::optional(view(from->value())) : std::nullopt;
      if (!from->status().ok() || !to->status().ok()) break;
      FH_CHECK_OK(copy_row(target, key, is, should_be));
    }
    if (order <= 0) from->Next();
    if (order >= 0) to->Next();
    cursor_ = key + Bytes(1, '\0');
    ++rows;
  }
  if (!to->status().ok()) {
    domains_[target_]->damaged = true;
    return fail_rocksdb(to->status(), "rebuild target");
  }
  if (!from->status().ok()) {
    cursor_ = begin;
    return fail_rocksdb(from->status(), "rebuild source");
  }
  keys_done_ += static_cast<std::uint64_t>(rows);
  FH_CHECK_OK(flush(target));
  return !from->Valid() && !to->Valid();
}

Result<bool> Rebuild::copy_keys(OpenDomain& source, OpenDomain& target) {
  const std::size_t begin = next_key_;
  for (int rows = 0; next_key_ < plan_.keys.size() && rows < kPageRows && page_.GetDataSize() < kPageBytes; ++rows) {
    const auto& touched = plan_.keys[next_key_];
    if (!touched.end.empty()) {
      if (touched.key.size() > kLongestRangeKey) {
        return fail(ErrorCode::kCorrupt, "stored rows are damaged", "range of a batch");
      }
      page_.DeleteRange(slice(touched.key), slice(touched.end));
    } else if (auto copied = copy_key(source, target, touched.key); !copied) {
      next_key_ = begin;
      return pass_on(copied);
    }
    ++next_key_;
  }
  keys_done_ += next_key_ - begin;
  FH_CHECK_OK(flush(target));
  return next_key_ == plan_.keys.size();
}

Result<> Rebuild::copy_key(OpenDomain& source, OpenDomain& target, BytesView key) {
  FH_TRY(const auto should_be, source.rows->get(key));
  auto is = target.rows->get(key);
  if (!is) {
    domains_[target_]->damaged = is.error().code == ErrorCode::kCorrupt;
    return pass_on(is);
  }
  const auto as_view = [](const std::optional<Bytes>& b) { return b ? std::optional<BytesView>(*b) : std::nullopt; };
  return copy_row(target, key, as_view(*is), as_view(should_be));
}

Result<> Rebuild::copy_row(OpenDomain& target, BytesView key, const std::optional<BytesView>& is,
                           const std::optional<BytesView>& should_be) {
  const bool chunk = static_cast<Space>(key.front()) == Space::kChunk;
  if (chunk && should_be) {
    FH_CHECK_OK(copy_chunk_if_missing(target, key, *should_be));
  }
  if (is == should_be) return {};
  if (should_be) {
    page_.Put(slice(key), slice(*should_be));
  } else {
    page_.Delete(slice(key));
  }
  return {};
}

Result<> Rebuild::copy_chunk_if_missing(OpenDomain& target, BytesView key, BytesView value) {
  const auto id = chunk_id_of_key(key);
  const auto address = decode_address(value);
  if (!id || !address) return fail(ErrorCode::kCorrupt, "stored rows are damaged", "chunk index");
  std::array<char, 1> first;
  const auto there = target.extents->read(extent_key(*id), *address, 0, first);
  if (there) return {};
  auto copied = copy_chunk(domains_, target_, *id, *address);
  if (!copied && copied.error().code == ErrorCode::kCorrupt) {
    // Damaged everywhere, or removed while we looked: the row goes along, and a reader is told.
    log_warning("a chunk couldn't be copied", {{"detail", std::string_view(copied.error().detail)}});
    return {};
  }
  return copied;
}

Result<> Rebuild::flush(OpenDomain& target) {
  if (page_.Count() == 0) return {};
  return target.rows->write(page_, Sync::kNo);
}

Result<> Rebuild::copy_pending_chunks() {
  for (const auto& [id, chunk] : chunks_.pending()) {
    if (!chunk.durable || (chunk.copies & bit(target_))) continue;
    FH_CHECK_OK(copy_chunk(domains_, target_, id, chunk.address));
  }
  return {};
}

Result<> Rebuild::join() {
  const auto target = domains_[target_]->opened();
  replicator_.pause();
  domains_[target_]->rows_worker().drain();
  FaultDomain* member = replicator_.member(0);
  const auto source = member ? member->opened() : nullptr;
  Result<> joined;
  if (!target || !source || replicator_.role(target_) != Role::kFollower) {
    joined = fail(ErrorCode::kUnavailable, "the rebuilding was interrupted");
  } else {
    joined = copy_pending_chunks();
    const auto position = source->rows->position();
    const auto term = source->rows->number_at(local_key(kTermMark));
    rocksdb::WriteBatch marks;
    if (position) marks.Put(space_key(Space::kPosition), encode(*position));
    if (term) marks.Put(local_key(kTermMark), encode_number(*term));
    marks.Delete(local_key(kRebuildingMark));
    if (joined && (!position || !term)) joined = fail(ErrorCode::kUnavailable, "the source can't be read");
    if (joined) joined = target->rows->write(marks, Sync::kYes);
  }
  if (joined) {
    replicator_.set_role(target_, Role::kMember);
    log_info("a fault domain is whole again", {{"domain", std::uint64_t{target_}}});
  }
  replicator_.resume();
  return joined;
}

}  // namespace freehold::store::embedded
