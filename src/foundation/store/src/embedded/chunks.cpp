#include "src/embedded/chunks.h"

#include <algorithm>
#include <cstring>

#include "base/limits.h"
#include "base/log.h"
#include "runtime/completion.h"
#include "src/contract_rules.h"

namespace freehold::store::embedded {
namespace {

constexpr unsigned bit(unsigned index) { return 1u << index; }
constexpr std::size_t kBadCopiesKept = 10'000;
// Reads of more than this go to the pool even when cached: they would hold up the loop.
constexpr std::uint32_t kInlineReadBytes = 256 * 1024;

}  // namespace

// An id that nobody else may put meanwhile: given back unless the chunk came into being.
class EmbeddedChunks::Claim {
 public:
  Claim(EmbeddedChunks& chunks, ChunkId id) : chunks_(chunks), id_(id) {
    std::lock_guard lock(chunks_.mutex_);
    held_ = chunks_.pending_.emplace(id, Pending{}).second;
  }
  ~Claim() {
    if (!held_) return;
    std::lock_guard lock(chunks_.mutex_);
    chunks_.pending_.erase(id_);
  }
  Claim(const Claim&) = delete;
  Claim& operator=(const Claim&) = delete;

  [[nodiscard]] bool held() const { return held_; }
  void keep() { held_ = false; }

