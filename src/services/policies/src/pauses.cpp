#include "src/pauses.h"

#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>

namespace freehold::policies {

runtime::Task<> Pauses::take() {
  const auto executor = co_await boost::asio::this_coro::executor;
  co_await boost::asio::post(executor, runtime::use_task);
  since_ = std::chrono::steady_clock::now();
}

}  // namespace freehold::policies
