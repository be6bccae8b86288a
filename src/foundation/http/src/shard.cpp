#include "shard.h"

#include <boost/asio/redirect_error.hpp>

#include "base/check.h"
#include "base/clock.h"
#include "base/limits.h"
#include "base/log.h"
#include "connection.h"

namespace freehold::http {
namespace {

std::chrono::milliseconds or_default(std::chrono::milliseconds given, std::chrono::milliseconds standard) {
  return given.count() > 0 ? given : standard;
}

}  // namespace

Settings::Settings(const ServerOptions& options)
    : server_header(options.server_header),
      max_connections(options.max_connections > 0 ? options.max_connections : limits::kConnections),
      header_timeout(or_default(options.header_timeout, limits::kHeaderTimeout)),
      idle_timeout(or_default(options.idle_timeout, limits::kIdleTimeout)),
      body_stall_timeout(or_default(options.body_stall_timeout, limits::kBodyStallTimeout)),
      rate_window(or_default(options.rate_window, kRateWindow)) {}

void Shared::closed() {
  if (open.fetch_sub(1) == 1) {
    const std::lock_guard lock(mutex_);
    none_.notify_all();
  }
}

bool Shared::wait_until_none(std::chrono::milliseconds timeout) {
  std::unique_lock lock(mutex_);
  return none_.wait_for(lock, timeout, [this] { return open.load() == 0; });
}

Shard::Shard(boost::asio::io_context& io_context, std::shared_ptr<Shared> owner)
    : loop(io_context), server(std::move(owner)), timer_(io_context.get_executor()) {}

void Shard::add(Connection& connection) {
  connection.next_ = first_;
  if (first_ != nullptr) first_->previous_ = &connection;
  first_ = &connection;
  server->opened();
}

void Shard::remove(Connection& connection) {
  if (connection.previous_ != nullptr) connection.previous_->next_ = connection.next_;
  if (connection.next_ != nullptr) connection.next_->previous_ = connection.previous_;
  if (first_ == &connection) first_ = connection.next_;
  server->closed();
}

void Shard::begin_drain() {
  for (Connection* connection = first_; connection != nullptr; connection = connection->next_) {
    if (connection->idle()) connection->cancel();
  }
}

void Shard::cancel_all() {
  for (Connection* connection = first_; connection != nullptr; connection = connection->next_) connection->cancel();
}

const std::string& Shard::standing_lines() {
  timespec now{};
  ::clock_gettime(CLOCK_REALTIME_COARSE, &now);
  if (now.tv_sec != date_second_) {
    date_second_ = now.tv_sec;
    standing_lines_ = "Server: " + server->settings.server_header +
                      "\r\nDate: " + http_date(WallTime(std::chrono::seconds(now.tv_sec))) + "\r\n";
  }
  return standing_lines_;
}

runtime::Task<> Shard::sweep(std::shared_ptr<Shard> shard) {
  const Settings& settings = shard->server->settings;
  const auto shortest =
      std::min({settings.header_timeout, settings.idle_timeout, settings.body_stall_timeout, settings.rate_window});
  const auto interval = std::clamp<std::chrono::milliseconds>(shortest / 8, std::chrono::milliseconds(10),
                                                              std::chrono::milliseconds(1'000));
  while (!shard->stopped_) {
    shard->timer_.expires_after(interval);
    boost::system::error_code ignored;  // cancelled only by stop_sweeping
    co_await shard->timer_.async_wait(boost::asio::redirect_error(runtime::use_task, ignored));
    const std::int64_t now = Deadline::now_ms();
    for (Connection* connection = shard->first_; connection != nullptr; connection = connection->next_) {
      if (connection->cut_if_over(now)) Counters::add(shard->counters.timeouts, 1);
      connection->save_memory();
    }
    shard->tell_refusals(now);
  }
}

void Shard::tell_refusals(std::int64_t now) {
  const auto since = refusals_.due(
      {counters.bad_requests.load(std::memory_order_relaxed), counters.refused.load(std::memory_order_relaxed)}, now);
  if (!since) return;
  log_warning("clients were refused before they could be heard",
              {{"bad_requests", since->bad_requests}, {"turned_away", since->turned_away}});
}

void Shard::stop_sweeping() {
  stopped_ = true;
  timer_.cancel();
}

}  // namespace freehold::http
