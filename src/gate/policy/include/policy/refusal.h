// How the policy language says no: with Azure's error code.
#pragma once

#include <expected>
#include <string>

#include "base/result.h"

namespace freehold::gate::policy {

// code: "InvalidPolicyRule", "InvalidPolicyParameters", "InvalidPolicyAlias", "UndefinedPolicyParameter",
// "MissingPolicyParameter", "PolicyParameterValueNotAllowed", "InvalidPolicyAssignment" ... Both are for the client.
struct Refusal {
  std::string code;
  std::string message;
};

template <class T = void>
using Checked = std::expected<T, Refusal>;

[[nodiscard]] inline std::unexpected<Refusal> refuse(std::string code, std::string message) {
  return std::unexpected(Refusal{std::move(code), std::move(message)});
}

}  // namespace freehold::gate::policy
