// LoginGate: what the directory puts at the gate for sign-in: its host, how errors look, and its rows.
#pragma once

#include "directory/directory_store.h"
#include "pipeline/service_gate.h"
#include "src/login_site.h"

namespace freehold::directory {

// The field of an error that is a whole page for people, with its headers among the error's.
inline constexpr std::string_view kPageField = "page";

// Claims login.D over TLS only: secrets are sent there. Borrows the site and the store.
class LoginGate final : public gate::ServiceGate {
 public:
  LoginGate(const LoginSite& site, const DirectoryStore& store) : site_(site), store_(store) {}
  [[nodiscard]] bool claims(const http::Request& request, gate::Target& target) const override;
  [[nodiscard]] gate::ApiResult<int> check_version(const http::Request& request) const override;
  [[nodiscard]] http::Response render(const gate::ApiError& error, const http::Request& request) const override;
  [[nodiscard]] gate::ApiError no_such_route(const http::Request& request, gate::Scope scope) const override;
  void finish(http::Response& response, const http::Request& request, const gate::Admission& admission) const override;

 private:
  const LoginSite& site_;
  const DirectoryStore& store_;
};

// The first segment of a path as it is sent.
[[nodiscard]] std::string_view first_segment(const http::Request& request);

}  // namespace freehold::directory
