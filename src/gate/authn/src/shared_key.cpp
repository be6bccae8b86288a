#include "shared_key.h"

#include <algorithm>
#include <chrono>

#include "authn_errors.h"
#include "base/encoding.h"
#include "base/limits.h"
#include "crypto/digest.h"
#include "shared_key_string.h"

namespace freehold::gate {
namespace {

using namespace authn_errors;
using SharedKey = std::pair<std::string_view, std::string_view>;  // account, signature

constexpr std::chrono::minutes kSkew{15};

// "account:signature" of a SharedKey header.
std::optional<SharedKey> split(std::string_view credentials) {
  auto colon = credentials.find(':');
  if (colon == std::string_view::npos || colon == 0 || colon + 1 == credentials.size()) return std::nullopt;
  return SharedKey(credentials.substr(0, colon), credentials.substr(colon + 1));
}

ApiResult<> check_date(const http::Request& request, WallTime now) {
  std::string_view name = request.headers.has("x-ms-date") ? "x-ms-date" : "date";
  if (!request.headers.has(name)) return authentication_failed("Request date header not specified.");
  auto text = request.headers.get(name);
  auto date = parse_http_date(text);
  if (!date) return authentication_failed("The Date header in the request is incorrect.");
  if (*date < now - kSkew) return authentication_failed("Request date header too old: '" + http_date(*date) + "'");
  if (*date > now + kSkew) {
    return authentication_failed("Request date header too far in the future: '" + http_date(*date) + "'");
  }
  return {};
}

// The two schemes differ in what they sign.
struct Scheme {
  std::string_view name;
  std::vector<std::string> (*strings)(const http::Request&, std::string_view account);
  std::string (*shown)(const http::Request&, std::string_view account);
};
constexpr Scheme kSchemes[] = {{"SharedKey", shared_key_strings, shown_shared_key_string},
                               {"SharedKeyLite", shared_key_lite_strings, shown_shared_key_lite_string}};

ApiResult<Principal> by_shared_key(const Scheme& scheme, SharedKey given, const http::Request& request,
                                   const StorageAccount& account, WallTime now) {
  FH_CHECK_OK(check_date(request, now));
  if (count_storage_headers(request) > limits::kSignedHeaders) {
    return authentication_failed("The request has more x-ms- headers than a signature may cover.");
  }
  const auto strings = scheme.strings(request, account.name);
  auto key = signing_key(account, strings, given.second);
  if (!key || given.first != account.name) {
    return authentication_failed(
        "The MAC signature found in the HTTP request is not the same as any computed signature. Server used following "
        "string to sign: '" +
        scheme.shown(request, account.name) + "'.");
  }
  return Principal{.credential = kSharedKey,
                   .tenant = account.tenant,
                   .pseudonym_source = "key" + std::to_string(*key) + " of " + to_string(account.id)};
}

}  // namespace

std::optional<int> signing_key(const StorageAccount& account, std::span<const std::string> strings,
                               std::string_view signature) {
  auto given = from_base64(signature).value_or("");
  std::array<unsigned, 2> made{};
  for (std::size_t i = 0; i < account.keys.size(); ++i) {
    for (const auto& text : strings) {
      auto computed = crypto::hmac_sha256(account.keys[i].view(), text);
      unsigned equal = constant_time_equal(crypto::view(computed), given);
      unsigned usable = !account.keys[i].empty();  // an account without a second key has none to guess
      made[i] |= equal & usable;
    }
  }
  if (made[0] != 0) return 1;
  return made[1] != 0 ? std::optional(2) : std::nullopt;
}

ApiResult<Principal> by_authorization(const http::Request& request, const StorageAccount& account, WallTime now) {
  auto is_authorization = [](const auto& field) { return field.first == "authorization"; };
  if (std::ranges::count_if(request.headers.fields(), is_authorization) != 1) return malformed_credential();
  auto header = request.headers.get("authorization");
  auto space = header.find(' ');
  auto scheme = header.substr(0, space);
  auto credentials = space == std::string_view::npos ? "" : header.substr(space + 1);
  for (const auto& known : kSchemes) {
    if (scheme != known.name) continue;
    auto given = split(credentials);
    return given ? by_shared_key(known, *given, request, account, now) : malformed_credential();
  }
  if (equals_ignoring_case(scheme, "Bearer")) return bearer_refused();
  return malformed_credential();
}

}  // namespace freehold::gate
