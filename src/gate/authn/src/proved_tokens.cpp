#include "authn/proved_tokens.h"

namespace freehold::gate {

std::shared_ptr<const crypto::Jwt> ProvedTokens::find(const crypto::Sha256Digest& digest) const {
  const std::lock_guard lock(mutex_);
  const auto at = tokens_.find(digest);
  return at == tokens_.end() ? nullptr : at->second;
}

void ProvedTokens::keep(const crypto::Sha256Digest& digest, std::shared_ptr<const crypto::Jwt> token) {
  const std::lock_guard lock(mutex_);
  if (!tokens_.emplace(digest, std::move(token)).second) return;
  order_.push_back(digest);
  if (order_.size() <= kTokens) return;
  tokens_.erase(order_.front());
  order_.pop_front();
}

}  // namespace freehold::gate
