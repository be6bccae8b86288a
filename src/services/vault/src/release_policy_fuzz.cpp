// Release policies: bytes of whoever may make a key. What is read stays within its bounds, and no policy releases
// anything on the word of an authority that it doesn't name.
#include <cstddef>
#include <cstdint>

#include "base/check.h"
#include "src/release_policy.h"

namespace {

std::size_t count(const freehold::vault::ReleaseCondition& condition, int depth) {
  FH_CHECK(depth <= freehold::vault::kMaxConditionDepth);
  std::size_t out = 1;
  for (const auto& each : condition.of) out += count(each, depth + 1);
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace freehold::vault;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto policy = parse_release_policy(text);
  if (!policy) return 0;
  FH_CHECK(!policy->authorities.empty() && policy->authorities.size() <= kMaxAuthorities);
  std::size_t conditions = 0;
  for (const auto& authority : policy->authorities) {
    conditions += count(authority.condition, 1);
    FH_CHECK(!authority.url.empty() && !authority.url.ends_with('/'));
    static_cast<void>(releases(*policy, authority.url, Json::parse(text, nullptr, false)));
    static_cast<void>(releases(*policy, authority.url, {{"a", {{"b", true}}}, {"n", 3}, {"t", "x"}}));
  }
  FH_CHECK(conditions <= kMaxConditions + kMaxAuthorities);
  FH_CHECK(!releases(*policy, "https://nobody.named.this", Json::object()) || text.contains("nobody.named.this"));
  return 0;
}
