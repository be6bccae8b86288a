// InsightsService: Microsoft.Insights as app/ wires it: the activity log, and diagnostic settings, by which it and the
// resource logs are delivered into storage accounts. Keeps: H4, A6.
#pragma once

#include <boost/asio/io_context.hpp>
#include <chrono>
#include <memory>
#include <string>

#include "audit/log_reader.h"
#include "authn/identity.h"
#include "authz/scope.h"
#include "authz/storage_access.h"
#include "keys/sealed_rows.h"
#include "pipeline/activity.h"
#include "pipeline/pipeline.h"
#include "resource/registry.h"
#include "runtime/pool.h"

namespace freehold::insights {

// Who somebody is, for whoever may read the log. Implemented by app/ over the directory. Thread-safe, from memory.
class CallerNames {
 public:
  virtual ~CallerNames() = default;
  // A user's principal name; empty: it is no user, or no longer there, and the log shows its object id.
  [[nodiscard]] virtual std::string name_of(TenantId tenant, PrincipalId object) const = 0;
};

// All borrowed things outlive the service.
struct InsightsServiceOptions {
  keys::SealedStore store;
  const Clock& clock;
  const CallerNames& names;
  TenantId tenant;  // whose log is kept
};

// What diagnostic settings need besides, and what is made after the service. All borrowed things outlive it.
struct DiagnosticsOptions {
  const gate::audit::LogReader& log;  // what resource logs are made of
  runtime::Pool& pool;
  const gate::authz::SnapshotSource& assignments;
  const gate::authz::ManagementTree& tree;
  const gate::IdentityDirectory& identities;
  std::string domain;                          // accounts are at NAME.blob.core.<domain>, vaults at NAME.vault.<domain>
  std::chrono::milliseconds interval{30'000};  // between deliveries
};

// Owned by app/. The journal may be given away at once; gate() goes to the pipeline, start() after it. Thread-safe.
class InsightsService {
 public:
  explicit InsightsService(InsightsServiceOptions options);
  ~InsightsService();
  InsightsService(const InsightsService&) = delete;
  InsightsService& operator=(const InsightsService&) = delete;

  [[nodiscard]] gate::ActivityJournal& journal();
  // Reads the diagnostic settings; before any is asked for or written.
  [[nodiscard]] runtime::Task<Result<>> open(DiagnosticsOptions options);
  // Whose operations resource logs tell of. After open(), before the server starts.
  void log_blobs(const gate::ServiceGate& gate);
  void log_vaults(const gate::ServiceGate& gate);
  // Microsoft.Insights/eventtypes, /eventcategories, /diagnosticSettings, /diagnosticSettingsCategories. After open().
  void add_resource_types(gate::resource::Registry& registry);
  // Takes no request: it has the service's jobs.
  [[nodiscard]] gate::ServiceGate& gate();

  // Forgets once an hour what is older than 90 days and delivers what diagnostic settings want, on this loop until
  // close_and_wait(). From outside the loops.
  void start(boost::asio::io_context& loop, gate::Pipeline& door);
  void close_and_wait();
  // What start() does each hour; how many events it was.
  [[nodiscard]] runtime::Task<Result<std::size_t>> forget_old();
  // One delivery, as its job does it; whether there is more to deliver.
  [[nodiscard]] runtime::Task<Result<bool>> deliver(gate::Pipeline& door);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace freehold::insights
