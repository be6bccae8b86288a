#include <gtest/gtest.h>

#include <set>

#include "authn/delegation_key.h"
#include "authn/testing/test_account.h"

namespace freehold::gate {
namespace {

DelegationKeyFields fields() {
  DelegationKeyFields made;
  made.object.bytes.fill(1);
  made.tenant.bytes.fill(2);
  made.start = WallTime(std::chrono::seconds(1'750'000'000));
  made.expiry = made.start + std::chrono::hours(1);
  made.version = "2021-06-08";
  return made;
}

TEST(DelegationKey, IsTheSameForTheSameFieldsAndHasThirtyTwoBytes) {
  auto account = testing::make_account("acct1", "a key");
  auto again = fields();
  again.start += std::chrono::milliseconds(999);  // below a second
  EXPECT_EQ(delegation_key(*account, fields()).size(), 32u);
  EXPECT_EQ(delegation_key(*account, fields()).view(), delegation_key(*account, again).view());
}

TEST(DelegationKey, AnyFieldTheAccountAndItsEpochMakeAnotherKey) {
  auto account = testing::make_account("acct1", "a key");
  std::set<Bytes> keys;
  auto add = [&](const StorageAccount& of, DelegationKeyFields with) { keys.emplace(delegation_key(of, with).view()); };
  add(*account, fields());
  std::vector<DelegationKeyFields> others(8, fields());
  others[0].object.bytes[15] ^= 1;
  others[1].tenant.bytes[0] ^= 1;
  others[2].start += std::chrono::seconds(1);
  others[3].expiry += std::chrono::seconds(1);
  others[4].service = "q";
  others[5].version = "2021-06-09";
  others[6].delegated_user = TenantId{};
  others[7].service = "b2";
  others[7].version = "021-06-08";
  for (const auto& other : others) add(*account, other);
  StorageAccount next;
  next.id = account->id;
  next.delegation_secret = account->delegation_secret.clone();
  next.delegation_epoch = 1;
  add(next, fields());
  next.delegation_epoch = 0;
  next.id.bytes[3] ^= 1;
  add(next, fields());
  EXPECT_EQ(keys.size(), 11u);
}

TEST(DelegationKey, AnAccountWithoutItsSecretHasNone) {
  EXPECT_TRUE(delegation_key(StorageAccount{}, fields()).empty());
}

}  // namespace
}  // namespace freehold::gate
