#include "resource/registry.h"

#include <gtest/gtest.h>

#include "resource/testing/memory_provider.h"
#include "runtime/task_scope.h"

namespace freehold::gate::resource {
namespace {

struct Boxes : ::testing::Test {
  Boxes() { provider.add_to(registry); }
  resource::testing::MemoryProvider provider;
  Registry registry;
};

TEST_F(Boxes, AreFoundInAnyCase) {
  ASSERT_NE(registry.find("SAMPLE.boxes/Boxes"), nullptr);
  EXPECT_EQ(registry.find("sample.boxes/boxes")->action("write"), "Sample.Boxes/boxes/write");
  EXPECT_EQ(registry.find("sample.boxes/hinges"), nullptr);
  EXPECT_EQ(*registry.find_provider("sample.BOXES"), "Sample.Boxes");
  EXPECT_EQ(registry.find_provider("sample"), nullptr);
}

TEST_F(Boxes, AreReadInListedVersionsAndNewerOnes) {
  const auto& type = *registry.find("sample.boxes/boxes");
  for (const auto version : {"2022-09-01", "2021-04-01", "2023-01-01", "2024-01-01-preview"}) {
    EXPECT_TRUE(takes_version(type, version)) << version;
  }
  for (const auto version : {"2022-08-01", "2019-01-01", "2022-09-01-preview", ""}) {
    EXPECT_FALSE(takes_version(type, version)) << version;
  }
}

TEST(Overlay, MergesPropertiesAndReplacesTags) {
  const Json base = Json::parse(R"({"tags":{"a":"1"},"sku":{"name":"x"},"properties":{"p":{"q":1,"r":2},"s":[1]}})");
  const Json patch = Json::parse(R"({"tags":{"b":"2"},"properties":{"p":{"q":3,"r":null},"s":[2],"t":{"u":1}}})");
  EXPECT_EQ(overlay(base, patch),
            Json::parse(R"({"tags":{"b":"2"},"sku":{"name":"x"},"properties":{"p":{"q":3},"s":[2],"t":{"u":1}}})"));
}

class NoWednesdays final : public ChangeCheck {
 public:
  [[nodiscard]] ApiResult<> check(ProposedChange& change) const override {
    if (change.id.name() == "wednesday") return std::unexpected(ApiError{.status = 409, .code = "NotToday"});
    change.after["properties"]["checked"] = true;
    return {};
  }
};

TEST(ChangeChecks, ApproveWhatPassesAsItWasAltered) {
  const NoWednesdays check;
  ChangeChecks checks;
  checks.add(check);
  const auto propose = [](std::string_view text) {
    return ProposedChange{.id = *parse_resource_id(text), .after = Json::object()};
  };
  const auto approved = checks.approve(propose("/providers/Sample.Boxes/boxes/monday"));
  ASSERT_TRUE(approved);
  EXPECT_EQ((*approved)->after["properties"]["checked"], true);
  const auto refused = checks.approve(propose("/providers/Sample.Boxes/boxes/wednesday"));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, "NotToday");
}

class Doorman final : public ChangeWitness {
 public:
  [[nodiscard]] Task<ApiResult<>> expect(const ProposedChange& change) override { return note(change.id.name()); }
  std::vector<std::string> seen;

 private:
  Task<ApiResult<>> note(std::string name) {
    seen.push_back(std::move(name));
    if (seen.size() > 1) co_return std::unexpected(ApiError{.status = 503, .code = "Full"});
    co_return ApiResult<>();
  }
};

TEST(Registry, AWitnessMayHaveAWord) {
  Registry registry;
  const ProposedChange change{.id = *parse_resource_id("/providers/Sample.Boxes/boxes/monday")};
  EXPECT_TRUE(runtime::run_blocking(registry.expect(change)));  // nobody listens
  Doorman doorman;
  registry.set_witness(doorman);
  EXPECT_TRUE(runtime::run_blocking(registry.expect(change)));
  EXPECT_EQ(runtime::run_blocking(registry.expect(change)).error().code, "Full");
  EXPECT_EQ(doorman.seen, std::vector<std::string>(2, "monday"));
}

}  // namespace
}  // namespace freehold::gate::resource
