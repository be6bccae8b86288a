#include "telemetry/metrics.h"

#include <gtest/gtest.h>

#include <thread>

#include "runtime/task_scope.h"

namespace freehold::telemetry {
namespace {

using std::chrono::microseconds;

bool has_line(const std::string& text, const std::string& line) { return ("\n" + text).contains("\n" + line + "\n"); }

TEST(Metrics, CountsByOperationAndStatus) {
  Metrics metrics;
  OperationMetrics& get = metrics.operation("GetBlob");
  EXPECT_EQ(&get, &metrics.operation("GetBlob"));
  get.record(200, microseconds(50));
  get.record(206, microseconds(100));
  get.record(404, microseconds(101));
  get.record(503, microseconds(40'000'000));
  metrics.operation("PutBlob").record(201, microseconds(3'000));
  const std::string text = metrics.text();
  EXPECT_TRUE(has_line(text, "freehold_requests_total{operation=\"GetBlob\",status=\"2xx\"} 2")) << text;
  EXPECT_TRUE(has_line(text, "freehold_requests_total{operation=\"GetBlob\",status=\"4xx\"} 1")) << text;
  EXPECT_TRUE(has_line(text, "freehold_requests_total{operation=\"GetBlob\",status=\"5xx\"} 1")) << text;
  EXPECT_TRUE(has_line(text, "freehold_requests_total{operation=\"PutBlob\",status=\"2xx\"} 1")) << text;
  EXPECT_TRUE(has_line(text, "freehold_request_seconds_bucket{operation=\"GetBlob\",le=\"0.0001\"} 2")) << text;
  EXPECT_TRUE(has_line(text, "freehold_request_seconds_bucket{operation=\"GetBlob\",le=\"30\"} 3")) << text;
  EXPECT_TRUE(has_line(text, "freehold_request_seconds_bucket{operation=\"GetBlob\",le=\"+Inf\"} 4")) << text;
  EXPECT_TRUE(has_line(text, "freehold_request_seconds_count{operation=\"GetBlob\"} 4")) << text;
  EXPECT_TRUE(has_line(text, "# TYPE freehold_request_seconds histogram")) << text;
}

TEST(Metrics, ShowsValuesThatOthersKeep) {
  Metrics metrics;
  double depth = 3;
  metrics.add(Metrics::Kind::kGauge, "freehold_queue_depth", "Queued.", [&] { return depth; }, "pool=disk");
  metrics.add(Metrics::Kind::kGauge, "freehold_queue_depth", "Queued.", [] { return 9; }, "pool=hsm");
  metrics.add(Metrics::Kind::kCounter, "freehold_repairs_total", "Repairs.", [] { return 1; });
  depth = 4;
  const std::string text = metrics.text();
  EXPECT_TRUE(has_line(text, "freehold_queue_depth{pool=\"disk\"} 4")) << text;
  EXPECT_TRUE(has_line(text, "freehold_queue_depth{pool=\"hsm\"} 9")) << text;
  EXPECT_TRUE(has_line(text, "# TYPE freehold_repairs_total counter")) << text;
  EXPECT_TRUE(has_line(text, "freehold_repairs_total 1")) << text;
}

TEST(Metrics, LosesNothingWhenManyThreadsCount) {
  Metrics metrics;
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      auto& operation = metrics.operation("X");
      for (int n = 0; n < 10'000; ++n) operation.record(200, microseconds(1));
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_TRUE(has_line(metrics.text(), "freehold_requests_total{operation=\"X\",status=\"2xx\"} 40000"));
}

struct Asked {
  int status;
  std::string body;
};

Asked ask(MetricsHandler& handler, http::Method method, const std::string& path) {
  http::Request request;
  request.method = method;
  request.path = path;
  auto response = runtime::run_blocking(handler.handle(request));
  const auto* body = std::get_if<Bytes>(&response.body);
  return {response.status, body != nullptr ? *body : Bytes()};
}

TEST(MetricsHandler, AnswersItsTwoPathsOnly) {
  Metrics metrics;
  metrics.operation("GetBlob").record(200, microseconds(1));
  Health health{true, "all copies writable"};
  MetricsHandler handler(metrics, [&] { return health; });
  EXPECT_TRUE(ask(handler, http::Method::kGet, "/metrics").body.contains("GetBlob"));
  EXPECT_EQ(ask(handler, http::Method::kGet, "/healthz").status, 200);
  EXPECT_EQ(ask(handler, http::Method::kGet, "/healthz").body, "all copies writable\n");
  health = {false, "one copy missing"};
  EXPECT_EQ(ask(handler, http::Method::kGet, "/healthz").status, 503);
  EXPECT_EQ(ask(handler, http::Method::kPost, "/metrics").status, 405);
  EXPECT_EQ(ask(handler, http::Method::kGet, "/").status, 404);
  EXPECT_EQ(ask(handler, http::Method::kGet, "/metrics/x").status, 404);
}

TEST(MetricsHandler, ShowsAServersCounts) {
  Metrics metrics;
  MetricsHandler handler(metrics, [] { return Health(); });
  runtime::Loops loops(1);
  http::Server server(loops, handler, {});
  add_server_stats(metrics, server, "metrics");
  EXPECT_TRUE(has_line(metrics.text(), "freehold_http_connections{server=\"metrics\"} 0"));
  EXPECT_TRUE(has_line(metrics.text(), "# TYPE freehold_http_bad_requests_total counter"));
}

}  // namespace
}  // namespace freehold::telemetry
