// Keys of accounts as they are looked after, while a tenant's vault takes its time.
#include "src/key_rounds.h"

#include <thread>

#include "src/account_key.h"
#include "src/test_region.h"

namespace freehold::blob::testing {
namespace {

using runtime::run_blocking;

// Vaults that give whatever is asked; one doesn't answer until it is told to.
class SlowVault final : public keys::CustomerKeys {
 public:
  Task<Result<std::string>> look(keys::CustomerKey key, std::string) override {
    if (key.vault == "slow" && slow) {
      ++stuck;
      co_await answer.wait();
    } else if (key.vault != "slow") {
      ++looks;
    }
    co_return "v1";
  }
  Task<Result<keys::WrappedByCustomer>> wrap(keys::CustomerKey, Secret secret, Bytes) override {
    co_return keys::WrappedByCustomer{"v1", Bytes(secret.view())};
  }
  Task<Result<Secret>> unwrap(keys::CustomerKey, keys::WrappedByCustomer wrapped, Bytes) override {
    co_return Secret(BytesView(wrapped.wrapped));
  }
  std::atomic<bool> slow = false;
  std::atomic<int> stuck = 0;
  std::atomic<int> looks = 0;
  runtime::Completion<bool> answer;
};

struct KeyRoundsTest : ::testing::Test, TestRegion {
  KeyRoundsTest() {
    customer_keys = &vault;
    restart();
  }
  AccountId make(const std::string& name, const std::string& in) {
    const auto tenant = random_id<TenantId>(random);
    const keys::CustomerKey by{.tenant = tenant, .identity = {}, .vault = in, .name = "k"};
    const auto id = run_blocking(service->accounts().create_account(
        {.tenant = tenant, .name = name, .keys = {Secret(key), Secret(key)}, .customer_key = by}));
    EXPECT_TRUE(id && run_blocking(service->accounts().account_key(*id)));
    return id.value_or(AccountId{});
  }
  static bool comes(const std::function<bool()>& what) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (!what() && std::chrono::steady_clock::now() < deadline) std::this_thread::yield();
    return what();
  }
  SlowVault vault;
};

TEST_F(KeyRoundsTest, ATenantWhoseVaultIsSlowHoldsUpNobodyElse) {
  make("slowone", "slow");
  make("quickone", "quick");
  vault.slow = true;
  clock.advance(std::chrono::milliseconds(400));  // both leases want to be renewed
  runtime::TaskScope scope;
  KeyRounds rounds(service->accounts(), scope);
  boost::asio::io_context loop(1);
  scope.spawn(loop, rounds.run(loop));
  std::thread thread([&loop] { loop.run(); });
  EXPECT_TRUE(comes([&] { return vault.stuck > 0; }));
  const int before = vault.looks;
  for (int i = 1; i <= 2; ++i) {
    clock.advance(std::chrono::milliseconds(400));
    EXPECT_TRUE(comes([&] { return vault.looks >= before + i; }));
  }
  EXPECT_EQ(vault.stuck, 1);  // it isn't asked again before it has answered
  vault.slow = false;
  vault.answer.complete(true);
  scope.close_and_wait();
  thread.join();
}

}  // namespace
}  // namespace freehold::blob::testing
