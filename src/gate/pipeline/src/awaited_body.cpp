#include "awaited_body.h"

#include <utility>

#include "base/check.h"
#include "gate_errors.h"

namespace freehold::gate {

bool BodyRoom::take(TenantId tenant, std::size_t bytes) {
  const std::lock_guard lock(mutex_);
  const auto at = by_tenant_.find(tenant);
  const std::size_t mine = at == by_tenant_.end() ? 0 : at->second;
  if (bytes > kAll - held_ || bytes > kTenant - mine) return false;
  held_ += bytes;
  by_tenant_[tenant] += bytes;
  return true;
}

void BodyRoom::give_back(TenantId tenant, std::size_t bytes) {
  if (bytes == 0) return;
  const std::lock_guard lock(mutex_);
  const auto at = by_tenant_.find(tenant);
  FH_CHECK(at != by_tenant_.end() && at->second >= bytes && held_ >= bytes);
  held_ -= bytes;
  at->second -= bytes;
  if (at->second == 0) by_tenant_.erase(at);
}

AwaitedBody::AwaitedBody(http::Request& request, BodyRoom& room, TenantId tenant, AskAgain ask_again)
    : request_(request), inner_(*request.body), room_(room), tenant_(tenant), ask_again_(std::move(ask_again)) {
  request_.body = this;
}

AwaitedBody::~AwaitedBody() {
  request_.body = &inner_;
  room_.give_back(tenant_, held_);
}

std::unexpected<Error> AwaitedBody::refuse(ApiError error) {
  refusal_ = std::move(error);
  return fail(ErrorCode::kDenied, "the request was refused while its body came");
}

http::Task<Result<std::size_t>> AwaitedBody::read_some(std::span<char> out) {
  if (refusal_) co_return fail(ErrorCode::kDenied, "the request was refused while its body came");
  FH_CO_TRY(const std::size_t got, co_await inner_.read_some(out));
  if (!room_.take(tenant_, got)) co_return refuse(gate_errors::server_busy("the tenant's bodies take too much room"));
  held_ += got;
  const bool at_end = inner_.length() == 0 || (got == 0 && !out.empty());
  if (!at_end || std::exchange(asked_, true)) co_return got;
  if (auto still = ask_again_(); !still) co_return refuse(std::move(still.error()));
  co_return got;
}

}  // namespace freehold::gate
