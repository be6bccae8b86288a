// Task<T>: the coroutine type of the whole program, Asio's awaitable bound to an io_context.
//
// House rules (STYLE.md): parameters by value; no capturing lambda is a coroutine; no lock, view or request reference
// is held across co_await; no co_await in a catch block; every task that outlives its caller belongs to a TaskScope.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace freehold::runtime {

using Executor = boost::asio::io_context::executor_type;

template <class T = void>
using Task = boost::asio::awaitable<T, Executor>;

// Completion token for Asio operations inside a Task.
inline constexpr boost::asio::use_awaitable_t<Executor> use_task{};

}  // namespace freehold::runtime