 private:
  EmbeddedChunks& chunks_;
  ChunkId id_;
  bool held_ = false;
};

Result<> EmbeddedChunks::place(ChunkId id, std::uint32_t length, ChunkFlight& flight) {
  std::optional<ExtentAllocator::Place> place;
  while (!place) {
    const std::uint64_t room = allocator_.room_for(length);
    if (room > 0 && !space_.has_room_in_each(room)) return fail(ErrorCode::kExhausted, "the disk is full");
    place = allocator_.allocate(length, room);  // or others filled the open extent meanwhile
  }
  flight.address = place->address;
  std::lock_guard lock(mutex_);
  pending_[id].address = place->address;
  if (place->left_over) left_over_.push_back(*place->left_over);
  return {};
}

void EmbeddedChunks::forget(ChunkId id, const disk::ExtentAddress& address) {
  allocator_.indexed(address);
  allocator_.release(address);
  std::lock_guard lock(mutex_);
  pending_.erase(id);
  dead_.push_back({id, address});
}

Task<Result<>> EmbeddedChunks::put(TenantId tenant, ChunkId id, AlignedBuffer bytes) {
  FH_CO_CHECK_OK(check_chunk(bytes.size()));
  if (!replicator_.serving()) co_return std::unexpected(replicator_.refusal());
  if (space_.room() != Room::kPlenty) co_return fail(ErrorCode::kExhausted, "the disk is full");
  // Claimed before it is looked for: what isn't pending is in the rows by then, or was never there.
  Claim claim(*this, id);
  if (!claim.held()) co_return fail(ErrorCode::kConflict, "the chunk exists");
  FH_CO_TRY(const auto existing, co_await rows_.read(tenant, chunk_key(id)));
  if (existing) co_return fail(ErrorCode::kConflict, "the chunk exists");

  auto flight = std::make_shared<ChunkFlight>();
  flight->id = id;
  const auto length = static_cast<std::uint32_t>(bytes.size());
  std::memset(bytes.data() + length, 0, round_up(length, kDirectAlignment) - length);
  flight->checksums = disk::checksum_payload(bytes.view());
  flight->payload = std::move(bytes);
  FH_CO_CHECK_OK(place(id, length, *flight));
  claim.keep();

  runtime::Completion<Result<>> written;
  flight->done = [this, written, id, address = flight->address](Result<unsigned> copies) {
    if (!copies) {
      forget(id, address);
      return written.complete(pass_on(copies));
    }
    allocator_.prepared(address.extent);
    {
      std::lock_guard lock(mutex_);
      pending_[id].durable = true;
      pending_[id].copies = *copies;
    }
    write_index(id, address);
    written.complete({});
  };
  writer_.start(std::move(flight));
  co_return co_await written.wait();
}

void EmbeddedChunks::write_index(ChunkId id, disk::ExtentAddress address) {
  auto op = std::make_unique<Op>();
  op->rows.push_back({chunk_key(id), encode(address), {}});
  op->sync = Sync::kNo;
  op->bytes = 128;
  op->done = [this, id, address](CommitResult result) {
    if (result.outcome != CommitOutcome::kOk) return;  // stays pending: index_again()
    allocator_.indexed(address);
    std::lock_guard lock(mutex_);
    pending_.erase(id);
  };
  queue_.push_own(std::move(op));
}

void EmbeddedChunks::index_again() {
  for (const auto& [id, chunk] : pending()) {
    if (chunk.durable) write_index(id, chunk.address);
  }
}

std::map<ChunkId, EmbeddedChunks::Pending> EmbeddedChunks::pending() const {
  std::lock_guard lock(mutex_);
  return pending_;
}

Result<std::optional<disk::ExtentAddress>> EmbeddedChunks::find_now(ChunkId id) {
  {
    std::lock_guard lock(mutex_);
    const auto found = pending_.find(id);
    if (found != pending_.end() && found->second.durable) return found->second.address;
  }
  FH_TRY(const auto row, rows_.read_now(chunk_key(id)));
  return row ? decode_address(*row) : std::nullopt;
}

Task<Result<disk::ExtentAddress>> EmbeddedChunks::find(TenantId tenant, ChunkId id) {
  {
    std::lock_guard lock(mutex_);
    const auto found = pending_.find(id);
    if (found != pending_.end() && found->second.durable) co_return found->second.address;
  }
  FH_CO_TRY(const auto row, co_await rows_.read_often(tenant, chunk_key(id)));
  if (!row) co_return fail(ErrorCode::kNotFound, "no such chunk");
  const auto address = decode_address(*row);
  if (!address) co_return fail(ErrorCode::kCorrupt, "stored rows are damaged", "chunk index");
  co_return *address;
}

std::vector<unsigned> EmbeddedChunks::copies_of(ChunkId id) const {
  const unsigned members = replicator_.members();
  // Each chunk has its favourite, so that its bytes are cached once and the disks share the work.
  const auto first = static_cast<unsigned>(id.random % kDomains);
  std::vector<unsigned> copies;
  for (unsigned i = 0; i < kDomains; ++i) {
    if (const unsigned index = (first + i) % kDomains; members & bit(index)) copies.push_back(index);
  }
  if (bad_count_ == 0) return copies;
  std::lock_guard lock(mutex_);
  std::vector<unsigned> last;
  std::erase_if(copies, [&](unsigned index) {
    if (!bad_.contains({id, index})) return false;
    last.push_back(index);
    return true;
  });
  copies.insert(copies.end(), last.begin(), last.end());
  return copies;
}

Task<Result<ChunkBytes>> EmbeddedChunks::read(TenantId tenant, ChunkId id, std::uint32_t offset, std::uint32_t length) {
  FH_CO_TRY(const auto address, co_await find(tenant, id));
  if (std::uint64_t{offset} + length > address.length) {
    co_return fail(ErrorCode::kInvalidArgument, "the range reaches past the chunk's end");
  }
  if (length <= kInlineReadBytes) {
    const auto copies = copies_of(id);
    const auto domain = copies.empty() ? nullptr : domains_[copies.front()]->opened();
    if (domain) {
      AlignedBuffer bytes(length);
      const auto cached = domain->extents->try_read(extent_key(id), address, offset, bytes.span());
      if (cached && *cached) co_return ChunkBytes{std::move(bytes), {static_cast<std::uint8_t>(copies.front())}};
    }
  }
  co_return co_await readers_.run(
      fair_key(tenant), [this, id, address, offset, length] { return read_now(id, address, offset, length); });
}

Result<ChunkBytes> EmbeddedChunks::read_now(ChunkId id, disk::ExtentAddress address, std::uint32_t offset,
                                            std::uint32_t length) {
  AlignedBuffer bytes(length);
  std::vector<BadCopy> bad;
  Error last{ErrorCode::kUnavailable, "no fault domain is at hand to read from", {}};
  for (const unsigned index : copies_of(id)) {
    const auto domain = domains_[index]->opened();
    if (!domain) continue;
    const auto read = domain->extents->read(extent_key(id), address, offset, bytes.span());
    if (read) {
      counters_.damaged += !bad.empty();
      for (const auto& copy : bad) note_bad(copy);
      return ChunkBytes{std::move(bytes), {static_cast<std::uint8_t>(index)}};
    }
    last = read.error();
    if (last.code == ErrorCode::kCorrupt || last.code == ErrorCode::kNotFound) bad.push_back({id, index});
  }
  // Perhaps it was removed meanwhile, and its space given back.
  FH_TRY(const auto still, find_now(id));
  if (!still) return fail(ErrorCode::kNotFound, "no such chunk");
  if (bad.empty()) return std::unexpected(last);
  ++counters_.unrepaired;
  log_error("a chunk is damaged in every copy at hand", {{"chunk", std::string_view(last.detail)}});
  return fail(ErrorCode::kCorrupt, "stored bytes are damaged", last.detail);
}

void EmbeddedChunks::reject(ChunkId id, CopyIndex copy) {
  if (copy.value < kDomains) note_bad({id, copy.value});
}

void EmbeddedChunks::note_bad(BadCopy copy) {
  std::lock_guard lock(mutex_);
  if (bad_.size() >= kBadCopiesKept || !bad_.insert(copy).second) return;
  to_repair_.push_back(copy);
  bad_count_ = bad_.size();
}

std::vector<BadCopy> EmbeddedChunks::take_bad_copies() {
  std::lock_guard lock(mutex_);
  return std::exchange(to_repair_, {});
}

void EmbeddedChunks::repaired(const BadCopy& copy) {
  std::lock_guard lock(mutex_);
  bad_.erase(copy);
  bad_count_ = bad_.size();
}

Task<Result<>> EmbeddedChunks::remove(ChunkId id) {
  auto op = std::make_unique<Op>();
  op->remove = id;
  op->bytes = 128;
  Op* raw = op.get();
  // The operation lives until its answer is taken: `removed` is read before done() returns.
  runtime::Completion<CommitResult> answered;
  op->done = [this, raw, id, answered](CommitResult result) {
    if (result.outcome == CommitOutcome::kOk && raw->removed) {
      allocator_.release(*raw->removed);
      add_dead({id, *raw->removed});
    }
    answered.complete(std::move(result));
  };
  queue_.push_own(std::move(op));
  const CommitResult result = co_await answered.wait();
  if (result.outcome == CommitOutcome::kOk) co_return Result<>{};
  if (result.outcome == CommitOutcome::kUnknown)
    co_return fail(ErrorCode::kUnavailable, "the removal may not have happened");
  co_return std::unexpected(result.error);
}

void EmbeddedChunks::add_dead(DeadChunk dead) {
  std::lock_guard lock(mutex_);
  dead_.push_back(dead);
  bad_.erase({dead.id, 0});
  bad_.erase({dead.id, 1});
  bad_.erase({dead.id, 2});
}

std::vector<DeadChunk> EmbeddedChunks::take_dead() {
  std::lock_guard lock(mutex_);
  return std::exchange(dead_, {});
}

std::vector<disk::ExtentAddress> EmbeddedChunks::take_left_over() {
  std::lock_guard lock(mutex_);
  return std::exchange(left_over_, {});
}

Task<Result<ChunkPage>> EmbeddedChunks::list(ChunkId from, std::uint32_t limit) {
  limit = std::min(limit, limits::kScanLimit);
  // Pending ones first: one that is indexed in between is then found twice, not missed.
  std::map<ChunkId, std::uint32_t> found;
  for (const auto& [id, chunk] : pending()) {
    if (id >= from && chunk.durable) found.emplace(id, chunk.address.length);
  }
  EmbeddedRows::Range range{chunk_key(from), prefix_end(space_key(Space::kChunk)), 1, limit};
  FH_CO_TRY(const ScanPage rows, co_await rows_.read_range(TenantId{}, std::move(range)));
  for (const auto& row : rows.rows) {
    const auto id = chunk_id_from_bytes(row.key);
    const auto address = decode_address(row.value);
    if (!id || !address) co_return fail(ErrorCode::kCorrupt, "stored rows are damaged", "chunk index");
    found.emplace(*id, address->length);
  }
  ChunkPage page;
  const auto last = rows.more ? chunk_id_from_bytes(rows.rows.back().key) : std::nullopt;
  for (const auto& [id, length] : found) {
    if (page.chunks.size() == limit || (last && id > *last)) {
      page.more = true;
      break;
    }
    page.chunks.push_back({id, length});
  }
  page.more = page.more || rows.more;
  co_return page;
}

}  // namespace freehold::store::embedded
