// Any query on a fixed path. Without a right signature nobody is let in by SAS; and signed over by ourselves, what the
// query says is either refused for its fields or granted as it stands, to the letter.
#include <cstdint>
#include <string>

#include "authn/authenticate.h"
#include "authn/signing.h"
#include "authn/testing/test_account.h"
#include "base/check.h"
#include "route/testing/make_request.h"

using namespace freehold;

namespace {

constexpr std::string_view kKey = "a key nobody can guess";

gate::ApiResult<gate::Principal> call(const http::Request& request) {
  static const auto account = gate::testing::make_account("acct1", kKey);
  gate::Target target{.account = "acct1", .container = {}, .blob = {}};
  return gate::authenticate(request, target, *account, WallTime(std::chrono::seconds(1'750'000'000)));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  http::Request request;
  request.raw_query.assign(reinterpret_cast<const char*>(data), size);
  request.path = "/c/b";
  auto query = http::parse_query(request.raw_query);
  if (!query) return 0;
  request.query = *query;
  auto unsigned_result = call(request);
  FH_CHECK(!unsigned_result || unsigned_result->credential == gate::kAnonymous);

  auto get = [&](std::string_view name) { return std::string(request.parameter(name)); };
  gate::AccountSasFields sas{.version = get("sv"),
                             .services = get("ss"),
                             .resource_types = get("srt"),
                             .permissions = get("sp"),
                             .start = get("st"),
                             .expiry = get("se"),
                             .ip_range = get("sip"),
                             .protocol = get("spr"),
                             .encryption_scope = get("ses")};
  request.raw_query = gate::account_sas_query(sas, "acct1", kKey);
  request.query = http::parse_query(request.raw_query).value();
  auto result = call(request);
  if (!result) return 0;
  FH_CHECK(result->credential == gate::kAccountSas);
  FH_CHECK(result->sas->permissions == sas.permissions && result->sas->services == sas.services);
  FH_CHECK(result->sas->expiry > WallTime(std::chrono::seconds(1'750'000'000)));
  return 0;
}
