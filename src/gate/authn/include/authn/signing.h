// Making what authenticate() checks: for clients of our own and for tests. Sources as in authenticate.h.
#pragma once

#include <string>
#include <string_view>

#include "authn/authenticate.h"
#include "base/bytes.h"
#include "http/message.h"

namespace freehold::gate {

// The value of the Authorization header for a request that has all its other headers. The path is signed as sent, so
// that path style ("/acct/container") gives "/acct/acct/container".
[[nodiscard]] std::string shared_key_authorization(const http::Request& request, std::string_view account,
                                                   BytesView key);
[[nodiscard]] std::string shared_key_string_to_sign(const http::Request& request, std::string_view account,
                                                    std::string_view canonical_path);
// The same for SharedKeyLite.
[[nodiscard]] std::string shared_key_lite_authorization(const http::Request& request, std::string_view account,
                                                        BytesView key);

// The fields of an account SAS, each as it stands in the query, decoded; empty means absent.
struct AccountSasFields {
  std::string version = "2021-06-08";  // sv
  std::string services = "b";          // ss
  std::string resource_types = "sco";  // srt
  std::string permissions = {};        // sp
  std::string start = {};              // st
  std::string expiry = {};             // se
  std::string ip_range = {};           // sip
  std::string protocol = {};           // spr
  std::string encryption_scope = {};   // ses, signed since 2020-12-06
};
[[nodiscard]] std::string account_sas_string_to_sign(const AccountSasFields& fields, std::string_view account);
// The query string (without '?') with its signature, ready to be sent.
[[nodiscard]] std::string account_sas_query(const AccountSasFields& fields, std::string_view account, BytesView key);

// The fields of a service SAS, and those that a user delegation SAS shares with it.
struct ResourceSasFields {
  std::string version = "2021-06-08";  // sv
  std::string resource = "b";          // sr: c, b, bs, bv, d
  std::string permissions = {};        // sp
  std::string start = {};              // st
  std::string expiry = {};             // se
  std::string identifier = {};         // si; not of a user delegation SAS
  std::string ip_range = {};           // sip
  std::string protocol = {};           // spr
  std::string snapshot = {};           // the snapshot or version that bs or bv is about; a parameter of the request
  std::string encryption_scope = {};   // ses
  std::string directory_depth = {};    // sdd
  ResponseOverrides overrides = {};    // rscc, rscd, rsce, rscl, rsct
};

// What a user delegation SAS adds, each as it stands in the query.
struct DelegationSasFields {
  std::string key_object = {};           // skoid
  std::string key_tenant = {};           // sktid
  std::string key_start = {};            // skt
  std::string key_expiry = {};           // ske
  std::string key_service = {};          // sks
  std::string key_version = {};          // skv
  std::string key_delegated_user = {};   // skdutid
  std::string authorized_object = {};    // saoid
  std::string unauthorized_object = {};  // suoid
  std::string correlation = {};          // scid
  std::string delegated_user = {};       // sduoid
  std::string header_names = {};         // srh
  std::string parameter_names = {};      // srq
  // What the request must carry: "name:value\n" for each header, "\nname:value" for each parameter. Signed, not sent.
  std::string headers = {};
  std::string parameters = {};
};

// `resource` is "/blob/ACCOUNT/CONTAINER" with, for all but sr=c, "/" and the name of the blob or directory.
[[nodiscard]] std::string service_sas_string_to_sign(const ResourceSasFields& fields, std::string_view resource);
[[nodiscard]] std::string service_sas_query(const ResourceSasFields& fields, std::string_view resource, BytesView key);
[[nodiscard]] std::string delegation_sas_string_to_sign(const ResourceSasFields& fields,
                                                        const DelegationSasFields& delegation,
                                                        std::string_view resource);
[[nodiscard]] std::string delegation_sas_query(const ResourceSasFields& fields, const DelegationSasFields& delegation,
                                               std::string_view resource, BytesView key);

}  // namespace freehold::gate
