// PoolJobs: full backups and restores of Managed HSM pools, which go on behind their requests and are asked about
// later. Keeps: K3, A6.
#pragma once

#include <boost/asio/io_context.hpp>
#include <functional>
#include <map>
#include <mutex>
#include <string>

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

enum class PoolJobKind : std::uint8_t { kBackup, kRestore };

// What came of one; times in seconds since 1970.
struct PoolJob {
  std::string id;  // 32 hex digits
  PoolJobKind kind = PoolJobKind::kBackup;
  std::string status = "InProgress";  // "Succeeded", "Failed"
  std::int64_t started = 0;
  std::int64_t ended = 0;
  std::string folder = {};  // the URL of a backup's folder
  std::string error = {};   // a sentence
};
[[nodiscard]] Json show_job(const PoolJob& job);

// Sends a part of the job through the door (Permit::ask), proved by what it brings itself.
using AskDoor = std::function<Task<http::Response>(http::Request&)>;

// Owned by VaultService; what it borrows outlives it. start() and close_and_wait() from outside the loops; the rest is
// thread-safe. Of a pool one runs at a time; one that a stop of the process broke off has failed.
class PoolJobs {
 public:
  PoolJobs(PoolRows& rows, Random& random, const Clock& clock) : rows_(rows), random_(random), clock_(clock) {}
  void start(boost::asio::io_context& loop, gate::Pipeline& door);
  void close_and_wait() { scope_.close_and_wait(); }

  // What it does; the folder of a backup is what it gives back. An error's message is shown to whoever asks.
  using Work = std::function<Task<Result<std::string>>(const AskDoor& door)>;
  // 409: one runs already. The job's row is there before the answer.
  [[nodiscard]] Task<gate::ApiResult<PoolJob>> begin(VaultPtr pool, PoolJobKind kind, gate::OnBehalf caller, Work work);
  // nullopt: there is none of that id and kind, or it is forgotten.
  [[nodiscard]] Task<Result<std::optional<PoolJob>>> find(VaultPtr pool, PoolJobKind kind, std::string id);

 private:
  [[nodiscard]] Task<> carry_out(VaultPtr pool, PoolJob job, gate::OnBehalf caller, Work work);
  [[nodiscard]] Task<Result<>> forget_old(VaultPtr pool);
  [[nodiscard]] bool is_running(VaultId pool, std::string_view id) const;
  void leave(VaultId pool);

  PoolRows& rows_;
  Random& random_;
  const Clock& clock_;
  runtime::TaskScope scope_;
  boost::asio::io_context* loop_ = nullptr;
  gate::Pipeline* door_ = nullptr;
  mutable std::mutex mutex_;                // guards all below
  std::map<VaultId, std::string> running_;  // by pool: the job's id
};

}  // namespace freehold::vault
