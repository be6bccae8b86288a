#include "src/deployment_parts.h"

#include "base/encoding.h"

namespace freehold::resources {
namespace {

std::string text_of(const DeploymentKey& key) {
  return to_string(key.tenant) + to_lower(key.scope) + "\n" + to_lower(key.name);
}

}  // namespace

std::expected<ActiveDeployments::Place, ActiveDeployments::Refusal> ActiveDeployments::begin(const DeploymentKey& key,
                                                                                             std::size_t bytes,
                                                                                             bool nested) {
  const std::lock_guard lock(mutex_);
  const auto tenant = to_string(key.tenant);
  std::size_t counted = 0;
  std::size_t held = bytes;
  for (auto at = active_.lower_bound(tenant); at != active_.end() && at->first.starts_with(tenant); ++at) {
    if (!at->second.nested) ++counted;
    held += at->second.bytes;
  }
  if (active_.contains(text_of(key))) return std::unexpected(Refusal::kNameRuns);
  if (!nested && (counted >= kActiveDeployments || held > kActiveBytes)) return std::unexpected(Refusal::kTooMany);
  const auto at =
      active_.emplace(text_of(key), Active{std::make_shared<std::atomic<bool>>(false), bytes, nested}).first;
  return Place(*this, at->first, at->second.cancelled);
}

bool ActiveDeployments::is_active(const DeploymentKey& key) const {
  const std::lock_guard lock(mutex_);
  return active_.contains(text_of(key));
}

bool ActiveDeployments::cancel(const DeploymentKey& key) {
  const std::lock_guard lock(mutex_);
  const auto at = active_.find(text_of(key));
  if (at == active_.end()) return false;
  *at->second.cancelled = true;
  return true;
}

bool ActiveDeployments::cancel_all(TenantId tenant, std::string_view scope) {
  const std::lock_guard lock(mutex_);
  const auto front = text_of({.tenant = tenant, .scope = std::string(scope), .name = {}});
  bool any = false;
  for (auto at = active_.lower_bound(front); at != active_.end() && at->first.starts_with(front); ++at) {
    *at->second.cancelled = true;
    any = true;
  }
  return any;
}

void ActiveDeployments::end(const std::string& key) {
  const std::lock_guard lock(mutex_);
  active_.erase(key);
}

}  // namespace freehold::resources
