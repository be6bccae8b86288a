#include "src/deployment_parts.h"

#include "base/encoding.h"

namespace freehold::resources {
namespace {

std::string text_of(const DeploymentKey& key) {
  return to_string(key.tenant) + to_lower(key.scope) + "\n" + to_lower(key.name);
}

}  // namespace

std::optional<ActiveDeployments::Place> ActiveDeployments::begin(const DeploymentKey& key) {
  const std::lock_guard lock(mutex_);
  auto [at, added] = active_.try_emplace(text_of(key), nullptr);
  if (!added) return std::nullopt;
  at->second = std::make_shared<std::atomic<bool>>(false);
  return Place(*this, at->first, at->second);
}

bool ActiveDeployments::is_active(const DeploymentKey& key) const {
  const std::lock_guard lock(mutex_);
  return active_.contains(text_of(key));
}

bool ActiveDeployments::cancel(const DeploymentKey& key) {
  const std::lock_guard lock(mutex_);
  const auto at = active_.find(text_of(key));
  if (at == active_.end()) return false;
  *at->second = true;
  return true;
}

void ActiveDeployments::end(const std::string& key) {
  const std::lock_guard lock(mutex_);
  active_.erase(key);
}

}  // namespace freehold::resources
