// Copier: finishes asynchronous copies (Copy Blob) in the background, a few at a time, tenants in turn. What it has to
// do stands in rows, so that a restart loses nothing. Keeps: I1, A6 (its part).
#pragma once

#include "src/copied_content.h"
#include "src/copy_queue.h"
#include "src/pending_copy.h"
#include "src/source_plan.h"

namespace freehold::blob {

// Copies the content of one blob. Its record rides in the commit that ends the copy, well or not.
struct ContinueCopy {
  static constexpr std::string_view kName = "ContinueCopy";
};
// Looks for copies that an earlier process began.
struct FindPendingCopies {
  static constexpr std::string_view kName = "FindPendingCopies";
};

// Owned by BlobService. add() from any thread; the rest by one coroutine at a time (run() starts others of its own).
//
// A copy reads its source in slices, each a read of its own through the door that expects the source's ETag: a source
// that changes in mid-copy fails it. Chunks are named by the last commit only, so whatever ends a copy early leaves
// nothing. A copy of this cloud begins anew after a restart; one from outside fails, since what the request was
// trusted with to read it (a SAS, a token) is kept in memory only.
class Copier {
 public:
  explicit Copier(BlobParts& parts) : parts_(parts) {}

  // kExhausted: too many of the tenant's copies wait already.
  [[nodiscard]] Result<> check_room(TenantId tenant) const { return queue_.check_room(tenant); }
  void add(PendingCopy copy) { queue_.add(std::move(copy)); }
  [[nodiscard]] std::size_t waiting() const { return queue_.waiting(); }

  [[nodiscard]] Task<Result<>> find_left_over(gate::Pipeline& door);
  // One try at each of those that wait now, one after the other.
  [[nodiscard]] Task<> run_waiting(gate::Pipeline& door);
  // Until the scope closes.
  [[nodiscard]] Task<> run(runtime::TaskScope& scope, gate::Pipeline& door);

 private:
  [[nodiscard]] Task<> run_one(gate::Pipeline& door, PendingCopy copy);
  [[nodiscard]] Task<Result<>> look_for_left_over(gate::Permit<FindPendingCopies> permit);
  // Ends the copy or says why it can't go on now.
  [[nodiscard]] Task<Result<>> copy_under(gate::Permit<ContinueCopy> permit, const PendingCopy& copy,
                                          ApiResult<>& outcome);
  [[nodiscard]] Task<ApiResult<>> copy_content(BlobTarget target, BlobRow row, const PendingCopy& copy, AskDoor door,
                                               AuditRow audit);

  BlobParts& parts_;
  CopyQueue queue_;
};

}  // namespace freehold::blob
