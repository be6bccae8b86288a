// Planning: where templates are read and evaluated: beside the loops, as a hostile one takes as long as its budget
// lets it.
#pragma once

#include <atomic>
#include <chrono>
#include <exception>
#include <functional>
#include <memory>

#include "base/ids.h"
#include "runtime/pool.h"

namespace freehold::resources {

inline constexpr std::chrono::seconds kPlanningTime{30};  // of one deployment with all that it nests

// What evaluations of one deployment have taken together. Shared with work under way; thread-safe.
class PlanningTime {
 public:
  [[nodiscard]] bool spent() const { return std::chrono::nanoseconds(used_.load()) > kPlanningTime; }
  void add(std::chrono::nanoseconds time) { used_ += time.count(); }

 private:
  std::atomic<std::int64_t> used_ = 0;
};

// Owned by Serving. Thread-safe. One thread, whose turns tenants share fairly.
class Planning {
 public:
  Planning() : pool_({.name = "planning", .threads = 1, .queue_limit = 1'024, .per_key_limit = 128}) {}

  // Runs work that returns Result<T>, and keeps what it captures until it has ended. kUnavailable: too much waits;
  // kExhausted: the deployment's time is spent; kInternal: it threw.
  template <class Work>
  [[nodiscard]] auto run(TenantId tenant, std::shared_ptr<PlanningTime> time, Work work)
      -> runtime::Task<decltype(work())> {
    using R = decltype(work());
    const auto key = static_cast<runtime::FairKey>(std::hash<TenantId>{}(tenant)) | 1;
    auto begun = std::make_shared<bool>(false);
    auto done = co_await pool_.run(key, [begun, time = std::move(time), work = std::move(work)]() mutable -> R {
      *begun = true;
      if (time->spent()) return fail(ErrorCode::kExhausted, "The deployment's templates take too long to evaluate.");
      const auto began = std::chrono::steady_clock::now();
      R result = guarded<R>(work);
      time->add(std::chrono::steady_clock::now() - began);
      return result;
    });
    if (!*begun) co_return fail(ErrorCode::kUnavailable, "Too many templates are being evaluated.");
    co_return done;
  }

 private:
  template <class R, class Work>
  [[nodiscard]] static R guarded(Work& work) {
    try {
      return work();
    } catch (const std::exception& thrown) {
      return fail(ErrorCode::kInternal, "The template can't be evaluated.", thrown.what());
    }
  }

  runtime::Pool pool_;
};

}  // namespace freehold::resources
