// Making what authenticate() checks: for clients of our own and for tests. Sources as in authenticate.h.
#pragma once

#include <string>
#include <string_view>

#include "base/bytes.h"
#include "http/message.h"

namespace freehold::gate {

// The value of the Authorization header for a request that has all its other headers. The path is signed as sent, so
// that path style ("/acct/container") gives "/acct/acct/container".
[[nodiscard]] std::string shared_key_authorization(const http::Request& request, std::string_view account,
                                                   BytesView key);
[[nodiscard]] std::string shared_key_string_to_sign(const http::Request& request, std::string_view account,
                                                    std::string_view canonical_path);

// The fields of an account SAS, each as it stands in the query, decoded; empty means absent.
struct AccountSasFields {
  std::string version = "2021-06-08";  // sv
  std::string services = "b";          // ss
  std::string resource_types = "sco";  // srt
  std::string permissions;             // sp
  std::string start;                   // st
  std::string expiry;                  // se
  std::string ip_range;                // sip
  std::string protocol;                // spr
  std::string encryption_scope;        // ses, signed since 2020-12-06
};
[[nodiscard]] std::string account_sas_string_to_sign(const AccountSasFields& fields, std::string_view account);
// The query string (without '?') with its signature, ready to be sent.
[[nodiscard]] std::string account_sas_query(const AccountSasFields& fields, std::string_view account, BytesView key);

}  // namespace freehold::gate
