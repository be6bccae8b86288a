#include "region_metrics.h"

#include <array>

namespace freehold::app {

namespace {

using Kind = telemetry::Metrics::Kind;

struct EngineCount {
  Kind kind;
  const char* name;
  const char* help;
  std::uint64_t store::EngineStats::* member;
};

constexpr std::array kEngineCounts = {
    EngineCount{Kind::kCounter, "freehold_store_commits_total", "Commits applied.", &store::EngineStats::commits},
    EngineCount{Kind::kCounter, "freehold_store_batches_total", "Group commits.", &store::EngineStats::batches},
    EngineCount{Kind::kGauge, "freehold_store_queued_commits", "Commits waiting.", &store::EngineStats::queued},
    EngineCount{Kind::kGauge, "freehold_store_chunks", "Live chunks.", &store::EngineStats::chunks},
    EngineCount{Kind::kGauge, "freehold_store_chunk_bytes", "Bytes of live chunks, one copy.",
                &store::EngineStats::chunk_bytes},
    EngineCount{Kind::kCounter, "freehold_store_damaged_reads_total",
                "Reads that met a bad copy and were answered from another.", &store::EngineStats::damaged_reads},
    EngineCount{Kind::kCounter, "freehold_store_repairs_total", "Copies made whole again.",
                &store::EngineStats::repairs},
    EngineCount{Kind::kCounter, "freehold_store_unrepaired_total", "Found bad in every copy.",
                &store::EngineStats::unrepaired},
    EngineCount{Kind::kCounter, "freehold_store_rebuilds_total", "Fault domains rebuilt whole.",
                &store::EngineStats::rebuilds},
    EngineCount{Kind::kCounter, "freehold_store_scrub_rounds_total", "Times the scrubber has read everything.",
                &store::EngineStats::scrub_rounds},
};

}  // namespace

void RegionMetrics::add_operations(const gate::ServiceGate& service) {
  for (const gate::RouteSpec& row : service.rows()) {
    operations_.try_emplace(std::string(row.operation), &registry_.operation(row.operation));
  }
  for (const gate::RouteSpec& row : service.jobs()) {
    operations_.try_emplace(std::string(row.operation), &registry_.operation(row.operation));
  }
}

void RegionMetrics::add_engine(const store::EmbeddedEngine& engine) {
  for (const EngineCount& count : kEngineCounts) {
    registry_.add(count.kind, count.name, count.help,
                  [&engine, &count] { return static_cast<double>(engine.stats().*count.member); });
  }
  const std::size_t domains = engine.stats().domains.size();
  for (std::size_t i = 0; i < domains; ++i) {
    registry_.add(
        Kind::kGauge, "freehold_store_domain_member", "1 if the fault domain holds everything acknowledged.",
        [&engine, i] { return engine.stats().domains[i].state == store::DomainState::kMember ? 1.0 : 0.0; },
        "domain=" + std::to_string(i));
    registry_.add(
        Kind::kGauge, "freehold_store_domain_free_bytes", "Free bytes on the fault domain's file system.",
        [&engine, i] { return static_cast<double>(engine.stats().domains[i].free_bytes); },
        "domain=" + std::to_string(i));
  }
}

void RegionMetrics::observe(const gate::Observation& observation) noexcept {
  const auto at = operations_.find(observation.operation);
  (at == operations_.end() ? unrouted_ : *at->second).record(observation.status, observation.latency);
}

telemetry::Health health_of(const store::EmbeddedEngine& engine) {
  const store::EngineStats stats = engine.stats();
  std::string text = stats.writable ? "ok" : "read-only: too few fault domains or no space";
  for (std::size_t i = 0; i < stats.domains.size(); ++i) {
    if (stats.domains[i].state != store::DomainState::kMember) {
      text += "; fault domain " + std::to_string(i) + " is " + std::string(to_string(stats.domains[i].state));
    }
  }
  return {.ok = stats.writable, .text = text};
}

}  // namespace freehold::app
