#include "src/embedded/chunk_writer.h"

#include <bit>
#include <set>

namespace freehold::store::embedded {
namespace {
constexpr unsigned bit(unsigned index) { return 1u << index; }
}  // namespace

void ChunkWriter::start(std::shared_ptr<ChunkFlight> flight) {
  unsigned wake = 0;
  {
    std::lock_guard lock(mutex_);
    flight->targets = replicator_.targets();
    flight->began = std::chrono::steady_clock::now();
    flights_.push_back(flight);
    for (unsigned i = 0; i < kDomains; ++i) {
      if (!(flight->targets & bit(i))) continue;
      if (waiting_[i].empty()) wake |= bit(i);
      waiting_[i].push_back(flight);
    }
  }
  for (unsigned i = 0; i < kDomains; ++i) {
    if (wake & bit(i)) domains_[i]->chunk_worker().post([this, i] { run(i); });
  }
  if (std::popcount(flight->targets) < 2) roles_changed();
}

// Takes all that waits: chunks written together share one sync.
void ChunkWriter::run(unsigned index) {
  std::vector<std::shared_ptr<ChunkFlight>> group;
  {
    std::lock_guard lock(mutex_);
    group.swap(waiting_[index]);
  }
  const Result<> written = write_group(index, group);
  if (!written) {
    const auto& error = written.error();
    replicator_.drop(index, error);
  }
  std::vector<std::shared_ptr<ChunkFlight>> settled;
  {
    std::lock_guard lock(mutex_);
    if (written) {
      for (auto& flight : group) flight->finished |= bit(index);
    }
    settled = settle_locked();
  }
  answer(std::move(settled));
}

Result<> ChunkWriter::write_group(unsigned index, const std::vector<std::shared_ptr<ChunkFlight>>& group) {
  const auto domain = domains_[index]->opened();
  if (!domain) return fail(ErrorCode::kUnavailable, "the fault domain is gone");
  std::set<std::uint32_t> extents;
  for (const auto& flight : group) {
    FH_CHECK_OK(write_one(*domain, *flight));
    extents.insert(flight->address.extent);
  }
  for (const auto extent : extents) {
    FH_CHECK_OK(domain->extents->sync(extent));
  }
  return {};
}

Result<> ChunkWriter::write_one(OpenDomain& domain, const ChunkFlight& flight) {
  if (!domain.prepared.contains(flight.address.extent)) {
    FH_CHECK_OK(domain.extents->prepare(flight.address.extent));
    domain.prepared.insert(flight.address.extent);
  }
  const BytesView padded(flight.payload.data(), round_up(flight.payload.size(), kDirectAlignment));
  return domain.extents->write_padded(extent_key(flight.id), flight.address, padded, flight.checksums);
}

std::vector<std::shared_ptr<ChunkFlight>> ChunkWriter::settle_locked() {
  const unsigned taking_part = replicator_.targets();
  std::vector<std::shared_ptr<ChunkFlight>> settled;
  std::erase_if(flights_, [&](const auto& flight) {
    if (flight->targets & ~flight->finished & taking_part) return false;
    flight->settled = true;
    settled.push_back(flight);
    return true;
  });
  return settled;
}

void ChunkWriter::answer(std::vector<std::shared_ptr<ChunkFlight>> settled) {
  for (auto& flight : settled) {
    unsigned copies = 0;
    {
      std::lock_guard lock(mutex_);
      copies = flight->finished;
    }
    if (static_cast<unsigned>(std::popcount(copies & replicator_.members())) >= kQuorum) {
      flight->done(copies);
    } else {
      flight->done(std::unexpected(replicator_.refusal()));
    }
  }
}

void ChunkWriter::roles_changed() {
  std::vector<std::shared_ptr<ChunkFlight>> settled;
  {
    std::lock_guard lock(mutex_);
    settled = settle_locked();
  }
  answer(std::move(settled));
}

void ChunkWriter::drop_stragglers(std::chrono::milliseconds timeout) {
  unsigned late = 0;
  {
    std::lock_guard lock(mutex_);
    const auto now = std::chrono::steady_clock::now();
    for (const auto& flight : flights_) {
      if (now - flight->began > timeout && std::popcount(flight->finished) >= 2)
        late |= flight->targets & ~flight->finished;
    }
  }
  for (unsigned i = 0; i < kDomains; ++i) {
    if (late & bit(i)) replicator_.drop(i, Error{ErrorCode::kTimeout, "a fault domain holds up the others", {}});
  }
}

}  // namespace freehold::store::embedded
