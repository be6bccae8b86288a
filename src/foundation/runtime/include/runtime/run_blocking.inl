#pragma once
#include <boost/asio/co_spawn.hpp>
#include <exception>
#include <optional>
#include <type_traits>

namespace freehold::runtime {

template <class T>
T run_blocking(Task<T> task) {
  boost::asio::io_context context(1);
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
