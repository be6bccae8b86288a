#pragma once
#include <algorithm>
#include <array>
#include <atomic>
#include <charconv>
#include <chrono>
#include <condition_variable>
#include <coroutine>
#include <cstdint>
#include <cstring>
#include <deque>
#include <expected>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <random>
#include <ranges>
#include <set>
#include <span>
#include <sstream>
#include <string>
#include <string_view>
#include <thread>
#include <unordered_map>
#include <utility>
#include <variant>
#include <vector>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <nlohmann/json.hpp>

// What half of the files ask of it, instantiated once: a fifth of the time those take to compile.
namespace freehold::precompiled {

inline void use_json() {
  nlohmann::json read = nlohmann::json::parse(std::string_view{"{}"}, nullptr, false);
  nlohmann::json copy = read;
  copy["name"] = copy.value("name", std::string{}) + copy.dump();
  copy["same"] = read == copy;
  for (const auto& [name, value] : copy.items()) read.emplace(name, value.get<std::string>());
}

}  // namespace freehold::precompiled
