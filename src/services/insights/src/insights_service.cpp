#include "insights/insights_service.h"

#include "base/log.h"
#include "runtime/task_scope.h"
#include "src/activity_store.h"
#include "src/insights_provider.h"

namespace freehold::insights {
namespace {

constexpr std::chrono::hours kKept{90 * 24};
constexpr std::chrono::hours kBetween{1};

struct ForgetOldActivity {
  static constexpr std::string_view kName = "ForgetOldActivity";
};

// No request is this service's own: the resource manager brings them to its provider.
class JobGate final : public gate::ServiceGate {
 public:
  JobGate() { add_job<ForgetOldActivity>(gate::DataClass::kSystemMetadata, gate::AuditClass::kWrite); }
  [[nodiscard]] bool claims(const http::Request&, gate::Target&) const override { return false; }
  [[nodiscard]] gate::ApiResult<int> check_version(const http::Request&) const override { return 1; }
  [[nodiscard]] http::Response render(const gate::ApiError& error, const http::Request&) const override {
    http::Response response;
    response.status = error.status;
    return response;
  }
  [[nodiscard]] gate::ApiError no_such_route(const http::Request&, gate::Scope) const override {
    return {.status = 404, .code = "NotFound", .message = "There is nothing here."};
  }
  void finish(http::Response&, const http::Request&, const gate::Admission&) const override {}
};

class Journal final : public gate::ActivityJournal {
 public:
  Journal(const ActivityStore& store, TenantId tenant) : store_(store), tenant_(tenant) {}

  Task<Result<>> begun(gate::Act act) override {
    if (act.tenant != tenant_) co_return Result<>();
    co_return co_await store_.add(event_of(act));
  }
  Task<void> ended(gate::Act act, gate::ActEnding ending) override {
    if (act.tenant != tenant_) co_return;
    const auto kept = co_await store_.add(event_of(act, ending));
    if (!kept) log_warning("the end of an act isn't in the activity log", {{"detail", kept.error().detail}});
  }

 private:
  const ActivityStore& store_;
  TenantId tenant_;
};

}  // namespace

struct InsightsService::State {
  explicit State(InsightsServiceOptions given)
      : options(given), store(given.store, given.tenant), journal(store, given.tenant), provider(store, given.names) {}

  Task<> look_after() {
    while (!scope.stopping()) {
      const auto done = co_await door->run_job<ForgetOldActivity>(
          {.tenant = options.tenant, .principal = "activity log", .resource = "/activity"},
          [this](gate::Permit<ForgetOldActivity> permit) { return forget(std::move(permit)); });
      if (!done) log_warning("old activity couldn't be forgotten now", {{"detail", done.error().detail}});
      if (!co_await scope.sleep(kBetween)) co_return;
    }
  }
  Task<Result<>> forget(gate::Permit<ForgetOldActivity> permit) {
    FH_CO_TRY(const std::size_t forgotten, co_await store.forget_before(permit.now() - kKept));
    if (forgotten == 0) permit.nothing_done();
    co_return Result<>();
  }

  InsightsServiceOptions options;
  ActivityStore store;
  Journal journal;
  InsightsProvider provider;
  JobGate gate;
  gate::Pipeline* door = nullptr;
  runtime::TaskScope scope;
};

InsightsService::InsightsService(InsightsServiceOptions options) : state_(std::make_unique<State>(options)) {}
InsightsService::~InsightsService() = default;

gate::ActivityJournal& InsightsService::journal() { return state_->journal; }
void InsightsService::add_resource_types(gate::resource::Registry& registry) { state_->provider.add_to(registry); }
gate::ServiceGate& InsightsService::gate() { return state_->gate; }

void InsightsService::start(boost::asio::io_context& loop, gate::Pipeline& door) {
  state_->door = &door;
  state_->scope.spawn(loop, state_->look_after());
}

void InsightsService::close_and_wait() { state_->scope.close_and_wait(); }

runtime::Task<Result<std::size_t>> InsightsService::forget_old() {
  co_return co_await state_->store.forget_before(state_->options.clock.now() - kKept);
}

}  // namespace freehold::insights
