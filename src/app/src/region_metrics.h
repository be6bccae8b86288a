// What the region counts and shows: requests by operation, the engine's state, the server's connections.
#pragma once

#include <map>
#include <string_view>

#include "pipeline/observer.h"
#include "pipeline/service_gate.h"
#include "store/embedded.h"
#include "telemetry/metrics.h"

namespace freehold::app {

// Owned by Region. Complete before the server starts; observe() from all loops.
class RegionMetrics final : public gate::Observer {
 public:
  // One series for each route of the services given, and one for what no route takes.
  void add_operations(const gate::ServiceGate& service);
  void add_engine(const store::EmbeddedEngine& engine);
  [[nodiscard]] telemetry::Metrics& registry() { return registry_; }
  void observe(const gate::Observation& observation) noexcept override;

 private:
  telemetry::Metrics registry_;
  telemetry::OperationMetrics& unrouted_ = registry_.operation("Unrouted");
  std::map<std::string, telemetry::OperationMetrics*, std::less<>> operations_;
};

// Healthy: requests of every kind can be answered. The text says what is wrong.
[[nodiscard]] telemetry::Health health_of(const store::EmbeddedEngine& engine);

}  // namespace freehold::app
