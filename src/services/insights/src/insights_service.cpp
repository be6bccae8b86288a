#include "insights/insights_service.h"

#include "base/check.h"
#include "base/log.h"
#include "runtime/task_scope.h"
#include "src/activity_store.h"
#include "src/diagnostic_settings.h"
#include "src/insights_provider.h"
#include "src/log_delivery.h"

namespace freehold::insights {
namespace {

constexpr std::chrono::hours kKept{90 * 24};
constexpr std::chrono::hours kBetween{1};

struct ForgetOldActivity {
  static constexpr std::string_view kName = "ForgetOldActivity";
};

struct DeliverLogs {
  static constexpr std::string_view kName = "DeliverDiagnosticLogs";
};

// No request is this service's own: the resource manager brings them to its provider.
class JobGate final : public gate::ServiceGate {
 public:
  JobGate() {
    add_job<ForgetOldActivity>(gate::DataClass::kSystemMetadata, gate::AuditClass::kWrite);
    add_job<DeliverLogs>(gate::DataClass::kCustomerData, gate::AuditClass::kWrite);
  }
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
  Journal(const ActivityStore& store, const SettingStore& settings, TenantId tenant)
      : store_(store), settings_(settings), tenant_(tenant) {}

  Task<Result<>> begun(gate::Act act) override {
    if (act.tenant != tenant_) co_return Result<>();
    co_return co_await add(event_of(act));
  }
  Task<void> ended(gate::Act act, gate::ActEnding ending) override {
    if (act.tenant != tenant_) co_return;
    const auto kept = co_await add(event_of(act, ending));
    if (!kept) log_warning("the end of an act isn't in the activity log", {{"detail", kept.error().detail}});
  }

 private:
  // In the same commit for every setting that wants it: none misses it, none has it without the log.
  [[nodiscard]] Task<Result<>> add(ActivityEvent event) {
    std::vector<store::KeyValue> queued;
    for (const auto& setting : settings_.wanting(event.subscription)) queued.push_back(queued_row(setting, event));
    co_return co_await store_.add(std::move(event), std::move(queued));
  }

  const ActivityStore& store_;
  const SettingStore& settings_;
  TenantId tenant_;
};

}  // namespace

struct InsightsService::State {
  explicit State(InsightsServiceOptions given)
      : options(given),
        store(given.store, given.tenant),
        settings(given.store, given.tenant),
        journal(store, settings, given.tenant),
        provider(store, given.names) {}

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
    FH_CO_TRY(const std::size_t forgotten, co_await forget_before(permit.now() - kKept));
    if (forgotten == 0) permit.nothing_done();
    co_return Result<>();
  }
  Task<Result<std::size_t>> forget_before(WallTime time) {
    FH_CO_TRY(const std::size_t lost, co_await settings.forget_queued(time));
    if (lost > 0) log_warning("events of the activity log were too old to be delivered", {{"events", lost}});
    FH_CO_TRY(const std::size_t forgotten, co_await store.forget_before(time));
    co_return lost + forgotten;
  }

  Task<> keep_delivering() {
    bool more = false;
    while (!scope.stopping()) {
      if (!more && !co_await scope.sleep(interval)) co_return;
      more = false;
      if (settings.all().empty()) continue;
      auto done = co_await deliver();
      if (!done) log_warning("resource logs can't be delivered now", {{"detail", done.error().detail}});
      more = done.value_or(false);
    }
  }
  Task<Result<bool>> deliver() {
    bool more = false;
    FH_CO_CHECK_OK(co_await door->run_job<DeliverLogs>(
        {.tenant = options.tenant, .principal = "diagnostic settings", .resource = "/diagnosticSettings"},
        [this, &more](gate::Permit<DeliverLogs> permit) { return deliver_under(std::move(permit), more); }));
    co_return more;
  }
  Task<Result<>> deliver_under(gate::Permit<DeliverLogs> permit, bool& more) {
    const AskDoor ask = [&permit](http::Request& part) { return permit.ask(part, gate::AskedBy::kCaller); };
    FH_CO_TRY(const auto outcome, co_await delivery->run(ask, [this] { return scope.stopping(); }));
    permit.count_out(outcome.bytes);
    if (outcome.bytes == 0) permit.nothing_done();
    more = outcome.more;
    co_return Result<>();
  }

  InsightsServiceOptions options;
  ActivityStore store;
  SettingStore settings;
  Journal journal;
  InsightsProvider provider;
  JobGate gate;
  LoggedOperations operations;
  std::chrono::milliseconds interval{0};
  // From open() on.
  std::unique_ptr<DiagnosticSettings> diagnostics;
  std::unique_ptr<LogDelivery> delivery;
  gate::Pipeline* door = nullptr;
  runtime::TaskScope scope;
};

InsightsService::InsightsService(InsightsServiceOptions options) : state_(std::make_unique<State>(options)) {}
InsightsService::~InsightsService() = default;

gate::ActivityJournal& InsightsService::journal() { return state_->journal; }

runtime::Task<Result<>> InsightsService::open(DiagnosticsOptions given) {
  State& s = *state_;
  s.interval = given.interval;
  s.diagnostics = std::make_unique<DiagnosticSettings>(DiagnosticSettingsParts{.store = s.settings,
                                                                               .random = s.options.store.random,
                                                                               .log = given.log,
                                                                               .assignments = given.assignments,
                                                                               .tree = given.tree,
                                                                               .identities = given.identities});
  s.delivery = std::make_unique<LogDelivery>(DeliveryParts{.settings = s.settings,
                                                           .operations = s.operations,
                                                           .log = &given.log,
                                                           .pool = &given.pool,
                                                           .registry = nullptr,
                                                           .clock = s.options.clock,
                                                           .domain = std::move(given.domain),
                                                           .interval = given.interval});
  co_return co_await s.settings.load();
}

void InsightsService::log_blobs(const gate::ServiceGate& gate) { state_->operations.add(LogSource::kBlob, gate); }
void InsightsService::log_vaults(const gate::ServiceGate& gate) { state_->operations.add(LogSource::kVault, gate); }

void InsightsService::add_resource_types(gate::resource::Registry& registry) {
  state_->provider.add_to(registry);
  if (state_->diagnostics == nullptr) return;
  state_->diagnostics->add_to(registry);
  state_->delivery->set_registry(registry);
}
gate::ServiceGate& InsightsService::gate() { return state_->gate; }

void InsightsService::start(boost::asio::io_context& loop, gate::Pipeline& door) {
  state_->door = &door;
  state_->scope.spawn(loop, state_->look_after());
  if (state_->delivery != nullptr) state_->scope.spawn(loop, state_->keep_delivering());
}

void InsightsService::close_and_wait() { state_->scope.close_and_wait(); }

runtime::Task<Result<std::size_t>> InsightsService::forget_old() {
  co_return co_await state_->forget_before(state_->options.clock.now() - kKept);
}

runtime::Task<Result<bool>> InsightsService::deliver(gate::Pipeline& door) {
  FH_CHECK(state_->delivery != nullptr);
  state_->door = &door;
  co_return co_await state_->deliver();
}

}  // namespace freehold::insights
