// PoolJobs: full backups and restores of Managed HSM pools, which go on behind their requests and are asked about
// later. Keeps: K3, A6.
#pragma once

#include <boost/asio/io_context.hpp>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

#include "pipeline/pipeline.h"
#include "runtime/task_scope.h"
#include "src/hsm_rows.h"
#include "src/json_input.h"

namespace freehold::vault {

struct FullBackup {
  static constexpr std::string_view kName = "FullBackupJob";
};
struct FullRestore {
  static constexpr std::string_view kName = "FullRestoreJob";
};

inline constexpr std::size_t kMaxPoolJobs = 64;  // of one pool that are remembered; the oldest go first

inline constexpr std::chrono::seconds kMostWaitForUses{120};  // a key is made in 90 s at most
inline constexpr std::chrono::seconds kMostWaitForJob{30};

enum class PoolJobKind : std::uint8_t { kBackup, kRestore };

// What came of one; times in seconds since 1970.
struct PoolJob {
  std::string id;  // 32 hex digits
  PoolJobKind kind = PoolJobKind::kBackup;
  bool trial = false;                 // it only tried whether one could be made
  std::string status = "InProgress";  // "Succeeded", "Failed"
  std::int64_t started = 0;
  std::int64_t ended = 0;
  std::string folder = {};  // the URL of a backup's folder
  std::string error = {};   // a sentence
};
[[nodiscard]] Json show_job(const PoolJob& job);

// Sends a part of the job through the door (Permit::ask), proved by what it brings itself.
using AskDoor = std::function<Task<http::Response>(http::Request&)>;

// What a job's work is given. Lives while it does.
struct JobRun {
  AskDoor ask;
  // Asked between one key and the next: fails when the region stops, or the pool isn't in use any more.
  std::function<Result<>()> go_on;
  // Waits for the requests to the pool that came in before a full restore began.
  std::function<Task<Result<>>()> until_idle;
};

// Owned by VaultService; what it borrows outlives it. start() and close_and_wait() from outside the loops; the rest is
// thread-safe. Of a pool one runs at a time; one that a stop of the process, or the pool's deletion, broke off has
// failed. While a pool is restored as a whole nothing else is done with it.
class PoolJobs {
 public:
  PoolJobs(const VaultStore& pools, PoolRows& rows, Random& random, const Clock& clock)
      : pools_(pools), rows_(rows), random_(random), clock_(clock) {}
  void start(boost::asio::io_context& loop, gate::Pipeline& door);
  void close_and_wait() { scope_.close_and_wait(); }

  // What it does; the folder of a backup is what it gives back. An error's message is shown to whoever asks.
  using Work = std::function<Task<Result<std::string>>(const JobRun& run)>;
  struct Asked {
    PoolJobKind kind;
    bool trial = false;
    bool whole = false;  // a full restore
  };
  // 409: one runs already. The job's row is there before the answer.
  [[nodiscard]] Task<gate::ApiResult<PoolJob>> begin(VaultPtr pool, Asked asked, gate::OnBehalf caller, Work work);
  // nullopt: there is none of that id and kind, or it is forgotten.
  [[nodiscard]] Task<Result<std::optional<PoolJob>>> find(VaultPtr pool, PoolJobKind kind, std::string id);

  // Did a full backup of it succeed since then (seconds since 1970)?
  [[nodiscard]] Task<Result<bool>> backed_up_since(VaultPtr pool, std::int64_t time);

  // One request that works with a pool, while it does.
  class Use {
   public:
    Use(PoolJobs& jobs, VaultId pool) : jobs_(&jobs), pool_(pool) {}
    Use(Use&& other) noexcept : jobs_(std::exchange(other.jobs_, nullptr)), pool_(other.pool_) {}
    Use& operator=(Use&&) = delete;
    ~Use() {
      if (jobs_ != nullptr) jobs_->end_use(pool_);
    }

   private:
    PoolJobs* jobs_;
    VaultId pool_;
  };
  // nullopt: it is being restored as a whole. What is found of the pool is to be found after this.
  [[nodiscard]] std::optional<Use> use(VaultId pool);
  // Does something with a pool that no job may run beside; nothing if one runs.
  [[nodiscard]] Task<Result<>> between(VaultId pool, std::function<Task<Result<>>()> work);
  // Waits until no job of a pool runs: one ends soon that finds its pool deleted. kUnavailable.
  [[nodiscard]] Task<Result<>> until_ended(VaultId pool);
  // Fails when the region stops, or the pool isn't in use any more.
  [[nodiscard]] Result<> go_on(const Vault& pool) const;

 private:
  struct Running {
    std::string id;
    bool whole = false;
  };
  [[nodiscard]] Task<Result<>> until_idle(VaultId pool);
  [[nodiscard]] Task<Result<std::vector<PoolJob>>> all(VaultPtr pool);
  [[nodiscard]] Task<> keep(VaultPtr pool, PoolJob job);
  [[nodiscard]] bool is_busy(VaultId pool) const;
  [[nodiscard]] std::size_t uses(VaultId pool) const;
  void end_use(VaultId pool);
  [[nodiscard]] Task<> carry_out(VaultPtr pool, PoolJob job, gate::OnBehalf caller, Work work);
  [[nodiscard]] Task<Result<>> forget_old(VaultPtr pool);
  [[nodiscard]] bool is_running(VaultId pool, std::string_view id) const;
  void leave(VaultId pool);

  const VaultStore& pools_;
  PoolRows& rows_;
  Random& random_;
  const Clock& clock_;
  runtime::TaskScope scope_;
  boost::asio::io_context* loop_ = nullptr;
  gate::Pipeline* door_ = nullptr;
  mutable std::mutex mutex_;            // guards all below
  std::map<VaultId, Running> running_;  // by pool
  std::map<VaultId, std::size_t> uses_;
};

}  // namespace freehold::vault
