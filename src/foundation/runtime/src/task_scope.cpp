#include "runtime/task_scope.h"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <condition_variable>
#include <list>
#include <mutex>
#include <thread>
#include <vector>

#include "base/check.h"
#include "base/log.h"
#include "runtime/completion.h"

namespace freehold::runtime {

using Timer = boost::asio::basic_waitable_timer<std::chrono::steady_clock,
                                                boost::asio::wait_traits<std::chrono::steady_clock>, Executor>;

struct TaskScope::State {
  std::mutex mutex;
  std::condition_variable idle;
  std::size_t running = 0;
  bool closing = false;
  std::list<std::pair<Executor, std::shared_ptr<Timer>>> sleepers;  // a timer is cancelled on its own loop
  std::vector<Completion<bool>> waiters;

  void begin_close() {
    std::list<std::pair<Executor, std::shared_ptr<Timer>>> wake;
    {
      const std::lock_guard lock(mutex);
      closing = true;
      wake = sleepers;
    }
    for (auto& [executor, timer] : wake) {
      boost::asio::post(executor, [timer] { timer->cancel(); });
    }
  }

  void ended() {
    std::vector<Completion<bool>> done;
    {
      const std::lock_guard lock(mutex);
      if (--running > 0) return;
      done.swap(waiters);
      idle.notify_all();
    }
    for (auto& waiter : done) waiter.complete(true);
  }
};

TaskScope::TaskScope() : state_(std::make_shared<State>()) {}

TaskScope::~TaskScope() {
  const std::lock_guard lock(state_->mutex);
  FH_CHECK(state_->running == 0);
}

bool TaskScope::spawn(boost::asio::io_context& loop, Task<> task) {
  {
    const std::lock_guard lock(state_->mutex);
    if (state_->closing) return false;
    ++state_->running;
  }
  boost::asio::co_spawn(loop.get_executor(), std::move(task), [state = state_](std::exception_ptr thrown) {
    if (thrown) log_error("a background task ended with an exception");
    state->ended();
  });
  return true;
}

bool TaskScope::stopping() const {
  const std::lock_guard lock(state_->mutex);
  return state_->closing;
}

Task<bool> TaskScope::sleep(std::chrono::milliseconds duration) {
  auto state = state_;
  const Executor executor = co_await boost::asio::this_coro::executor;
  auto timer = std::make_shared<Timer>(executor, duration);
  std::list<std::pair<Executor, std::shared_ptr<Timer>>>::iterator place;
  {
    const std::lock_guard lock(state->mutex);
    if (state->closing) co_return false;
    place = state->sleepers.insert(state->sleepers.end(), {executor, timer});
  }
  boost::system::error_code error;
  co_await timer->async_wait(boost::asio::redirect_error(use_task, error));
  const std::lock_guard lock(state->mutex);
  state->sleepers.erase(place);
  co_return !state->closing;
}

Task<> TaskScope::close() {
  auto state = state_;
  state->begin_close();
  Completion<bool> done;
  {
    const std::lock_guard lock(state->mutex);
    if (state->running == 0) co_return;
    state->waiters.push_back(done);
  }
  co_await done.wait();
}

void TaskScope::close_and_wait() {
  state_->begin_close();
  std::unique_lock lock(state_->mutex);
  state_->idle.wait(lock, [this] { return state_->running == 0; });
}

}  // namespace freehold::runtime
