#include "src/hsm_jobs.h"

#include <algorithm>

#include "base/encoding.h"
#include "base/log.h"
#include "src/hsm_errors.h"
#include "store/json_row.h"

namespace freehold::vault {
namespace {

constexpr int kVersion = 1;
constexpr std::size_t kIdBytes = 16;
constexpr std::size_t kMaxError = 1'024;
constexpr int kTries = 60;  // to keep what came of a job, a second each
constexpr std::chrono::milliseconds kLook{50};

std::string_view word_of(PoolJobKind kind) { return kind == PoolJobKind::kBackup ? "backup" : "restore"; }

Bytes row_key(std::string_view id) { return Bytes(kJobRows) + Bytes(id); }

Bytes encode_job(const PoolJob& job) {
  const Json json = {{"v", kVersion},        {"id", job.id},           {"kind", word_of(job.kind)},
                     {"status", job.status}, {"started", job.started}, {"ended", job.ended},
                     {"folder", job.folder}, {"error", job.error},     {"trial", job.trial}};
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

Result<PoolJob> decode_job(BytesView row) {
  FH_TRY(const Json json, store::parse_json_row(row, kVersion, "a row of a pool's job"));
  PoolJob job;
  std::string kind;
  store::MemberReader reader(json);
  reader.take("id", job.id).take("kind", kind).take("status", job.status).take("started", job.started);
  reader.take("ended", job.ended).take("folder", job.folder).take("error", job.error).take("trial", job.trial);
  if (!reader.ok()) return fail(ErrorCode::kCorrupt, "a row of a pool's job is damaged");
  job.kind = kind == "backup" ? PoolJobKind::kBackup : PoolJobKind::kRestore;
  return job;
}

// A coroutine of its own: what it captures must outlive the permit's handler.
template <class Operation>
Task<Result<>> run_permitted(gate::Permit<Operation> permit, PoolJobs::Work work, std::shared_ptr<JobRun> run,
                             std::shared_ptr<std::string> folder) {
  run->ask = [&permit](http::Request& part) { return permit.ask(part, gate::AskedBy::kItself); };
  FH_CO_TRY(*folder, co_await work(*run));
  co_return Result<>();
}

}  // namespace

Json show_job(const PoolJob& job) {
  Json out = {{"jobId", job.id},
              {"status", job.status},
              {"statusDetails", nullptr},
              {"startTime", job.started},
              {"endTime", job.ended == 0 ? Json(nullptr) : Json(job.ended)},
              {"error", nullptr}};
  if (job.kind == PoolJobKind::kBackup && !job.folder.empty()) out["azureStorageBlobContainerUri"] = job.folder;
  if (!job.error.empty()) {
    out["statusDetails"] = job.error;
    out["error"] = {{"code", "OperationFailed"}, {"message", job.error}};
  }
  return out;
}

void PoolJobs::start(boost::asio::io_context& loop, gate::Pipeline& door) {
  const std::lock_guard lock(mutex_);
  loop_ = &loop;
  door_ = &door;
}

bool PoolJobs::is_running(VaultId pool, std::string_view id) const {
  const std::lock_guard lock(mutex_);
  const auto found = running_.find(pool);
  return found != running_.end() && found->second.id == id;
}

void PoolJobs::leave(VaultId pool) {
  const std::lock_guard lock(mutex_);
  running_.erase(pool);
}

std::optional<PoolJobs::Use> PoolJobs::use(VaultId pool) {
  const std::lock_guard lock(mutex_);
  const auto found = running_.find(pool);
  if (found != running_.end() && found->second.whole) return std::nullopt;
  ++uses_[pool];
  return Use(*this, pool);
}

void PoolJobs::end_use(VaultId pool) {
  const std::lock_guard lock(mutex_);
  const auto found = uses_.find(pool);
  if (found != uses_.end() && --found->second == 0) uses_.erase(found);
}

std::size_t PoolJobs::uses(VaultId pool) const {
  const std::lock_guard lock(mutex_);
  const auto found = uses_.find(pool);
  return found == uses_.end() ? 0 : found->second;
}

bool PoolJobs::is_busy(VaultId pool) const {
  const std::lock_guard lock(mutex_);
  return running_.contains(pool);
}

Task<Result<>> PoolJobs::until_idle(VaultId pool) {
  for (auto left = kMostWaitForUses / kLook; uses(pool) > 0; --left) {
    if (left == 0) co_return fail(ErrorCode::kUnavailable, "Requests to the pool don't end. Please try again.");
    const bool open = co_await scope_.sleep(kLook);
    if (!open) co_return fail(ErrorCode::kUnavailable, "The region stops. Please try again.");
  }
  co_return Result<>();
}

Task<Result<>> PoolJobs::until_ended(VaultId pool) {
  for (auto left = kMostWaitForJob / kLook; is_busy(pool); --left) {
    const bool open = left > 0 && co_await scope_.sleep(kLook);
    if (!open) co_return fail(ErrorCode::kUnavailable, "a backup or restore of the pool runs still");
  }
  co_return Result<>();
}

Result<> PoolJobs::go_on(const Vault& pool) const {
  if (scope_.stopping()) return fail(ErrorCode::kUnavailable, "The region stops. Please try again.");
  const auto now = pools_.find(pool.name);
  if (!now || now->id != pool.id) return fail(ErrorCode::kConflict, "The Managed HSM was deleted.");
  return {};
}

Task<Result<>> PoolJobs::between(VaultId pool, std::function<Task<Result<>>()> work) {
  {
    const std::lock_guard lock(mutex_);
    if (!running_.emplace(pool, Running{}).second) co_return Result<>();
  }
  const auto done = co_await work();
  leave(pool);
  co_return done;
}

Task<gate::ApiResult<PoolJob>> PoolJobs::begin(VaultPtr pool, Asked asked, gate::OnBehalf caller, Work work) {
  PoolJob job{.id = to_hex(random_.bytes(kIdBytes)),
              .kind = asked.kind,
              .trial = asked.trial,
              .started = unix_seconds(clock_.now())};
  boost::asio::io_context* loop = nullptr;
  {
    const std::lock_guard lock(mutex_);
    if (loop_ == nullptr) co_return vault_errors::of(Error{ErrorCode::kUnavailable, "no jobs run yet", {}});
    if (!running_.emplace(pool->id, Running{job.id, asked.whole}).second) co_return hsm_errors::job_in_progress();
    loop = loop_;
  }
  auto kept = co_await forget_old(pool);
  if (kept) kept = co_await rows_.change(pool, {.puts = {{row_key(job.id), encode_job(job)}}});
  if (!kept || !scope_.spawn(*loop, carry_out(pool, job, std::move(caller), std::move(work)))) {
    leave(pool->id);
    co_return vault_errors::of(kept ? Error{ErrorCode::kUnavailable, "the region stops", {}} : kept.error());
  }
  co_return job;
}

Task<Result<std::vector<PoolJob>>> PoolJobs::all(VaultPtr pool) {
  FH_CO_TRY(const auto rows, co_await rows_.load(pool, Bytes(kJobRows), 2 * kMaxPoolJobs));
  std::vector<PoolJob> jobs;
  for (const auto& row : rows) {
    FH_CO_TRY(auto job, decode_job(row.value));
    jobs.push_back(std::move(job));
  }
  co_return jobs;
}

Task<Result<bool>> PoolJobs::backed_up_since(VaultPtr pool, std::int64_t time) {
  FH_CO_TRY(const auto jobs, co_await all(pool));
  co_return std::ranges::any_of(jobs, [time](const PoolJob& job) {
    return job.kind == PoolJobKind::kBackup && !job.trial && job.status == "Succeeded" && job.ended >= time;
  });
}

Task<Result<>> PoolJobs::forget_old(VaultPtr pool) {
  FH_CO_TRY(auto jobs, co_await all(pool));
  if (jobs.size() < kMaxPoolJobs) co_return Result<>();
  std::ranges::sort(jobs, {}, &PoolJob::started);
  PoolRows::Change change;
  for (std::size_t i = 0; i + kMaxPoolJobs <= jobs.size(); ++i) change.deletes.push_back(row_key(jobs[i].id));
  co_return co_await rows_.change(pool, std::move(change));
}

// A purged pool's row would be nobody's.
Task<> PoolJobs::keep(VaultPtr pool, PoolJob job) {
  for (int i = 0; i < kTries; ++i) {
    auto there = pools_.find(pool->name);
    if (!there) there = pools_.find_deleted(pool->name);
    if (!there || there->id != pool->id) co_return;
    const auto kept = co_await rows_.change(pool, {.puts = {{row_key(job.id), encode_job(job)}}});
    if (kept) co_return;
    log_warning("what came of a pool's job can't be kept now", {{"error", kept.error().message}});
    const bool open = co_await scope_.sleep(std::chrono::seconds(1));
    if (!open) co_return;
  }
}

Task<> PoolJobs::carry_out(VaultPtr pool, PoolJob job, gate::OnBehalf caller, Work work) {
  const auto folder = std::make_shared<std::string>();
  const auto run = std::make_shared<JobRun>(JobRun{.ask = {},
                                                   .go_on = [this, pool] { return go_on(*pool); },
                                                   .until_idle = [this, pool] { return until_idle(pool->id); }});
  const gate::Job permit{.tenant = pool->tenant,
                         .principal = "managed hsm",
                         .resource = "/" + recorded_name(*pool),
                         .on_behalf = std::move(caller)};
  Result<> done;
  if (job.kind == PoolJobKind::kBackup) {
    done = co_await door_->run_job<FullBackup>(permit, [work, run, folder](gate::Permit<FullBackup> given) {
      return run_permitted(std::move(given), work, run, folder);
    });
  } else {
    done = co_await door_->run_job<FullRestore>(permit, [work, run, folder](gate::Permit<FullRestore> given) {
      return run_permitted(std::move(given), work, run, folder);
    });
  }
  job.status = done ? "Succeeded" : "Failed";
  job.ended = unix_seconds(clock_.now());
  job.folder = *folder;
  if (!done) job.error = done.error().message.substr(0, kMaxError);
  co_await keep(pool, job);
  leave(pool->id);
}

Task<Result<std::optional<PoolJob>>> PoolJobs::find(VaultPtr pool, PoolJobKind kind, std::string id) {
  if (id.size() != 2 * kIdBytes) co_return std::optional<PoolJob>();
  // Asked first: one that ends meanwhile has its row by the time it is read.
  const bool running = is_running(pool->id, id);
  FH_CO_TRY(const auto row, co_await rows_.find(pool, row_key(id)));
  if (!row) co_return std::optional<PoolJob>();
  FH_CO_TRY(auto job, decode_job(row->view()));
  if (job.kind != kind) co_return std::optional<PoolJob>();
  if (job.status == "InProgress" && !running) {
    job.status = "Failed";
    job.error = "The region was stopped before it ended. Please try again.";
  } else if (job.status != "InProgress" && is_running(pool->id, id)) {
    // Kept, and about to leave the pool: who is told of an end may use the pool at once.
    job = {.id = job.id, .kind = job.kind, .trial = job.trial, .started = job.started};
  }
  co_return std::optional<PoolJob>(std::move(job));
}

}  // namespace freehold::vault
