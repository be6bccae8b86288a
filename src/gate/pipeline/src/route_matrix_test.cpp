#include "pipeline/testing/route_matrix.h"

#include <gtest/gtest.h>

#include "sample_service.h"

namespace freehold::gate {
namespace {

using testing::RouteMatrix;

TEST(RouteMatrix, NobodyGetsInWhoMustNotAndEveryoneWhoMay) {
  SampleService service;
  RouteMatrix matrix(service, {.host = "acct1.notes.test"});
  for (const auto& fault : matrix.run()) ADD_FAILURE() << fault;
  EXPECT_EQ(matrix.cases(), 7u * 32u);  // Inspect has no account
  EXPECT_TRUE(service.calls.empty());
}

// The matrix would see a service that lets in too many: one whose every row is open to anyone, but says otherwise,
// can't be made through ServiceGate; so its claim is checked by a service that claims nothing and one that refuses all
// versions.
TEST(RouteMatrix, SeesAServiceThatCannotBeReached) {
  SampleService service;
  RouteMatrix elsewhere(service, {.host = "acct1.other.test"});
  EXPECT_GE(elsewhere.run().size(), 6u * 13u);
  RouteMatrix too_old(service, {.host = "acct1.notes.test", .version = "1999-01-01"});
  EXPECT_GE(too_old.run().size(), 6u * 13u);
}

}  // namespace
}  // namespace freehold::gate
