#include "authn/token_rules.h"

#include <gtest/gtest.h>

#include "authn/audience.h"

namespace freehold::gate {
namespace {

TEST(Audience, NamesAServiceByAzuresHostsAndOurOwn) {
  const auto of = [](std::string_view audience) { return resource_of_audience(audience, "cloud.test"); };
  for (const auto text : {"https://management.azure.com", "https://management.azure.com/",
                          "https://management.core.windows.net/", "https://MANAGEMENT.cloud.test:8443",
                          "https://management.cloud.test:8443/", "797F4846-ba00-4fd7-ba43-dac1f8f63013"}) {
    EXPECT_EQ(of(text), TokenResource::kManagement) << text;
  }
  EXPECT_EQ(of("https://storage.azure.com/"), TokenResource::kStorage);
  EXPECT_EQ(of("https://graph.cloud.test"), TokenResource::kGraph);
  EXPECT_EQ(of("https://vault.azure.net"), TokenResource::kVault);
  for (const auto text :
       {"", "management.azure.com", "http://management.azure.com", "https://management.azure.com.evil.test",
        "https://management.other.test", "https://management.azure.com:0", "https://management.azure.com:8443x",
        "https://management.azure.com//", "https://management.azure.com/x", "https://x@management.azure.com",
        "https://management.cloud.test.", "https://managementcloud.test"}) {
    EXPECT_EQ(of(text), std::nullopt) << text;
  }
}

class Words final : public TokenRules {
 public:
  [[nodiscard]] bool takes_audience(std::string_view) const override { return true; }
  [[nodiscard]] bool allows(const Identity&, const http::Request&, const Target&, std::string_view) const override {
    return false;
  }
  [[nodiscard]] ApiError refuse_action(const Identity&, const http::Request&, const Target&,
                                       std::string_view) const override {
    return {};
  }
};

// A text with a quotation mark would end the challenge's parameter.
TEST(TokenRules, EveryFaultHasWordsThatFitAChallenge) {
  const Words words;
  for (int fault = 0; fault <= static_cast<int>(TokenFault::kTenant); ++fault) {
    const auto error = words.refuse_token(static_cast<TokenFault>(fault));
    EXPECT_EQ(error.status, 401);
    EXPECT_FALSE(error.code.empty());
    EXPECT_FALSE(error.message.empty());
    EXPECT_FALSE(error.message.contains('"')) << error.message;
  }
}

}  // namespace
}  // namespace freehold::gate
