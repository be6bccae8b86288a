#include "src/container_changes.h"

#include "base/encoding.h"
#include "src/encryption_scopes.h"
#include "src/lease_rules.h"
#include "src/name_rules.h"

namespace freehold::blob {

Task<ApiResult<StoredContainer>> read_container(BlobParts& parts, AccountRef account, std::string name) {
  FH_CO_CHECK_OK(check_container_name(name));
  FH_CO_TRY(auto stored, api(co_await parts.containers.read(account, name)));
  if (!stored) co_return refuse(errors::container_not_found());
  co_return std::move(*stored);
}

ApiResult<Conditions> container_conditions(const http::Headers& headers) {
  for (const std::string_view name : {"if-match", "if-none-match", "x-ms-if-tags"}) {
    if (headers.has(name)) return refuse(errors::unsupported_header(name));
  }
  return parse_conditions(headers);
}

ApiResult<> check_named_lease(const ContainerRow& row, const std::optional<Bytes>& lease_id, std::uint64_t now) {
  return check_lease_for_read(row.lease, lease_id, store::HybridClock::wall_time(now), Leased::kContainer);
}

ApiResult<> check_scope_policy(const BlobParts& parts, AccountRef account, const ScopePolicy& policy) {
  if (policy.name.empty()) return {};
  const auto scope = parts.accounts.scopes().find(account.account, policy.name);
  if (scope == nullptr) return refuse(errors::scope_not_found(policy.name));
  return scope->enabled ? ApiResult<>() : refuse(errors::scope_disabled(policy.name));
}

ApiResult<> certain(const Committed& done) {
  if (done.unknown) return refuse(errors::busy("the outcome of a commit is not known yet"));
  return {};
}

ApiResult<gate::PublicAccess> parse_public_access(const http::Headers& headers, const gate::StorageAccount& account) {
  constexpr std::string_view kName = "x-ms-blob-public-access";
  if (!headers.has(kName)) return gate::PublicAccess::kNone;
  const auto value = headers.get(kName);
  const bool whole = equals_ignoring_case(value, "container");
  if (!whole && !equals_ignoring_case(value, "blob")) return refuse(errors::invalid_header(kName, value));
  if (!account.allow_public_access) return refuse(errors::public_access_not_permitted());
  return whole ? gate::PublicAccess::kContainer : gate::PublicAccess::kBlob;
}

}  // namespace freehold::blob
