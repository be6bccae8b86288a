// Metrics in Prometheus' text format, and the handler of the metrics port.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "http/server.h"

namespace freehold::telemetry {

// Upper bounds of the latency histogram, in microseconds: from a cached read to a request that waits for a lock.
inline constexpr std::array<std::uint64_t, 14> kLatencyBoundsUs{100,    250,    500,     1'000,   2'500,     5'000,    10'000,
                                                                25'000, 50'000, 100'000, 250'000, 1'000'000, 5'000'000, 30'000'000};

// Requests of one operation: how many by class of status, and how long they took. Thread-safe and lock-free; owned by
// Metrics, never destroyed before it.
class OperationMetrics {
 public:
  void record(int status, std::chrono::microseconds latency);

 private:
  friend class Metrics;
  std::array<std::atomic<std::uint64_t>, 5> by_class_{};  // 1xx to 5xx
  std::array<std::atomic<std::uint64_t>, kLatencyBoundsUs.size() + 1> buckets_{};
  std::atomic<std::uint64_t> total_us_{0};
};

// Everything that is counted in this process. Owned by app/, thread-safe. Labels carry names of operations and parts of
// this program only: never a tenant's, a user's or a resource's name (A6).
class Metrics {
 public:
  Metrics();
  ~Metrics();
  Metrics(const Metrics&) = delete;
  Metrics& operator=(const Metrics&) = delete;

  // The one of that name, made at the first call. Takes a lock: ask once, at start, and keep the reference.
  [[nodiscard]] OperationMetrics& operation(std::string_view name);

  // Values that others keep, read at each scrape; `read` must be thread-safe and outlive the scrapes. The name is
  // [a-z_]+ in Prometheus' manner (freehold_..._total for counters); the label is "name=value" or empty, and several
  // values of one name need different labels. FH_CHECKs both.
  enum class Kind { kCounter, kGauge };
  void add(Kind kind, std::string name, std::string help, std::function<double()> read, std::string label = {});

  // The text format, version 0.0.4.
  [[nodiscard]] std::string text() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// Shows a server's counts under freehold_http_*{server="NAME"}. The server outlives the scrapes.
void add_server_stats(Metrics& metrics, const http::Server& server, const std::string& name);

struct Health {
  bool ok = true;
  std::string text;  // a line for a person; no names, no secrets
};

// Answers GET and HEAD of /metrics and /healthz (200 or 503), and nothing else. For a server of its own, on loopback.
class MetricsHandler final : public http::Handler {
 public:
  // `health` is called on a loop for each probe: it must be quick and thread-safe.
  MetricsHandler(const Metrics& metrics, std::function<Health()> health);
  [[nodiscard]] http::Task<http::Response> handle(http::Request& request) override;

 private:
  const Metrics& metrics_;
  const std::function<Health()> health_;
};

}  // namespace freehold::telemetry
