// The form that a client posts to a token endpoint, and the client credentials in it.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/secret.h"

namespace freehold::directory {

inline constexpr std::size_t kMaxFormBytes = 64 * 1'024;

// application/x-www-form-urlencoded. Parameters without a value count as absent (RFC 6749 section 3.2); names are
// compared as they are.
class ClientForm {
 public:
  // kInvalidArgument: too long, broken escapes, text that isn't UTF-8, more than 64 parameters, or one that stands
  // twice.
  [[nodiscard]] static Result<ClientForm> parse(std::string_view body);
  [[nodiscard]] std::string_view get(std::string_view name) const;
  [[nodiscard]] bool has(std::string_view name) const { return !get(name).empty(); }

 private:
  std::map<std::string, std::string, std::less<>> values_;
};

struct ClientCredentials {
  std::string id;
  Secret secret;  // empty: none was sent
};
// From the Authorization header (RFC 6749 section 2.3.1: form-encoded inside Basic), or else from the form. nullopt: a
// header that isn't Basic, or credentials in both places.
[[nodiscard]] std::optional<ClientCredentials> client_credentials(std::string_view authorization,
                                                                  const ClientForm& form);

}  // namespace freehold::directory
