// Any method, path, query and headers: lines "name: value" after a first line "path?query". What we sign we accept, and
// one byte more in a signed header is refused.
#include <cstdint>
#include <string>

#include "authn/authenticate.h"
#include "authn/signing.h"
#include "authn/testing/test_account.h"
#include "base/check.h"
#include "route/testing/make_request.h"

using namespace freehold;

namespace {

std::string_view take_line(std::string_view& rest) {
  auto line = rest.substr(0, rest.find('\n'));
  rest.remove_prefix(std::min(rest.size(), line.size() + 1));
  return line;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const auto account = gate::testing::make_account("acct1", "the key");
  std::string_view input(reinterpret_cast<const char*>(data), size);
  http::Request request;
  auto target = take_line(input);
  request.path = target.substr(0, target.find('?'));
  if (target.contains('?')) request.raw_query = target.substr(target.find('?') + 1);
  while (!input.empty() && request.headers.fields().size() < 64) {
    auto line = take_line(input);
    auto colon = line.find(':');
    if (colon == std::string_view::npos) continue;
    auto name = to_lower(line.substr(0, colon));
    if (name != "authorization" && name != "x-ms-date") request.headers.add(name, std::string(line.substr(colon + 1)));
  }
  request.headers.add("x-ms-date", http_date(WallTime{}));
  gate::Target to{.account = "acct1"};
  for (auto* sign : {gate::shared_key_authorization, gate::shared_key_lite_authorization}) {
    auto made = request;
    made.headers.add("authorization", sign(made, "acct1", "the key"));
    FH_CHECK(gate::authenticate(made, to, *account, WallTime{}));
    made.headers.add("x-ms-zzz", "more");
    FH_CHECK(!gate::authenticate(made, to, *account, WallTime{}));
  }
  return 0;
}
