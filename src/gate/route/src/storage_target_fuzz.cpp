// Any request line's host, path and query, cut by the first two spaces of the input: a target that is found always
// names an account by the rules, and never a blob without a container.
#include <cstdint>
#include <string>
#include <string_view>

#include "base/check.h"
#include "base/encoding.h"
#include "route/storage_target.h"

using namespace freehold;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const std::string kSuffixes[] = {"blob.core.test", "blob.test"};
  std::string_view input(reinterpret_cast<const char*>(data), size);
  http::Request request;
  auto host_end = std::min(input.find(' '), input.size());
  request.host = to_lower(input.substr(0, host_end));
  input.remove_prefix(std::min(input.size(), host_end + 1));
  auto path_end = std::min(input.find(' '), input.size());
  request.path = input.substr(0, path_end);
  input.remove_prefix(std::min(input.size(), path_end + 1));
  request.raw_query = input;
  auto query = http::parse_query(input);
  if (!query) return 0;
  request.query = *query;
  auto target = gate::storage_target(request, kSuffixes);
  if (!target) return 0;
  FH_CHECK(gate::is_account_name(target->account));
  FH_CHECK(target->blob.empty() == (target->scope != gate::Scope::kBlob));
  return 0;
}
