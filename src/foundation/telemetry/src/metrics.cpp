#include "telemetry/metrics.h"

#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

#include <limits>
#include <map>
#include <mutex>

#include "base/check.h"

namespace freehold::telemetry {
namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;

constexpr std::array<const char*, 5> kClasses{"1xx", "2xx", "3xx", "4xx", "5xx"};

double seconds(std::uint64_t us) { return static_cast<double>(us) / 1e6; }

bool is_metric_name(std::string_view name) {
  return !name.empty() && name.find_first_not_of("abcdefghijklmnopqrstuvwxyz_") == std::string_view::npos;
}

struct Value {
  Metrics::Kind kind;
  std::string help;
  std::map<std::string, std::function<double()>> by_label;
};

ClientMetric one_value(const Value& value, const std::string& label, double now) {
  ClientMetric metric;
  if (const std::size_t equals = label.find('='); equals != std::string::npos) {
    metric.label.push_back({label.substr(0, equals), label.substr(equals + 1)});
  }
  (value.kind == Metrics::Kind::kCounter ? metric.counter.value : metric.gauge.value) = now;
  return metric;
}

MetricFamily family_of(const std::string& name, const Value& value) {
  MetricFamily family{name, value.help, value.kind == Metrics::Kind::kCounter ? MetricType::Counter : MetricType::Gauge, {}};
  for (const auto& [label, read] : value.by_label) family.metric.push_back(one_value(value, label, read()));
  return family;
}

}  // namespace

struct Metrics::State {
  mutable std::mutex mutex;  // of the maps, not of what they hold
  std::map<std::string, std::unique_ptr<OperationMetrics>, std::less<>> operations;
  std::map<std::string, Value> values;

  [[nodiscard]] MetricFamily requests() const {
    MetricFamily family{"freehold_requests_total", "Requests answered, by operation and class of status.", MetricType::Counter, {}};
    for (const auto& [name, operation] : operations) {
      for (std::size_t i = 0; i < kClasses.size(); ++i) {
        const auto count = operation->by_class_[i].load(std::memory_order_relaxed);
        if (count == 0) continue;
        ClientMetric metric;
        metric.label = {{"operation", name}, {"status", kClasses[i]}};
        metric.counter.value = static_cast<double>(count);
        family.metric.push_back(std::move(metric));
      }
    }
    return family;
  }

  [[nodiscard]] MetricFamily latencies() const {
    MetricFamily family{"freehold_request_seconds", "How long requests took, by operation.", MetricType::Histogram, {}};
    for (const auto& [name, operation] : operations) {
      ClientMetric metric;
      metric.label = {{"operation", name}};
      std::uint64_t cumulative = 0;
      for (std::size_t i = 0; i < operation->buckets_.size(); ++i) {
        cumulative += operation->buckets_[i].load(std::memory_order_relaxed);
        const double bound =
            i < kLatencyBoundsUs.size() ? seconds(kLatencyBoundsUs[i]) : std::numeric_limits<double>::infinity();
        metric.histogram.bucket.push_back({cumulative, bound});
      }
      metric.histogram.sample_count = cumulative;
      metric.histogram.sample_sum = seconds(operation->total_us_.load(std::memory_order_relaxed));
      if (cumulative > 0) family.metric.push_back(std::move(metric));
    }
    return family;
  }
};

void OperationMetrics::record(int status, std::chrono::microseconds latency) {
  const auto class_index = static_cast<std::size_t>(std::clamp(status / 100, 1, 5) - 1);
  by_class_[class_index].fetch_add(1, std::memory_order_relaxed);
  const auto us = static_cast<std::uint64_t>(std::max<std::int64_t>(latency.count(), 0));
  const auto bucket = std::ranges::lower_bound(kLatencyBoundsUs, us) - kLatencyBoundsUs.begin();
  buckets_[static_cast<std::size_t>(bucket)].fetch_add(1, std::memory_order_relaxed);
  total_us_.fetch_add(us, std::memory_order_relaxed);
}

