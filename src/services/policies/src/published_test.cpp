// Microsoft's published definitions and initiatives, put at the tenant unchanged and under their own ids.
#include <filesystem>
#include <fstream>

#include "src/policies_fixture.h"

namespace freehold::policies {
namespace {

std::vector<Json> read_all(const std::string& folder) {
  std::vector<Json> out;
  const std::filesystem::path root = std::filesystem::path(FREEHOLD_VECTORS) / "policy" / folder;
  if (!std::filesystem::exists(root)) return out;
  for (const auto& file : std::filesystem::recursive_directory_iterator(root)) {
    if (file.path().extension() != ".json") continue;
    std::ifstream in(file.path(), std::ios::binary);
    std::string text((std::istreambuf_iterator<char>(in)), {});
    if (text.starts_with("\xef\xbb\xbf")) text.erase(0, 3);
    out.push_back(Json::parse(text, nullptr, false));
  }
  return out;
}

TEST_F(PoliciesTest, PublishedDefinitionsRegisterUnchanged) {
  const auto definitions = read_all("definitions");
  if (definitions.empty()) GTEST_SKIP() << "no vectors here";
  for (const auto& one : definitions) {
    const auto done = put(one["id"], {{"properties", one["properties"]}});
    EXPECT_EQ(done.said(), "201") << one["name"] << ": " << done.message;
  }
  for (const auto& one : read_all("sets")) {
    bool whole = true;
    for (const auto& reference : one["properties"]["policyDefinitions"]) {
      whole = whole && !get(reference["policyDefinitionId"]).is_null();
    }
    const auto done = put(one["id"], {{"properties", one["properties"]}});
    EXPECT_EQ(done.said(), whole ? "201" : "404 PolicyDefinitionNotFound") << one["name"] << ": " << done.message;
  }
  restart();
  EXPECT_EQ(names("/", "policyDefinitions").size(), definitions.size());
}

}  // namespace
}  // namespace freehold::policies
