#include "authn/delegation_key.h"

#include "base/bytes.h"
#include "crypto/digest.h"

namespace freehold::gate {
namespace {

constexpr std::string_view kPurpose = "freehold user delegation key 1";

std::uint64_t seconds_of(WallTime time) {
  return static_cast<std::uint64_t>(std::chrono::floor<std::chrono::seconds>(time).time_since_epoch().count());
}

}  // namespace

Secret delegation_key(const StorageAccount& account, const DelegationKeyFields& fields) {
  if (account.delegation_secret.empty()) return {};
  Bytes what(kPurpose);
  what += account.id.view();
  append_u64(what, account.delegation_epoch);
  what += fields.object.view();
  what += fields.tenant.view();
  append_u64(what, seconds_of(fields.start));
  append_u64(what, seconds_of(fields.expiry));
  append_sized(what, fields.service);
  append_sized(what, fields.version);
  append_u8(what, fields.delegated_user ? 1 : 0);
  if (fields.delegated_user) what += fields.delegated_user->view();
  const auto key = crypto::hmac_sha256(account.delegation_secret.view(), what);
  return Secret(crypto::view(key));
}

}  // namespace freehold::gate
