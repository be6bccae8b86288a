#include "src/service_keys.h"

#include "base/log.h"
#include "crypto/aead.h"

namespace freehold::blob {
namespace {

// The KeyWrapper's form is within: what is around it is bound to the same place, and to its own secret.
Bytes outer_context(BytesView context, keys::ErasureId id) {
  return Bytes("freehold erasable ") + Bytes(id.view()) + Bytes(context);
}

}  // namespace

bool is_withheld(const Error& error, std::string_view whose) {
  if (error.code != ErrorCode::kDenied && error.code != ErrorCode::kCorrupt) return false;
  const std::string_view says = "a storage key can't be had: what is under it can't be read";
  if (error.code == ErrorCode::kDenied) {
    log_warning(std::string(says), {{"of", std::string(whose)}});
  } else {
    log_error(std::string(says), {{"of", std::string(whose)}, {"error", error.message}});
  }
  return true;
}

Task<Result<ServiceWrapped>> ServiceKeys::wrap(TenantId tenant, Secret key, Bytes context) {
  ServiceWrapped out;
  FH_CO_TRY(out.wrapped, co_await wrapper_.wrap(tenant, std::move(key), context));
  if (erasure_ == nullptr) co_return out;
  FH_CO_TRY(const auto erasable, co_await erasure_->make(tenant));
  out.erasure = erasable.id;
  out.wrapped = crypto::seal(erasable.secret, outer_context(context, erasable.id), out.wrapped, random_);
  co_return out;
}

Task<Result<Secret>> ServiceKeys::unwrap(TenantId tenant, ServiceWrapped wrapped, Bytes context) {
  if (wrapped.erasure != keys::ErasureId{}) {
    if (erasure_ == nullptr) co_return fail(ErrorCode::kUnavailable, "there is no erasure tree");
    auto secret = co_await erasure_->find(wrapped.erasure);
    if (!secret && secret.error().code == ErrorCode::kNotFound) {
      co_return fail(ErrorCode::kDenied, "what the key was wrapped under was destroyed");
    }
    if (!secret) co_return pass_on(secret);
    FH_CO_TRY(wrapped.wrapped, crypto::open(*secret, outer_context(context, wrapped.erasure), wrapped.wrapped));
  }
  co_return co_await wrapper_.unwrap(tenant, std::move(wrapped.wrapped), std::move(context));
}

Task<> ServiceKeys::drop(ServiceWrapped unused) {
  if (erasure_ == nullptr || unused.erasure == keys::ErasureId{}) co_return;
  static_cast<void>(co_await erasure_->drop({unused.erasure}));  // some space is lost, nothing else
}

Task<Result<>> ServiceKeys::erase(std::vector<keys::ErasureId> ids) {
  if (ids.empty()) co_return Result<>();
  if (erasure_ == nullptr) co_return fail(ErrorCode::kUnavailable, "there is no erasure tree");
  auto done = co_await erasure_->erase(std::move(ids));
  if (!done) {
    erase_at_ = (clock_.monotonic().time_since_epoch() + kPause).count();
    log_warning("what the service had of a key can't be destroyed yet; it is tried again",
                {{"error", done.error().message}});
  }
  co_return done;
}

bool ServiceKeys::may_erase() const { return clock_.monotonic().time_since_epoch().count() >= erase_at_.load(); }

}  // namespace freehold::blob
