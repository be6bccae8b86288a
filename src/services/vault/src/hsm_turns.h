// PoolTurns: for each pool one coroutine at a time, whatever goes on in others. Keeps: K1.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <utility>

#include "runtime/turn.h"
#include "src/vault.h"

namespace freehold::vault {

// Thread-safe; outlives its guards.
class PoolTurns {
 public:
  struct Guard {
    std::shared_ptr<runtime::Turn> turn;
    runtime::Turn::Guard held;  // passes the turn on before it goes
  };
  // kExhausted when too many wait for that pool's.
  [[nodiscard]] runtime::Task<Result<Guard>> take(VaultId pool) {
    auto turn = turn_of(pool);
    FH_CO_TRY(auto held, co_await turn->take());
    co_return Guard{.turn = std::move(turn), .held = std::move(held)};
  }

 private:
  // Those that nobody has are dropped on the way.
  [[nodiscard]] std::shared_ptr<runtime::Turn> turn_of(VaultId pool) {
    const std::lock_guard lock(mutex_);
    std::erase_if(turns_, [](const auto& each) { return each.second.expired(); });
    auto turn = turns_[pool].lock();
    if (!turn) {
      turn = std::make_shared<runtime::Turn>();
      turns_[pool] = turn;
    }
    return turn;
  }

  std::mutex mutex_;
  std::map<VaultId, std::weak_ptr<runtime::Turn>> turns_;
};

}  // namespace freehold::vault
