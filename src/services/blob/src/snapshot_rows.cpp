#include "src/snapshot_rows.h"

#include <algorithm>

#include "store/hybrid_clock.h"

namespace freehold::blob {

std::uint64_t snapshot_time(const BlobRow& base, std::uint64_t now) {
  const auto time = store::HybridClock::wall_time(now).time_since_epoch().count();
  return std::max(static_cast<std::uint64_t>(time), base.last_snapshot + 1);
}

Result<BlobRow> snapshot_of(const BlobRow& base, const Metadata& metadata, std::uint64_t time, std::uint64_t now) {
  FH_TRY(const auto* notes, base.notes.read());
  auto row = base;
  row.snapshot = time;
  row.lease.reset();
  row.staging.reset();
  row.has_snapshots = false;
  row.last_snapshot = 0;
  row.shared_content = row.type != BlobType::kPage;
  if (row.copy) row.copy->work.clear();
  // Sealed anew: they are bound to their row.
  row.notes.set({metadata.empty() ? notes->metadata : metadata, notes->tags});
  if (!metadata.empty()) row.etag = now;
  return row;
}

BlobRow with_snapshot(const BlobRow& base, std::uint64_t time) {
  auto row = base;
  row.has_snapshots = true;
  row.last_snapshot = time;
  row.shared_content = row.type != BlobType::kPage;
  if (row.page) ++row.page->version;
  return row;
}

}  // namespace freehold::blob
