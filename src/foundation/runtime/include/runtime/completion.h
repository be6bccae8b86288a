// Completion<T>: a value that another thread will supply to one waiting coroutine.
#pragma once

#include <boost/asio/async_result.hpp>
#include <boost/asio/post.hpp>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>

#include "runtime/task.h"

namespace freehold::runtime {

// One producer calls complete() once, from any thread; one coroutine awaits wait() once and is resumed on its own loop.
// Copies share the state (that is why it is held by shared_ptr: producer and waiter die in either order). A Completion
// that is dropped uncompleted leaves its waiter suspended forever, so producers complete on every path, shutdown
// included.
template <class T>
class Completion {
 public:
  Completion() : state_(std::make_shared<State>()) {}

  void complete(T value) const {
    std::unique_lock lock(state_->mutex);
    state_->value.emplace(std::move(value));
    if (state_->resume) {
      auto resume = std::exchange(state_->resume, nullptr);
      lock.unlock();
      resume(state_);
    }
  }

  [[nodiscard]] Task<T> wait() const {
    auto state = state_;
    auto executor = co_await boost::asio::this_coro::executor;
    co_await boost::asio::async_initiate<const boost::asio::use_awaitable_t<Executor>&, void()>(
        [state, executor](auto handler) {
          auto shared = std::make_shared<decltype(handler)>(std::move(handler));
          auto resume = [executor, shared](std::shared_ptr<State>) {
            boost::asio::post(executor, [shared] { std::move (*shared)(); });
          };
          std::unique_lock lock(state->mutex);
          if (state->value) {
            lock.unlock();
            resume(state);
          } else {
            state->resume = std::move(resume);
          }
        },
        use_task);
    co_return std::move(*state->value);
  }

 private:
  struct State {
    std::mutex mutex;
    std::optional<T> value;
    std::function<void(std::shared_ptr<State>)> resume;
  };
  std::shared_ptr<State> state_;
};

}  // namespace freehold::runtime
