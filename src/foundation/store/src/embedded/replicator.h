// Replicator: brings each batch to every domain of the placement and says when it is durable.
#pragma once

#include <array>
#include <atomic>
#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>

#include "src/embedded/batch.h"
#include "src/embedded/fault_domain.h"
#include "src/embedded/recent_rows.h"

namespace freehold::store::embedded {

inline constexpr unsigned kDomains = 3;
inline constexpr unsigned kQuorum = 2;
using Domains = std::array<std::unique_ptr<FaultDomain>, kDomains>;

enum class Role {
  kNone,      // gone, stale or failed: gets nothing
  kFollower,  // gets every batch while it is rebuilt; doesn't count
  kMember,    // holds everything acknowledged; counts
};

// A batch is acknowledged when it is durable in all members, and in two at least. A member that fails, or holds the
// others up for too long, is dropped: it applies nothing more, so that its rows stay a prefix of the history. With
// fewer than two members nothing is accepted until the steward has brought one back and begun a new term.
//
// submit() from the committer alone; roles are changed by the steward alone (a drop may come from any thread).
class Replicator {
 public:
  // `recent` is told of every batch.
  Replicator(Domains& domains, RecentRows& recent, std::chrono::milliseconds straggler_timeout);

  // --- the committer's side ---
  // Waits for room in the window. False: batches aren't accepted now (see refusal()). True: built() must follow.
  [[nodiscard]] bool wait_for_room();
  void built();  // what came of wait_for_room() is submitted or answered
  void submit(std::shared_ptr<Batch> batch);
  // Answers operations that changed nothing, behind those batches that they may have looked at.
  void answer_in_order(std::vector<std::unique_ptr<Op>> ops, std::uint64_t term);
  static void refuse(std::vector<std::unique_ptr<Op>> ops, const Error& why);
  // What unacknowledged batches say of a key; the outer optional is empty if they say nothing.
  [[nodiscard]] std::optional<std::optional<Bytes>> in_window(BytesView key) const;
  [[nodiscard]] Error refusal() const;

  // --- readers ---
  // The member that all reads go to while it is well, so that none goes back in time; null in the moment after a
  // change.
  [[nodiscard]] FaultDomain* readable() const;
  // The best member other than those in `avoid`, caught up with whatever the others may have shown already: waits.
  [[nodiscard]] FaultDomain* readable_after_wait(unsigned avoid) const;
  [[nodiscard]] FaultDomain* member(unsigned avoid) const { return preferred(avoid); }  // may be behind the window
  // Whether what `source` holds isn't older than what `target` has applied.
  [[nodiscard]] bool ahead(unsigned source, unsigned target) const { return applied_[source] >= applied_[target]; }
  void note_damage(unsigned index);  // reads go elsewhere from now on, if there is an elsewhere
  [[nodiscard]] unsigned members() const { return members_.load(std::memory_order_acquire); }
  [[nodiscard]] unsigned targets() const { return members() | followers_.load(std::memory_order_acquire); }
  [[nodiscard]] Role role(unsigned index) const;
  [[nodiscard]] bool serving() const { return serving_.load(std::memory_order_acquire); }
  [[nodiscard]] std::uint64_t batches() const { return batches_.load(std::memory_order_relaxed); }

  // --- roles ---
  void drop(unsigned index, const Error& why);
  void drop_stragglers();
  // Holds new batches back and waits until none is being made or under way. resume() lets them go on.
  void pause();
  void resume();
  void set_role(unsigned index, Role role);  // only when paused or not serving
  [[nodiscard]] Position last() const;
  // Begins to accept batches in `position.term`, numbered from `position.sequence` + 1.
  void serve(Position position);
  void stop();  // accepts no more, and waits for the window
  // Called (without locks) after a drop.
  void on_drop(std::function<void()> callback) { dropped_ = std::move(callback); }

 private:
  struct Finished {
    std::shared_ptr<Batch> batch;
    bool ok = false;
  };
  void apply(unsigned index, std::uint64_t generation, const std::shared_ptr<Batch>& batch);
  void written(unsigned index, std::uint64_t generation, const std::shared_ptr<Batch>& batch, Result<> result);
  bool drop_locked(unsigned index, const Error& why);
  [[nodiscard]] std::vector<Finished> advance_locked();
  [[nodiscard]] FaultDomain* preferred(unsigned avoid) const;
  static void answer(std::vector<Finished> finished, const Error& lost);
  static void fire(std::vector<std::unique_ptr<Op>> ops);

  Domains& domains_;
  RecentRows& recent_;
  const std::chrono::milliseconds straggler_timeout_;
  std::function<void()> dropped_;

  mutable std::mutex mutex_;
  mutable std::condition_variable changed_;
  std::deque<std::shared_ptr<Batch>> window_;         // guarded by mutex_, as all below
  std::array<std::uint64_t, kDomains> generation_{};  // grows with every change of role: late work is void
  std::array<std::atomic<std::uint64_t>, kDomains> applied_{};
  std::array<std::size_t, kDomains> backlog_{};
  Position last_;
  Error refusal_;
  bool paused_ = false;
  bool building_ = false;  // the committer is between wait_for_room() and built()
  bool stopped_ = false;
  std::atomic<unsigned> members_{0};  // changed under mutex_
  std::atomic<unsigned> followers_{0};
  std::atomic<bool> serving_{false};
  std::atomic<std::uint64_t> barrier_{0};  // what readers may have seen of another domain before the last change
  std::atomic<std::uint64_t> batches_{0};
};

}  // namespace freehold::store::embedded
