// Types of parameters, outputs and users' functions.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "expression/budget.h"
#include "expression/json.h"

namespace freehold::gate::expression {

// "SecureString" of "securestring": how answers spell it; empty: no such type.
[[nodiscard]] std::string_view shown_type(std::string_view type);

// A definition with its "$ref" followed: "#/definitions/name" of the document. What stands beside the $ref goes first.
class Definition {
 public:
  static Result<Definition> find(const Json& document, const Json& definition, Budget& budget);
  [[nodiscard]] const Json& operator*() const { return in_place_ != nullptr ? *in_place_ : merged_; }

 private:
  const Json* in_place_ = nullptr;
  Json merged_ = nullptr;
};

// Is it a secure type, or one that has such a type somewhere in it?
[[nodiscard]] Result<bool> holds_secrets(const Json& document, const Json& definition, Budget& budget);

struct Typed {
  std::string_view what;  // "parameter", "output"
  std::string_view name;
};
// Is the value of the definition's type, and does it keep what the definition demands? The error doesn't hold it where
// it is secure.
[[nodiscard]] Result<void> check_type(const Json& document, const Json& definition, const Json& value, Typed typed,
                                      Budget& budget);

}  // namespace freehold::gate::expression
