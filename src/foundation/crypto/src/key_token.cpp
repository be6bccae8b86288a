#include "src/key_token.h"

#include <algorithm>

namespace freehold::crypto {

Result<std::unique_ptr<KeyToken>> KeyToken::open(std::shared_ptr<Pkcs11Module> module, std::string label, Secret pin) {
  std::unique_ptr<KeyToken> token(new KeyToken(std::move(module), std::move(label), std::move(pin)));
  FH_TRY([[maybe_unused]] const CK_SLOT_ID slot, token->slot_.find());
  FH_TRY(auto session, token->take());
  token->give_back(std::move(session));
  return token;
}

Result<std::unique_ptr<KeyToken>> KeyToken::create(std::shared_ptr<Pkcs11Module> module, std::string label, Secret pin,
                                                   const Secret& given) {
  std::unique_ptr<KeyToken> token(new KeyToken(std::move(module), std::move(label), std::move(pin)));
  auto there = token->slot_.find();
  if (!there && there.error().code != ErrorCode::kNotFound) return pass_on(there);
  if (!there) {
    FH_CHECK_OK(token->slot_.initialise());
  }
  FH_CHECK_OK(token->make_keys(given));
  FH_TRY(auto session, token->take());
  token->give_back(std::move(session));
  return token;
}

Result<> KeyToken::make_keys(const Secret& given) {
  FH_TRY(const CK_SESSION_HANDLE session, slot_.log_in(CKF_RW_SESSION));
  auto made = make_wrapping_keys(*module_, session, given);
  (*module_)->C_CloseSession(session);
  return made;
}

Result<std::unique_ptr<KeySession>> KeyToken::take() {
  std::unique_ptr<KeySession> session;
  {
    const std::lock_guard lock(mutex_);
    if (!idle_.empty()) {
      session = std::move(idle_.back());
      idle_.pop_back();
    }
  }
  if (session == nullptr) {
    if (refusals_.load() >= kRefusals) {
      return fail(ErrorCode::kUnavailable,
                  "the HSM token refused its PIN, and isn't asked again before the next start");
    }
    auto opened = KeySession::open(*module_, slot_);
    if (!opened) {
      const bool refused = opened.error().code == ErrorCode::kDenied && opened.error().detail.starts_with("C_Login");
      if (refused) ++refusals_;
      return opened;
    }
    refusals_ = 0;
    session = std::move(*opened);
    session->swept = forgets_.load();
    return session;
  }
  sweep(*session);
  return session;
}

void KeyToken::give_back(std::unique_ptr<KeySession> session) {
  sweep(*session);
  const std::lock_guard lock(mutex_);
  idle_.push_back(std::move(session));
}

void KeyToken::forget(Bytes owner) {
  const std::lock_guard lock(mutex_);
  forgotten_.push_back(std::move(owner));
  if (forgotten_.size() > kRemembered) forgotten_.pop_front();
  ++forgets_;
}

void KeyToken::sweep(KeySession& session) {
  std::vector<Bytes> owners;
  bool all = false;
  {
    const std::lock_guard lock(mutex_);
    const std::uint64_t now = forgets_.load();
    const std::uint64_t missed = now - session.swept;
    all = missed > forgotten_.size();
    if (!all) owners.assign(forgotten_.end() - static_cast<std::ptrdiff_t>(missed), forgotten_.end());
    session.swept = now;
  }
  if (all) session.forget_all();
  for (const auto& owner : owners) session.forget(owner);
}

// One at a time, so that no more sessions are open than there are threads.
void KeyToken::sweep_idle() {
  while (true) {
    std::unique_ptr<KeySession> stale;
    {
      const std::lock_guard lock(mutex_);
      const auto at = std::ranges::find_if(idle_, [&](const auto& each) { return each->swept != forgets_.load(); });
      if (at == idle_.end()) return;
      stale = std::move(*at);
      idle_.erase(at);
    }
    give_back(std::move(stale));
  }
}

}  // namespace freehold::crypto
