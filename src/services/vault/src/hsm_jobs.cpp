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

std::string_view word_of(PoolJobKind kind) { return kind == PoolJobKind::kBackup ? "backup" : "restore"; }

Bytes row_key(std::string_view id) { return Bytes(kJobRows) + Bytes(id); }

Bytes encode_job(const PoolJob& job) {
  const Json json = {{"v", kVersion},        {"id", job.id},           {"kind", word_of(job.kind)},
                     {"status", job.status}, {"started", job.started}, {"ended", job.ended},
                     {"folder", job.folder}, {"error", job.error}};
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

Result<PoolJob> decode_job(BytesView row) {
  FH_TRY(const Json json, store::parse_json_row(row, kVersion, "a row of a pool's job"));
  PoolJob job;
  std::string kind;
  store::MemberReader reader(json);
  reader.take("id", job.id).take("kind", kind).take("status", job.status).take("started", job.started);
  reader.take("ended", job.ended).take("folder", job.folder).take("error", job.error);
  if (!reader.ok()) return fail(ErrorCode::kCorrupt, "a row of a pool's job is damaged");
  job.kind = kind == "backup" ? PoolJobKind::kBackup : PoolJobKind::kRestore;
  return job;
}

// A coroutine of its own: what it captures must outlive the permit's handler.
template <class Operation>
Task<Result<>> run_permitted(gate::Permit<Operation> permit, PoolJobs::Work work, std::shared_ptr<std::string> folder) {
  const AskDoor door = [&permit](http::Request& part) { return permit.ask(part, gate::AskedBy::kItself); };
  FH_CO_TRY(*folder, co_await work(door));
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
  return found != running_.end() && found->second == id;
}

void PoolJobs::leave(VaultId pool) {
  const std::lock_guard lock(mutex_);
  running_.erase(pool);
}

Task<gate::ApiResult<PoolJob>> PoolJobs::begin(VaultPtr pool, PoolJobKind kind, gate::OnBehalf caller, Work work) {
  PoolJob job{.id = to_hex(random_.bytes(kIdBytes)), .kind = kind, .started = unix_seconds(clock_.now())};
  boost::asio::io_context* loop = nullptr;
  {
    const std::lock_guard lock(mutex_);
    if (loop_ == nullptr) co_return vault_errors::of(Error{ErrorCode::kUnavailable, "no jobs run yet", {}});
    if (!running_.emplace(pool->id, job.id).second) co_return hsm_errors::job_in_progress();
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

Task<Result<>> PoolJobs::forget_old(VaultPtr pool) {
  FH_CO_TRY(const auto rows, co_await rows_.load(pool, Bytes(kJobRows), 2 * kMaxPoolJobs));
  std::vector<PoolJob> jobs;
  for (const auto& row : rows) {
    FH_CO_TRY(auto job, decode_job(row.value));
    jobs.push_back(std::move(job));
  }
  if (jobs.size() < kMaxPoolJobs) co_return Result<>();
  std::ranges::sort(jobs, {}, &PoolJob::started);
  PoolRows::Change change;
  for (std::size_t i = 0; i + kMaxPoolJobs <= jobs.size(); ++i) change.deletes.push_back(row_key(jobs[i].id));
  co_return co_await rows_.change(pool, std::move(change));
}

Task<> PoolJobs::carry_out(VaultPtr pool, PoolJob job, gate::OnBehalf caller, Work work) {
  const auto folder = std::make_shared<std::string>();
  const gate::Job permit{
      .tenant = pool->tenant, .principal = "managed hsm", .resource = "/" + pool->name, .on_behalf = std::move(caller)};
  Result<> done;
  if (job.kind == PoolJobKind::kBackup) {
    done = co_await door_->run_job<FullBackup>(permit, [work, folder](gate::Permit<FullBackup> given) {
      return run_permitted(std::move(given), work, folder);
    });
  } else {
    done = co_await door_->run_job<FullRestore>(permit, [work, folder](gate::Permit<FullRestore> given) {
      return run_permitted(std::move(given), work, folder);
    });
  }
  job.status = done ? "Succeeded" : "Failed";
  job.ended = unix_seconds(clock_.now());
  job.folder = *folder;
  if (!done) job.error = done.error().message.substr(0, kMaxError);
  const auto kept = co_await rows_.change(pool, {.puts = {{row_key(job.id), encode_job(job)}}});
  if (!kept) log_warning("what came of a pool's job can't be kept", {{"error", kept.error().message}});
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
  }
  co_return std::optional<PoolJob>(std::move(job));
}

}  // namespace freehold::vault
