// Any Authorization header on a fixed request: refused with one of two codes, never accepted, and with the same words
// whatever the header holds, so that nothing of it comes back.
#include <cstdint>
#include <set>
#include <string>

#include "authn/authenticate.h"
#include "authn/testing/test_account.h"
#include "base/check.h"
#include "route/testing/make_request.h"

using namespace freehold;

namespace {

gate::ApiError refusal_of(std::string header) {
  static const auto account = gate::testing::make_account("acct1", "a key nobody can guess", "nor this one");
  auto request =
      gate::testing::make_request(http::Method::kGet, "https://acct1.blob.test/c/b",
                                  {{"x-ms-date", http_date(WallTime{})}, {"authorization", std::move(header)}});
  gate::Target target{.account = "acct1"};
  auto result = gate::authenticate(request, target, *account, WallTime{});
  FH_CHECK(!result);
  return result.error();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const std::set<std::string> kDetails = {refusal_of("SharedKey acct1:AAAA").fields.at(0).second,
                                                 refusal_of("SharedKeyLite acct1:AAAA").fields.at(0).second,
                                                 refusal_of("Bearer AAAA").fields.at(0).second};
  auto error = refusal_of(std::string(reinterpret_cast<const char*>(data), size));
  FH_CHECK(error.code == "AuthenticationFailed" || error.code == "InvalidAuthenticationInfo");
  for (const auto& [name, value] : error.fields) FH_CHECK(kDetails.contains(value));
  return 0;
}
