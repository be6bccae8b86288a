// Worker: one thread with a queue.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <string>
#include <thread>

namespace freehold::store::embedded {

// Runs jobs one after the other in the order they were posted. Thread-safe. The destructor runs what is queued, then
// joins; nothing may be posted by then.
class Worker {
 public:
  explicit Worker(const std::string& name);  // at most 15 bytes
  ~Worker();
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  void post(std::move_only_function<void()> job);
  // Waits until everything posted before has run. Never from the worker's own thread.
  void drain();

 private:
  void run();

  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<std::move_only_function<void()>> jobs_;  // guarded by mutex_
  bool stopping_ = false;                             // guarded by mutex_
  std::thread thread_;
};

}  // namespace freehold::store::embedded
