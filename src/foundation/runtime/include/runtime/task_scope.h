// TaskScope: owns background coroutines; close() asks them to end and awaits them.
#pragma once

#include <boost/asio/io_context.hpp>
#include <chrono>
#include <memory>

#include "runtime/task.h"

namespace freehold::runtime {

// All members from any thread. A task learns that it should end from stopping(), or from sleep() returning false.
// The owner calls close() (or close_and_wait() from outside the loops) before the things its tasks use are destroyed.
class TaskScope {
 public:
  TaskScope();
  ~TaskScope();  // FH_CHECKs that nothing is running
  TaskScope(const TaskScope&) = delete;
  TaskScope& operator=(const TaskScope&) = delete;

  // Starts the task on the loop. Refused (the task is destroyed unrun) after close began.
  bool spawn(boost::asio::io_context& loop, Task<> task);
  [[nodiscard]] bool stopping() const;
  // Waits, or returns false at once when the scope closes.
  [[nodiscard]] Task<bool> sleep(std::chrono::milliseconds duration);
  [[nodiscard]] Task<> close();
  void close_and_wait();  // never from a loop's own thread

 private:
  struct State;
  std::shared_ptr<State> state_;  // shared with the running tasks' completion handlers, which may end last
};

// Runs a task to its end on a private io_context: for tests, command-line tools and start-up.
template <class T>
T run_blocking(Task<T> task);

}  // namespace freehold::runtime

#include "runtime/run_blocking.inl"
