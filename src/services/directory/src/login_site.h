// LoginSite: the names under which the directory is found: hosts, issuers, the URLs in its documents.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/ids.h"
#include "http/message.h"

namespace freehold::directory {

// Which of the two shapes of sign-in a request speaks (CLIENTS.md "Sign-in").
enum class Style { kAdfs, kEntraV1, kEntraV2 };

// Ports are the caller's own, so that documents and issuers hold behind a forwarded port: nothing is decided by them.
class LoginSite {
 public:
  explicit LoginSite(const std::string& domain) : host_("login." + domain) {}
  [[nodiscard]] const std::string& host() const { return host_; }
  // ":8443" of the request's Host header, or empty.
  [[nodiscard]] static std::string port_of(const http::Request& request);
  // "https://login.D:8443"
  [[nodiscard]] std::string origin(std::string_view port) const;

  // AD FS has one issuer for all tenants; `tenant` is that of the path otherwise, or "{tenantid}".
  [[nodiscard]] std::string issuer(Style style, std::string_view tenant, std::string_view port) const;
  // Is it one of issuer()'s for this tenant, whatever the port?
  [[nodiscard]] bool is_issuer(std::string_view issuer, TenantId tenant) const;

 private:
  std::string host_;
};

}  // namespace freehold::directory
