#include "authn/signing.h"

#include <utility>

#include "base/encoding.h"
#include "crypto/digest.h"
#include "shared_key_string.h"

namespace freehold::gate {
namespace {

// The version from which the encryption scope has a line of its own.
constexpr std::string_view kScopeSince = "2020-12-06";

std::string sign(BytesView key, std::string_view text) {
  auto mac = crypto::hmac_sha256(key, text);
  return to_base64(crypto::view(mac));
}

}  // namespace

std::string shared_key_string_to_sign(const http::Request& request, std::string_view account,
                                      std::string_view canonical_path) {
  return shared_key_string(request, account, canonical_path, {});
}

std::string shared_key_authorization(const http::Request& request, std::string_view account, BytesView key) {
  auto signature = sign(key, shared_key_string_to_sign(request, account, request.path));
  return std::string("SharedKey ").append(account).append(":").append(signature);
}

std::string account_sas_string_to_sign(const AccountSasFields& f, std::string_view account) {
  std::string out(account);
  out.append("\n");
  for (const auto* field :
       {&f.permissions, &f.services, &f.resource_types, &f.start, &f.expiry, &f.ip_range, &f.protocol, &f.version}) {
    out.append(*field).append("\n");
  }
  if (f.version >= kScopeSince) out.append(f.encryption_scope).append("\n");
  return out;
}

std::string account_sas_query(const AccountSasFields& f, std::string_view account, BytesView key) {
  const std::pair<std::string_view, std::string_view> parameters[] = {
      {"sv", f.version}, {"ss", f.services},  {"srt", f.resource_types}, {"sp", f.permissions},      {"st", f.start},
      {"se", f.expiry},  {"sip", f.ip_range}, {"spr", f.protocol},       {"ses", f.encryption_scope}};
  std::string query;
  for (auto [name, value] : parameters) {
    if (!value.empty()) query.append(name).append("=").append(percent_encode(value)).append("&");
  }
  return query.append("sig=").append(percent_encode(sign(key, account_sas_string_to_sign(f, account))));
}

}  // namespace freehold::gate
