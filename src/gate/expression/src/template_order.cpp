#include <algorithm>

#include "expression/template.h"

namespace freehold::gate::expression {

DeploymentOrder::DeploymentOrder(const std::vector<PlannedResource>& resources)
    : followers_(resources.size()), waiting_for_(resources.size()), deploy_(resources.size()) {
  for (std::size_t i = 0; i < resources.size(); ++i) {
    waiting_for_[i] = resources[i].after.size();
    deploy_[i] = resources[i].deploy;
    for (const auto before : resources[i].after) followers_[before].push_back(i);
  }
  std::vector<std::size_t> free;
  for (std::size_t i = 0; i < resources.size(); ++i) {
    if (waiting_for_[i] == 0) free.push_back(i);
  }
  for (const auto resource : free) release(resource);
}

// In a loop, as what isn't deployed may stand in a long row.
void DeploymentOrder::release(std::size_t resource) {
  std::vector<std::size_t> freed{resource};
  while (!freed.empty()) {
    const auto next = freed.back();
    freed.pop_back();
    if (deploy_[next]) {
      ready_.push_back(next);
      continue;
    }
    for (const auto follower : followers_[next]) {
      if (--waiting_for_[follower] == 0) freed.push_back(follower);
    }
  }
}

std::vector<std::size_t> DeploymentOrder::take_ready() {
  std::vector<std::size_t> taken;
  taken.swap(ready_);
  std::sort(taken.begin(), taken.end());
  running_ += taken.size();
  return taken;
}

void DeploymentOrder::succeeded(std::size_t resource) {
  --running_;
  for (const auto follower : followers_[resource]) {
    if (--waiting_for_[follower] == 0) release(follower);
  }
}

void DeploymentOrder::failed(std::size_t) { --running_; }

}  // namespace freehold::gate::expression
