// Resource logs: what is in the audit log comes into the account's blobs, each line once, whatever happens in between.
#include "src/test_delivery.h"

namespace freehold::insights {
namespace {

class Delivery : public DeliveryTest {};

TEST_F(Delivery, BringsEachLineOnceToTheBlobOfItsHour) {
  read_blobs(900, 3);  // before there was a setting
  want(kBlobs, all_logs());
  ASSERT_TRUE(run());
  EXPECT_TRUE(blobs_.blobs.empty());
  happened("PutBlob", "/acct/box/w");
  happened("GetBlob", "/other/box/77");
  happened("GetSecret", "/acct/secrets/s");
  TenantId stranger;
  stranger.bytes.fill(0x66);
  happened("GetBlob", "/acct/box/88", stranger);
  read_blobs(0, 3);
  EXPECT_GT(run()->bytes, 0u);
  memory_.clock.advance(1h);
  read_blobs(3, 2);
  ASSERT_TRUE(run());
  ASSERT_TRUE(run());
  EXPECT_EQ(delivered(), up_to(5));
  EXPECT_EQ(blobs_.lines("insights-logs-storagewrite").size(), 1u);
  ASSERT_EQ(blobs_.blobs.size(), 3u);
  EXPECT_TRUE(blobs_.blobs.contains(
      "archive.blob.core.cloud.test/insights-logs-storageread/resourceId=/SUBSCRIPTIONS/"
      "5B5B5B5B-5B5B-5B5B-5B5B-5B5B5B5B5B5B/RESOURCEGROUPS/G/PROVIDERS/MICROSOFT.STORAGE/STORAGEACCOUNTS/ACCT/"
      "BLOBSERVICES/DEFAULT/y=2026/m=11/d=22/h=18/m=00/PT1H.json"));
  const int asked = blobs_.asked;
  ASSERT_TRUE(run());
  EXPECT_EQ(blobs_.asked, asked);  // nothing to say, nothing is asked
}

TEST_F(Delivery, EverySettingGetsItsOwn) {
  want(kBlobs, Json::array({Json{{"category", "StorageRead"}, {"enabled", true}}}));
  want(kVault, all_logs());
  happened("GetSecret", "/vau/secrets/s/v");
  happened("GetSecret", "/vau.managedhsm/keys/k");  // a pool of the same name
  happened("PutBlob", "/acct/box/w");
  read_blobs(0, 2);
  ASSERT_TRUE(run());
  // One made later begins later, and shares what is read of the log from then on.
  want(kBlobs, all_logs(), "more", "other");
  read_blobs(2, 2);
  ASSERT_TRUE(run());
  EXPECT_EQ(blobs_.lines("archive.blob.core.cloud.test/insights-logs-storageread").size(), 4u);
  EXPECT_EQ(blobs_.lines("other.blob.core.cloud.test/insights-logs-storageread").size(), 2u);
  EXPECT_EQ(blobs_.lines("insights-logs-storagewrite").size(), 0u);
  const auto vault = blobs_.lines("insights-logs-auditevent");
  ASSERT_EQ(vault.size(), 1u);
  EXPECT_EQ(vault[0]["operationName"], "SecretGet");
}

// Each request of a delivery is the last before the process dies, done or not; then another process goes on, and dies
// just so.
TEST_F(Delivery, ACrashAtAnyRequestLosesNothingAndDoublesNothing) {
  want(kBlobs, all_logs());
  int count = 0;
  const auto die_after = [&](int requests, bool doing) {
    blobs_.asked = 0;
    blobs_.fail_after = requests;
    blobs_.fail_after_doing = doing;
    ASSERT_TRUE(run());
    blobs_.fail_after = -1;
    restart();
  };
  for (const bool doing : {false, true}) {
    for (int first = 0; first < 10; ++first) {
      for (int second = 0; second < 5; ++second) {
        happened("PutBlob", "/acct/box/w" + std::to_string(count));
        read_blobs(count++, 1);
        die_after(first, doing);
        die_after(second, doing);
        ASSERT_TRUE(run());
        ASSERT_EQ(delivered(), up_to(count)) << doing << ' ' << first << ' ' << second;
        ASSERT_EQ(blobs_.lines("insights-logs-storagewrite").size(), static_cast<std::size_t>(count));
      }
      memory_.clock.advance(1h);  // and other blobs
    }
  }
}

TEST_F(Delivery, WhatFailsIsTriedAgainLaterAndLater) {
  const auto setting = want(kBlobs, all_logs());
  provider_.all.erase("archive");
  read_blobs(0, 2);
  ASSERT_TRUE(run());
  EXPECT_EQ(blobs_.asked, 0);
  provider_.all["archive"] = {{"location", "local"},
                              {"properties", {{"networkAcls", {{"defaultAction", "Deny"}, {"bypass", "None"}}}}}};
  ASSERT_TRUE(run());  // not yet
  memory_.clock.advance(31s);
  ASSERT_TRUE(run());
  EXPECT_EQ(blobs_.asked, 0);  // kept out
  provider_.all["archive"]["properties"]["networkAcls"]["bypass"] = "AzureServices";
  memory_.clock.advance(31s);
  ASSERT_TRUE(run());
  EXPECT_EQ(blobs_.asked, 0);  // a minute by now
  memory_.clock.advance(31s);
  ASSERT_TRUE(run());
  EXPECT_EQ(delivered(), up_to(2));
}

TEST_F(Delivery, OneThatFailsHoldsNobodyUp) {
  want(kBlobs, all_logs(), "gone", "archive");
  want(kBlobs, all_logs(), "well", "other");
  provider_.all.erase("archive");
  read_blobs(0, 2);
  ASSERT_TRUE(run());
  EXPECT_EQ(delivered(), up_to(2));
  provider_.all["archive"] = {{"location", "local"}};
  memory_.clock.advance(1h);
  read_blobs(2, 1);
  ASSERT_TRUE(run());
  EXPECT_EQ(blobs_.lines("archive.blob.core.cloud.test/insights-logs-storageread").size(), 3u);
  EXPECT_EQ(blobs_.lines("other.blob.core.cloud.test/insights-logs-storageread").size(), 3u);
}

TEST_F(Delivery, ABlobThatIsFullIsFollowedByAnother) {
  want(kBlobs, all_logs());
  read_blobs(0, 1);
  ASSERT_TRUE(run());
  blobs_.blobs.begin()->second.blocks = 49'990;
  read_blobs(1, 1);
  ASSERT_TRUE(run());
  ASSERT_EQ(blobs_.blobs.size(), 2u);
  EXPECT_TRUE(blobs_.blobs.rbegin()->first.ends_with("PT1H_1.json"));
  EXPECT_EQ(delivered(), up_to(2));
}

TEST_F(Delivery, ManyLinesComeInBlocksOfABound) {
  want(kBlobs, all_logs());
  const int count = 4'000;
  for (int i = 0; i < count; ++i) {
    happened("GetBlob", "/acct/box/" + std::string(400, 'x') + "/" + std::to_string(i));
    if (i % 1'000 == 999) {
      ASSERT_TRUE(log_->flush());
    }
  }
  ASSERT_TRUE(run());
  EXPECT_EQ(delivered(), up_to(count));
  ASSERT_EQ(blobs_.blobs.size(), 1u);
  const auto& blob = blobs_.blobs.begin()->second;
  EXPECT_GT(blob.blocks, 2u);
  EXPECT_GE(blob.content.size() / blob.blocks, kBlockBytes / 4);
}

TEST_F(Delivery, LinesOfManyHoursComeInPortions) {
  want(kBlobs, all_logs());
  const int count = 3 * static_cast<int>(kBlockBlobs);
  for (int i = 0; i < count; ++i) {
    happened("GetBlob", "/acct/box/" + std::to_string(i));
    memory_.clock.advance(1h);
  }
  ASSERT_TRUE(log_->flush());
  ASSERT_TRUE(run());
  EXPECT_EQ(delivered(), up_to(count));
  EXPECT_EQ(blobs_.blobs.size(), static_cast<std::size_t>(count));
}

TEST_F(Delivery, ASettingGoesWithItsResource) {
  want(kBlobs, all_logs());
  provider_.all.erase("acct");
  read_blobs(0, 1);
  ASSERT_TRUE(run());
  EXPECT_TRUE(settings_->all().empty());
  restart();
  EXPECT_TRUE(settings_->all().empty());
  EXPECT_TRUE(blobs_.blobs.empty());
}

TEST_F(Delivery, WhatAnotherDidToABlobLosesNoLine) {
  want(kBlobs, all_logs());
  read_blobs(0, 1);
  ASSERT_TRUE(run());
  // Planned, and then the process died before it appended.
  read_blobs(1, 1);
  blobs_.asked = 0;
  blobs_.fail_after = 1;
  ASSERT_TRUE(run());
  blobs_.fail_after = -1;
  blobs_.blobs.begin()->second.content = "{\"uri\":\"x/0\"}\n";
  restart();
  ASSERT_TRUE(run());
  EXPECT_EQ(delivered(), up_to(2));
}

}  // namespace
}  // namespace freehold::insights
