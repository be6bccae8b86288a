// InsightsService: Microsoft.Insights as app/ wires it: the activity log. Keeps: H4, A6.
#pragma once

#include <boost/asio/io_context.hpp>
#include <memory>
#include <string>

#include "keys/sealed_rows.h"
#include "pipeline/activity.h"
#include "pipeline/pipeline.h"
#include "resource/registry.h"

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

// Owned by app/. The journal may be given away at once; gate() goes to the pipeline, start() after it. Thread-safe.
class InsightsService {
 public:
  explicit InsightsService(InsightsServiceOptions options);
  ~InsightsService();
  InsightsService(const InsightsService&) = delete;
  InsightsService& operator=(const InsightsService&) = delete;

  [[nodiscard]] gate::ActivityJournal& journal();
  // Microsoft.Insights/eventtypes, /eventcategories, /diagnosticSettings.
  void add_resource_types(gate::resource::Registry& registry);
  // Takes no request: it has the service's job.
  [[nodiscard]] gate::ServiceGate& gate();

  // Forgets once an hour what is older than 90 days, on this loop until close_and_wait(). From outside the loops.
  void start(boost::asio::io_context& loop, gate::Pipeline& door);
  void close_and_wait();
  // What start() does each hour; how many events it was.
  [[nodiscard]] runtime::Task<Result<std::size_t>> forget_old();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace freehold::insights
