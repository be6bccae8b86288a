// What the operations on a container share: finding its row, its conditions, and the end of a commit to it.
#pragma once

#include "src/container_row.h"
#include "src/operation.h"
#include "src/row_keys.h"

namespace freehold::blob {

// The container's row as it is stored: 400, 404 ContainerNotFound.
[[nodiscard]] Task<ApiResult<StoredContainer>> read_container(BlobParts& parts, AccountRef account, std::string name);

// Containers know dates only; Azure refuses tags on them.
[[nodiscard]] ApiResult<Conditions> container_conditions(const http::Headers& headers);

// A container's lease guards its deletion alone; other requests may name it, and then it has to be there (412), at
// hybrid time `now`.
[[nodiscard]] ApiResult<> check_named_lease(const ContainerRow& row, const std::optional<Bytes>& lease_id,
                                            std::uint64_t now);

// 503 if it isn't known whether the commit happened.
[[nodiscard]] ApiResult<> certain(const Committed& done);

// x-ms-blob-public-access: 400 for what is none, 409 PublicAccessNotPermitted if the account keeps its containers
// private.
[[nodiscard]] ApiResult<gate::PublicAccess> parse_public_access(const http::Headers& headers,
                                                                const gate::StorageAccount& account);

// 400 for a scope that isn't there, 403 for one that is disabled.
[[nodiscard]] ApiResult<> check_scope_policy(const BlobParts& parts, AccountRef account, const ScopePolicy& policy);

template <class Operation>
[[nodiscard]] store::KeyValue audit_in_account(const Permit<Operation>& permit, int status) {
  return permit.audit_row(row_keys::account_partition(permit.tenant(), permit.account().id), status);
}

}  // namespace freehold::blob
