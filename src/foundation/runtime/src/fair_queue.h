// FairQueue: keys take turns; within one it is first come, first served.
#pragma once

#include <cstddef>
#include <deque>
#include <unordered_map>
#include <utility>

#include "runtime/pool.h"

namespace freehold::runtime {

// Not thread-safe. Each key that has something stands once in `turns_`.
template <class T>
class FairQueue {
 public:
  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] std::size_t size(FairKey key) const {
    const auto at = queues_.find(key);
    return at == queues_.end() ? 0 : at->second.size();
  }

  void push(FairKey key, T item) {
    auto& queue = queues_[key];
    if (queue.empty()) turns_.push_back(key);
    queue.push_back(std::move(item));
    ++size_;
  }

  // There is one.
  [[nodiscard]] T pop() {
    const FairKey key = turns_.front();
    turns_.pop_front();
    const auto at = queues_.find(key);
    T item = std::move(at->second.front());
    at->second.pop_front();
    --size_;
    if (at->second.empty()) {
      queues_.erase(at);
    } else {
      turns_.push_back(key);
    }
    return item;
  }

 private:
  std::unordered_map<FairKey, std::deque<T>> queues_;
  std::deque<FairKey> turns_;
  std::size_t size_ = 0;
};

}  // namespace freehold::runtime
