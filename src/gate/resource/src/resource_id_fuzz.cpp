// ARM ids and paths: what is accepted says the same when it is written and read again.
#include <cstddef>
#include <cstdint>

#include "authz/testing/flat_tree.h"
#include "base/check.h"
#include "resource/resource_id.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace freehold::gate;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const auto id = resource::parse_resource_id(text)) {
    const auto again = resource::parse_resource_id(id->text());
    FH_CHECK(again == *id);
    FH_CHECK(id->text().size() <= authz::kMaxScopeBytes && id->parent().text().size() <= id->text().size());
  }
  if (const auto path = resource::parse_resource_path(text)) {
    FH_CHECK(resource::parse_resource_id(path->id.text()) == path->id);
    const auto chain = resource::chain_of(path->id, {}, authz::FlatTree());
    for (const auto& scope : chain.scopes) FH_CHECK(!scope.empty() && scope.front() == '/');
  }
  return 0;
}
