#include <gtest/gtest.h>

#include "src/list_filter.h"
#include "src/metadata.h"

namespace freehold::resources {
namespace {

TEST(ListFilter, ReadsComparisonsJoinedByAnd) {
  const auto clauses = parse_filter("resourceType eq 'Microsoft.Storage/storageAccounts' and name ne 'a''b'");
  ASSERT_TRUE(clauses);
  ASSERT_EQ(clauses->size(), 2u);
  EXPECT_EQ((*clauses)[0].field, "resourcetype");
  EXPECT_TRUE(holds((*clauses)[0], "microsoft.storage/STORAGEaccounts"));
  EXPECT_EQ((*clauses)[1].value, "a'b");
  EXPECT_FALSE(holds((*clauses)[1], "A'B"));
  const auto calls = parse_filter("substringof('x', name) and startswith(tagName,'y') and atScope()");
  ASSERT_TRUE(calls);
  EXPECT_TRUE(holds((*calls)[0], "axb"));
  EXPECT_FALSE(holds((*calls)[1], "ay"));
  EXPECT_EQ((*calls)[2].field, "atscope()");
  EXPECT_TRUE(parse_filter("")->empty());
}

// To pass something over would be to show more than was asked for.
TEST(ListFilter, RefusesWhatItDoesNotUnderstand) {
  for (const auto text : {"name", "name eq", "name eq x", "name eq 'x", "name gt 'x'", "name eq 'x' or name eq 'y'",
                          "(name eq 'x')", "name eq 'x' and", "and", "atScope(", "contains(name,'x')", "eq 'x'"}) {
    EXPECT_FALSE(parse_filter(text)) << text;
  }
  EXPECT_FALSE(parse_filter(std::string(kMaxFilterBytes + 1, 'a')));
  std::string many = "a eq 'b'";
  for (std::size_t i = 0; i < kMaxClauses; ++i) many += " and a eq 'b'";
  EXPECT_FALSE(parse_filter(many));
}

TEST(Metadata, HasTheShapeOfEachVersion) {
  using Json = nlohmann::json;
  const Site site{.domain = "cloud.test", .region = "local"};
  const auto first = Json::parse(*metadata_endpoints(site, ":8443", "2015-01-01"));
  EXPECT_EQ(first["authentication"]["loginEndpoint"], "https://login.cloud.test:8443/adfs");
  EXPECT_EQ(first["authentication"]["audiences"][0], "https://management.cloud.test:8443/");
  EXPECT_EQ(first["graphEndpoint"], "https://graph.cloud.test:8443/");
  EXPECT_TRUE(Json::parse(*metadata_endpoints(site, "", "1.0")).contains("galleryEndpoint"));
  const auto array = Json::parse(*metadata_endpoints(site, ":8443", "2019-05-01"));
  ASSERT_TRUE(array.is_array());
  EXPECT_EQ(array[0]["name"], "Freehold");
  EXPECT_EQ(array[0]["suffixes"]["storage"], "core.cloud.test:8443");
  EXPECT_EQ(array[0]["suffixes"]["mhsmDns"], "managedhsm.cloud.test:8443");
  const auto object = Json::parse(*metadata_endpoints(site, "", "2022-09-01"));
  EXPECT_EQ(object["resourceManager"], "https://management.cloud.test/");
  EXPECT_EQ(object["suffixes"]["keyVaultDns"], "vault.cloud.test");
  for (const auto version : {"", "2014-01-01", "2.0", "latest"}) EXPECT_FALSE(metadata_endpoints(site, "", version));
}

}  // namespace
}  // namespace freehold::resources
