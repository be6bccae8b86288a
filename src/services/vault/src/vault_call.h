// One request to a vault, read as far as every operation needs it; and how answers are written.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "crypto/token_keys.h"
#include "keys/sealed_rows.h"
#include "pipeline/service_gate.h"
#include "runtime/pool.h"
#include "src/item_store.h"
#include "src/json_input.h"
#include "src/key_cache.h"
#include "src/throttle.h"
#include "src/vault_errors.h"

namespace freehold::vault {

using gate::ApiResult;
using gate::Reply;

class ObjectPolicies;
class ReleaseSigner;
struct AttestationIssuer;

// What keys are released by.
struct ReleaseParts {
  const std::vector<AttestationIssuer>& issuers;
  ReleaseSigner& signer;
};

// What operations work with. All of it outlives them.
struct VaultParts {
  VaultStore& vaults;
  ItemStore& items;
  keys::RowKeySource& row_keys;
  Random& random;
  runtime::Pool& crypto;  // for uses of keys, which would hold a loop up
  runtime::Pool& making;  // for what takes seconds: keys that are made or brought. Uses never stand behind it.
  KeyCache& keys;
  Throttle& throttle;
  crypto::TokenKeys* tokens = nullptr;       // of premium vaults' keys; null: there is no token
  const ReleaseParts* release = nullptr;     // null: nothing is released
  const ObjectPolicies* policies = nullptr;  // null: no policy is asked
};

// Lives while the operation runs, in the gate's frame.
struct VaultCall {
  VaultPtr vault;
  const http::Request& request;
  std::vector<std::string> segments;  // of the path, as sent; an empty last one is dropped
  Json body = Json::object();
  WallTime now;
  std::string origin;  // "https://v1.vault.D:8443"
  AuditRow audit;      // of the operation's own commit

  [[nodiscard]] std::string_view segment(std::size_t index) const {
    return index < segments.size() ? std::string_view(segments[index]) : std::string_view();
  }
  [[nodiscard]] std::int64_t seconds() const { return unix_seconds(now); }
};

using VaultHandler = gate::Task<Reply> (*)(VaultParts& parts, VaultCall& call);

// Data of a route; paths may differ in an empty segment for a version, which SDKs send.
struct VaultRow {
  std::string_view name;  // "GetSecret": as Azure names the operation
  http::Method method;
  std::vector<std::string_view> paths;
  std::string_view action;
  VaultHandler handler;  // null: not implemented
  gate::AuditClass audit = gate::AuditClass::kRead;
  gate::DataClass data = gate::DataClass::kCustomerContent;
  bool slash_at_end = false;
};

// Objects and their lists are named with a slash at the end too: SDKs put it where a version is left out.
[[nodiscard]] inline VaultRow with_slash(VaultRow row) {
  row.slash_at_end = true;
  return row;
}

// The rows of each kind of object.
[[nodiscard]] std::span<const VaultRow> secret_rows();
[[nodiscard]] std::span<const VaultRow> key_rows();
[[nodiscard]] std::span<const VaultRow> certificate_rows();

[[nodiscard]] http::Response json_answer(const Json& json);
// Of what has a secret in it: its texts are overwritten once they are in the answer.
[[nodiscard]] http::Response secret_answer(Json json);
// Overwrites every text in it.
void wipe_texts(Json& json);
[[nodiscard]] http::Response empty_answer();  // 204

// A Result as the API says it.
template <class T>
[[nodiscard]] ApiResult<T> said(Result<T> result) {
  if (!result) return vault_errors::of(result.error());
  if constexpr (std::is_void_v<T>) {
    return {};
  } else {
    return std::move(*result);
  }
}

}  // namespace freehold::vault
