// Any Authorization header on a fixed request: refused with one of three codes and no echo of the header, never accepted.
#include <cstdint>
#include <string>

#include "authn/authenticate.h"
#include "authn/testing/test_account.h"
#include "base/check.h"
#include "route/testing/make_request.h"

using namespace freehold;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const auto account = gate::testing::make_account("acct1", "a key nobody can guess", "nor this one");
  std::string header(reinterpret_cast<const char*>(data), size);
  auto request = gate::testing::make_request(http::Method::kGet, "https://acct1.blob.test/c/b",
                                             {{"x-ms-date", http_date(WallTime{})}, {"authorization", header}});
  gate::Target target{.account = "acct1", .container = {}, .blob = {}};
  auto result = gate::authenticate(request, target, *account, WallTime{});
  FH_CHECK(!result);
  FH_CHECK(result.error().code == "AuthenticationFailed" || result.error().code == "InvalidAuthenticationInfo");
  for (const auto& [name, value] : result.error().fields) {
    FH_CHECK(is_valid_utf8(value));
    FH_CHECK(header.size() < 32 || value.find(header) == std::string::npos);
  }
  return 0;
}
