#pragma once
#include <boost/asio/co_spawn.hpp>
#include <exception>
#include <memory>
#include <mutex>
#include <optional>
#include <type_traits>
#include <vector>

namespace freehold::runtime {

namespace detail {

// A private io_context for one run_blocking() at a time, given back and used again, and never destroyed: who resumes
// the task from another thread may still be inside post(), signalling the context, when the task has already run to its
// end.
class BlockingContext {
 public:
  BlockingContext() {
    const std::lock_guard lock(spare().mutex);
    if (!spare().contexts.empty()) {
      context_ = spare().contexts.back().release();
      spare().contexts.pop_back();
    }
    if (context_ == nullptr) context_ = new boost::asio::io_context(1);
    context_->restart();
  }
  ~BlockingContext() {
    const std::lock_guard lock(spare().mutex);
    spare().contexts.emplace_back(context_);
  }
  BlockingContext(const BlockingContext&) = delete;
  BlockingContext& operator=(const BlockingContext&) = delete;
  [[nodiscard]] boost::asio::io_context& operator*() const { return *context_; }

 private:
  struct Spare {
    std::mutex mutex;
    std::vector<std::unique_ptr<boost::asio::io_context>> contexts;
  };
  static Spare& spare() {
    static auto* const kSpare = new Spare;  // outlives every thread
    return *kSpare;
  }
  boost::asio::io_context* context_ = nullptr;
};

}  // namespace detail

template <class T>
T run_blocking(Task<T> task) {
  const detail::BlockingContext blocking;
  auto& context = *blocking;
  std::exception_ptr thrown;
  if constexpr (std::is_void_v<T>) {
    boost::asio::co_spawn(context, std::move(task), [&](std::exception_ptr e) { thrown = e; });
    context.run();
    if (thrown) std::rethrow_exception(thrown);
  } else {
    std::optional<T> value;
    boost::asio::co_spawn(context, std::move(task), [&](std::exception_ptr e, T v) {
      thrown = e;
      if (!e) value.emplace(std::move(v));
    });
    context.run();
    if (thrown) std::rethrow_exception(thrown);
    return std::move(*value);
  }
}

}  // namespace freehold::runtime
