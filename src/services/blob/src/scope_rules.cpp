#include "src/scope_rules.h"

#include "base/encoding.h"
#include "src/encryption_scopes.h"
#include "src/header_rules.h"

namespace freehold::blob {
namespace {

constexpr std::string_view kHeader = "x-ms-encryption-scope";
constexpr std::string_view kDefault = "x-ms-default-encryption-scope";
constexpr std::string_view kDeny = "x-ms-deny-encryption-scope-override";

// Of the account's own key there is nothing to name.
std::string plain(std::string_view name) {
  return equals_ignoring_case(name, kAccountScope) ? std::string() : std::string(name);
}

ApiResult<> check_name(std::string_view header, std::string_view name) {
  if (is_scope_name(name) || equals_ignoring_case(name, kAccountScope)) return {};
  return refuse(errors::invalid_header(header, name));
}

}  // namespace

ApiResult<WantedScope> wanted_scope(const http::Request& request, const ScopePolicy& container, bool customer) {
  const auto& headers = request.headers;
  const bool by_header = headers.has(kHeader);
  const bool by_sas = request.has_parameter("ses");
  WantedScope wanted;
  wanted.named = by_header || by_sas;
  if (!wanted.named && !customer) return WantedScope{container.name, false};
  if (by_header) {
    FH_CHECK_OK(check_name(kHeader, headers.get(kHeader)));
  }
  const auto named = by_header ? std::string(headers.get(kHeader)) : std::string(request.parameter("ses"));
  const bool differ = by_header && by_sas && !equals_ignoring_case(named, request.parameter("ses"));
  if (differ || (wanted.named && customer)) return refuse(errors::invalid_header(kHeader, named));
  wanted.name = plain(named);
  if (container.only && !equals_ignoring_case(wanted.name, container.name)) {
    return refuse(errors::container_scope_forbids());
  }
  return wanted;
}

ApiResult<> check_same_scope(const WantedScope& wanted, std::string_view there) {
  if (!wanted.named || equals_ignoring_case(wanted.name, there)) return {};
  return refuse(errors::customer_key_mismatch());
}

ApiResult<ScopePolicy> parse_scope_policy(const http::Headers& headers) {
  ScopePolicy policy;
  if (!headers.has(kDefault) && !headers.has(kDeny)) return policy;
  FH_TRY(policy.only, parse_flag(headers, kDeny));
  if (!headers.has(kDefault))
    return policy.only ? refuse(errors::missing_header(kDefault)) : ApiResult<ScopePolicy>(policy);
  FH_CHECK_OK(check_name(kDefault, headers.get(kDefault)));
  policy.name = plain(headers.get(kDefault));
  return policy;
}

std::string scope_shown(const ScopePolicy& policy) {
  return policy.name.empty() ? std::string(kAccountScope) : policy.name;
}

void add_scope(http::Response& response, std::string_view name) {
  if (!name.empty()) response.headers.add(std::string(kHeader), std::string(name));
}

}  // namespace freehold::blob