Metrics::Metrics() : state_(std::make_unique<State>()) {}
Metrics::~Metrics() = default;

OperationMetrics& Metrics::operation(std::string_view name) {
  const std::lock_guard lock(state_->mutex);
  auto found = state_->operations.find(name);
  if (found == state_->operations.end()) {
    found = state_->operations.emplace(std::string(name), std::make_unique<OperationMetrics>()).first;
  }
  return *found->second;
}

void Metrics::add(Kind kind, std::string name, std::string help, std::function<double()> read, std::string label) {
  FH_CHECK(is_metric_name(name) && read != nullptr);
  FH_CHECK(label.empty() || is_metric_name(std::string_view(label).substr(0, label.find('='))));
  const std::lock_guard lock(state_->mutex);
  auto& value = state_->values.try_emplace(std::move(name), Value{kind, std::move(help), {}}).first->second;
  FH_CHECK(value.kind == kind);
  const bool is_new = value.by_label.emplace(std::move(label), std::move(read)).second;
  FH_CHECK(is_new);
}

std::string Metrics::text() const {
  std::vector<MetricFamily> families;
  {
    const std::lock_guard lock(state_->mutex);
    families = {state_->requests(), state_->latencies()};
    for (const auto& [name, value] : state_->values) families.push_back(family_of(name, value));
  }
  std::erase_if(families, [](const MetricFamily& family) { return family.metric.empty(); });
  return prometheus::TextSerializer().Serialize(families);
}

void add_server_stats(Metrics& metrics, const http::Server& server, const std::string& name) {
  using Stats = http::ServerStats;
  const auto show = [&](Metrics::Kind kind, const char* metric, const char* help, std::uint64_t Stats::*count) {
    metrics.add(kind, std::string("freehold_http_") + metric, help,
                [&server, count] { return static_cast<double>(server.stats().*count); }, "server=" + name);
  };
  show(Metrics::Kind::kGauge, "connections", "Connections open now.", &Stats::connections);
  show(Metrics::Kind::kCounter, "accepted_total", "Connections accepted.", &Stats::accepted);
  show(Metrics::Kind::kCounter, "refused_total", "Clients turned away at a limit.", &Stats::refused);
  show(Metrics::Kind::kCounter, "requests_total", "Requests read.", &Stats::requests);
  show(Metrics::Kind::kCounter, "bad_requests_total", "Requests refused by framing or limits.", &Stats::bad_requests);
  show(Metrics::Kind::kCounter, "timeouts_total", "Connections cut for slowness.", &Stats::timeouts);
  show(Metrics::Kind::kCounter, "received_bytes_total", "Bytes received, framing included.", &Stats::bytes_in);
  show(Metrics::Kind::kCounter, "sent_bytes_total", "Bytes sent, framing included.", &Stats::bytes_out);
}

MetricsHandler::MetricsHandler(const Metrics& metrics, std::function<Health()> health)
    : metrics_(metrics), health_(std::move(health)) {}

http::Task<http::Response> MetricsHandler::handle(http::Request& request) {
  http::Response response;
  const bool known = request.path == "/metrics" || request.path == "/healthz";
  if (!known) {
    response.status = 404;
  } else if (request.method != http::Method::kGet && request.method != http::Method::kHead) {
    response.status = 405;
    response.headers.add("Allow", "GET, HEAD");
  } else if (request.path == "/metrics") {
    response.headers.add("Content-Type", "text/plain; version=0.0.4; charset=utf-8");
    response.body = metrics_.text();
  } else {
    const Health health = health_();
    response.status = health.ok ? 200 : 503;
    response.headers.add("Content-Type", "text/plain; charset=utf-8");
    response.body = health.text + "\n";
  }
  co_return response;
}

}  // namespace freehold::telemetry
