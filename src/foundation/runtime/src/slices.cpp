#include "runtime/slices.h"

#include <boost/asio/async_result.hpp>
#include <boost/asio/execution_context.hpp>
#include <boost/asio/post.hpp>
#include <functional>
#include <utility>

#include "src/fair_queue.h"

namespace freehold::runtime {
namespace {

// What waits on one loop. Used by its thread alone, and by whoever ends it.
class Slices final : public boost::asio::execution_context::service {
 public:
  using key_type = Slices;
  static boost::asio::execution_context::id id;
  explicit Slices(boost::asio::execution_context& loop) : service(loop) {}

  [[nodiscard]] bool has_room() const { return waiting_.size() < kWaitingSlices; }

  void add(Executor loop, FairKey key, std::move_only_function<void()> go_on) {
    waiting_.push(key, std::move(go_on));
    if (waiting_.size() == 1) give_next(loop);
  }

 private:
  // Posted one at a time: the loop comes back to its sockets before the next.
  void give_next(Executor loop) {
    boost::asio::post(loop, [this, loop] {
      auto go_on = waiting_.pop();
      if (waiting_.size() > 0) give_next(loop);
      go_on();
    });
  }

  void shutdown() override { waiting_ = {}; }

  FairQueue<std::move_only_function<void()>> waiting_;
};

boost::asio::execution_context::id Slices::id;

}  // namespace

Task<bool> take_slice(FairKey key) {
  const auto loop = co_await boost::asio::this_coro::executor;
  auto& slices = boost::asio::use_service<Slices>(loop.context());
  if (!slices.has_room()) co_return false;
  co_await boost::asio::async_initiate<const boost::asio::use_awaitable_t<Executor>&, void()>(
      [&slices, loop, key](auto handler) {
        slices.add(loop, key, [handler = std::move(handler)]() mutable { std::move(handler)(); });
      },
      use_task);
  co_return true;
}

}  // namespace freehold::runtime
