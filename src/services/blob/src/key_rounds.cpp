#include "src/key_rounds.h"

#include <utility>

namespace freehold::blob {
namespace {

// A key that isn't used any more is out of memory at most so long after its lease.
constexpr std::chrono::milliseconds kRound{250};
constexpr int kRoundsToRotations = 240;  // a minute

}  // namespace

Task<> KeyRounds::run(boost::asio::io_context& loop) {
  for (int round = 0; co_await scope_.sleep(kRound); ++round) {
    accounts_.tidy_keys();
    begin(loop, round % kRoundsToRotations == 0);
  }
}

// A tenant whose last round isn't over has its next one later.
void KeyRounds::begin(boost::asio::io_context& loop, bool rotations) {
  std::vector<std::pair<TenantId, bool>> idle;
  {
    const std::lock_guard lock(mutex_);
    for (const auto& tenant : accounts_.tenants_to_look_after(rotations)) lanes_[tenant].rotations |= rotations;
    for (auto& [tenant, lane] : lanes_) {
      if (!std::exchange(lane.busy, true)) idle.emplace_back(tenant, std::exchange(lane.rotations, false));
    }
  }
  for (const auto& [tenant, looks] : idle) scope_.spawn(loop, look_after(tenant, looks));
}

Task<> KeyRounds::look_after(TenantId tenant, bool rotations) {
  co_await accounts_.look_after_keys(tenant, rotations);
  const std::lock_guard lock(mutex_);
  const auto lane = lanes_.find(tenant);
  lane->second.busy = false;
  if (!lane->second.rotations) lanes_.erase(lane);
}

}  // namespace freehold::blob
