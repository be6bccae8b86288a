// Under which encryption scope a request's content goes. Pure. "Encryption scopes for Blob storage", "Create a service
// SAS" (ses), "Shared access signature error codes".
#pragma once

#include <string>

#include "http/message.h"
#include "src/blob_errors.h"

namespace freehold::blob {

// What a container says of it.
struct ScopePolicy {
  std::string name;   // empty: the account's own key
  bool only = false;  // no request may say otherwise
  friend bool operator==(const ScopePolicy&, const ScopePolicy&) = default;
};

struct WantedScope {
  std::string name;    // empty: the account's own key
  bool named = false;  // by the request; otherwise what is there already goes on under what it is under
};

// x-ms-encryption-scope or the SAS's ses, or else the container's. `customer`: the request brings a key of its own,
// which goes with no scope. 400 InvalidHeaderValue: the two differ, or no name; 403
// RequestForbiddenByContainerEncryptionPolicy: the container allows no other.
[[nodiscard]] ApiResult<WantedScope> wanted_scope(const http::Request& request, const ScopePolicy& container,
                                                  bool customer);
// Content that joins what is there already: 409 if the request names another scope than that one.
[[nodiscard]] ApiResult<> check_same_scope(const WantedScope& wanted, std::string_view there);

// x-ms-default-encryption-scope and x-ms-deny-encryption-scope-override of Create Container, which go together.
[[nodiscard]] ApiResult<ScopePolicy> parse_scope_policy(const http::Headers& headers);

// As answers name it, the account's own too.
[[nodiscard]] std::string scope_shown(const ScopePolicy& policy);
// x-ms-encryption-scope of answers, where there is one.
void add_scope(http::Response& response, std::string_view name);

}  // namespace freehold::blob
