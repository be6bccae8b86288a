// Checking shared access signatures. Which kind a request has is told by its query: `skoid` is a user delegation SAS,
// `sr` or `si` a service SAS, anything else an account SAS.
#pragma once

#include "authn/account.h"
#include "authn/authenticate.h"

namespace freehold::gate {

// Does the query hold any parameter of a shared access signature? Then it must be a whole and right one.
[[nodiscard]] bool has_sas(const http::Request& request);

// What a request with a SAS in its query is checked against.
struct SasCase {
  const http::Request& request;
  const Target& target;
  const StorageAccount& account;
  WallTime now;
  const ContainerAccess* container;  // null: none, or not asked for
};

// The caller of such a request.
[[nodiscard]] ApiResult<Principal> by_sas(const SasCase& c);

// Its kinds, each in a file of its own. They expect that no parameter stands twice.
[[nodiscard]] ApiResult<Principal> by_account_sas(const SasCase& c);     // "Create an account SAS"
[[nodiscard]] ApiResult<Principal> by_service_sas(const SasCase& c);     // "Create a service SAS"
[[nodiscard]] ApiResult<Principal> by_delegation_sas(const SasCase& c);  // "Create a user delegation SAS"

}  // namespace freehold::gate
