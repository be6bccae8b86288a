#include "http/server.h"

#include <unistd.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <csignal>

#include "base/check.h"
#include "base/log.h"
#include "door.h"

namespace freehold::http {
namespace {

constexpr std::chrono::seconds kForcedEnd{2};  // for connections to notice that they were cancelled

}  // namespace

struct Server::State {
  State(runtime::Loops& server_loops, Handler& handler, const ServerOptions& options)
      : loops(server_loops), shared(std::make_shared<Shared>(handler, options)) {
    for (unsigned i = 0; i < loops.size(); ++i) shards.push_back(std::make_shared<Shard>(loops.context(i), shared));
  }

  // Runs action(shard) on every shard's loop, soon.
  template <class Action>
  void on_every_loop(Action action) {
    for (const auto& shard : shards) boost::asio::post(shard->loop, [shard, action] { action(*shard); });
  }

  void close_doors() {
    for (auto& door : doors) boost::asio::post(door->shard().loop, [door] { door->close(); });
    doors.clear();
    for (const auto& path : unix_paths) ::unlink(path.c_str());
    unix_paths.clear();
  }

  runtime::Loops& loops;
  const std::shared_ptr<Shared> shared;
  std::vector<std::shared_ptr<Shard>> shards;
  std::vector<std::shared_ptr<Door>> doors;
  std::vector<std::string> unix_paths;
  bool started = false;
  bool drained = false;
};

Server::Server(runtime::Loops& loops, Handler& handler, ServerOptions options)
    : state_(std::make_unique<State>(loops, handler, options)) {
  // A client that goes away is an error of one write, not a signal to the process.
  std::signal(SIGPIPE, SIG_IGN);
}

Server::~Server() {
  if (state_->started) {
    if (!state_->drained) drain(std::chrono::milliseconds(0));
    state_->on_every_loop([](Shard& shard) { shard.stop_sweeping(); });
  }
}

Result<> Server::set_tls_identity(TlsIdentity identity) {
  FH_TRY(auto context, make_tls_context(identity));
  state_->shared->tls.set(std::move(context));
  return {};
}

Result<std::uint16_t> Server::listen(Listener kind, const std::vector<std::string>& addresses, std::uint16_t port) {
  FH_CHECK(!state_->started);
  FH_TRY(BoundPort bound, bind_port(addresses, port, state_->loops.size()));
  for (auto& sockets : bound.by_address) {
    for (std::size_t i = 0; i < sockets.size(); ++i) {
      state_->doors.push_back(std::make_shared<Door>(state_->shards[i], kind, std::move(sockets[i])));
    }
  }
  return bound.port;
}

Result<> Server::listen_unix(Listener kind, const std::string& path) {
  FH_CHECK(!state_->started);
  FH_TRY(OwnedFd socket, bind_unix(path));
  state_->doors.push_back(std::make_shared<Door>(state_->shards.front(), kind, std::move(socket)));
  state_->unix_paths.push_back(path);
  return {};
}

void Server::start() {
  FH_CHECK(!state_->started);
  state_->started = true;
  for (const auto& shard : state_->shards)
    boost::asio::co_spawn(shard->loop, Shard::sweep(shard), boost::asio::detached);
  for (const auto& door : state_->doors) {
    boost::asio::co_spawn(door->shard().loop, Door::accept(door), boost::asio::detached);
  }
}

void Server::drain(std::chrono::milliseconds timeout) {
  state_->close_doors();
  state_->drained = true;
  if (!state_->started) return;
  state_->shared->draining.store(true);
  state_->on_every_loop([](Shard& shard) { shard.begin_drain(); });
  if (state_->shared->wait_until_none(timeout)) return;
  log_warning("connections are cut at the end of the drain", {{"connections", state_->shared->open.load()}});
  state_->on_every_loop([](Shard& shard) { shard.cancel_all(); });
  if (!state_->shared->wait_until_none(kForcedEnd)) {
    log_warning("connections outlive the drain", {{"connections", state_->shared->open.load()}});
  }
}

ServerStats Server::stats() const {
  ServerStats sum;
  sum.connections = state_->shared->open.load();
  for (const auto& shard : state_->shards) {
    const Counters& counters = shard->counters;
    sum.accepted += counters.accepted.load(std::memory_order_relaxed);
    sum.refused += counters.refused.load(std::memory_order_relaxed);
    sum.requests += counters.requests.load(std::memory_order_relaxed);
    sum.bad_requests += counters.bad_requests.load(std::memory_order_relaxed);
    sum.timeouts += counters.timeouts.load(std::memory_order_relaxed);
    sum.bytes_in += counters.bytes_in.load(std::memory_order_relaxed);
    sum.bytes_out += counters.bytes_out.load(std::memory_order_relaxed);
  }
  return sum;
}

}  // namespace freehold::http
