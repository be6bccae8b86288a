// The operations of sign-in. Each takes the Permit of its own route and nothing else gets it in.
#pragma once

#include "pipeline/service_gate.h"
#include "src/token_endpoint.h"

namespace freehold::directory {

struct IssueToken {
  static constexpr std::string_view kName = "IssueToken";
};
struct BeginSignIn {
  static constexpr std::string_view kName = "BeginSignIn";
};
struct SignIn {
  static constexpr std::string_view kName = "SignIn";
};
struct AuthorizeDevice {
  static constexpr std::string_view kName = "AuthorizeDevice";
};
struct ShowDevicePage {
  static constexpr std::string_view kName = "ShowDevicePage";
};
struct EnterDeviceCode {
  static constexpr std::string_view kName = "EnterDeviceCode";
};
struct SignOut {
  static constexpr std::string_view kName = "SignOut";
};
struct RedeemInvitation {
  static constexpr std::string_view kName = "RedeemInvitation";
};
struct GetOpenIdConfiguration {
  static constexpr std::string_view kName = "GetOpenIdConfiguration";
};
struct GetSigningKeys {
  static constexpr std::string_view kName = "GetSigningKeys";
};
struct DiscoverInstance {
  static constexpr std::string_view kName = "DiscoverInstance";
};

// The rows; the parts outlive the gate.
void add_login_routes(gate::ServiceGate& gate, LoginParts& parts);

}  // namespace freehold::directory
