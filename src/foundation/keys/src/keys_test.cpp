#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>

#include "crypto/hsm.h"
#include "disk/disk.h"
#include "keys/domain_keys.h"
#include "keys/key_ring.h"
#include "runtime/task_scope.h"
#include "store/reference_engine.h"

namespace freehold::keys {
namespace {

using runtime::run_blocking;

// One SoftHSM token for all tests of this process (a process has one SoftHSM configuration).
class Keys : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    directory_ = std::filesystem::temp_directory_path() / ("freehold-keys-" + std::to_string(::getpid()));
    crypto::HsmConfig config;
    config.token_label = "freehold-test";
    config.softhsm_dir = directory_ + "/hsm";
    config.pin = Secret(BytesView("1234567890"));
    auto opened = crypto::open_hsm(std::move(config), true);
    ASSERT_TRUE(opened) << opened.error().message;
    hsm_ = std::move(*opened);
    disk_ = disk::make_real_disk();
  }
  static void TearDownTestSuite() {
    hsm_->stop();
    hsm_.reset();
    std::filesystem::remove_all(directory_);
  }

  inline static std::string directory_;
  inline static std::unique_ptr<crypto::Hsm> hsm_;
  inline static std::unique_ptr<disk::Disk> disk_;
  SystemRandom random_;
  SystemClock clock_;
};

TEST_F(Keys, ATenantsKeysAreTheSameAfterARestart) {
  store::HybridClock hybrid(clock_, random_);
  const auto engine = store::make_reference_engine(clock_);
  const TenantId tenant = random_id<TenantId>(random_);
  KeyRing first(*hsm_, engine->partitions(), hybrid, store::Epoch{1}, random_);
  ASSERT_TRUE(run_blocking(first.ensure_tenant(tenant)));
  KeyRing second(*hsm_, engine->partitions(), hybrid, store::Epoch{1}, random_);
  EXPECT_EQ(second.derived(tenant, Purpose::kRows).error().code, ErrorCode::kUnavailable);
  ASSERT_TRUE(run_blocking(second.ensure_tenant(tenant)));
  EXPECT_EQ(first.derived(tenant, Purpose::kRows)->view(), second.derived(tenant, Purpose::kRows)->view());
}

TEST_F(Keys, ATenantsIdMayBeginWithAnyByte) {
  store::HybridClock hybrid(clock_, random_);
  const auto engine = store::make_reference_engine(clock_);
  KeyRing ring(*hsm_, engine->partitions(), hybrid, store::Epoch{1}, random_);
  for (const int first : {0x00, 0x01, 0xfe, 0xff}) {
    TenantId tenant = random_id<TenantId>(random_);
    tenant.bytes[0] = static_cast<std::uint8_t>(first);
    const auto ensured = run_blocking(ring.ensure_tenant(tenant));
    EXPECT_TRUE(ensured) << first;
  }
}

TEST_F(Keys, PurposesAndTenantsShareNoKey) {
  store::HybridClock hybrid(clock_, random_);
  const auto engine = store::make_reference_engine(clock_);
  KeyRing ring(*hsm_, engine->partitions(), hybrid, store::Epoch{1}, random_);
  const TenantId a = random_id<TenantId>(random_);
  const TenantId b = random_id<TenantId>(random_);
  ASSERT_TRUE(run_blocking(ring.ensure_tenant(a)));
  ASSERT_TRUE(run_blocking(ring.ensure_tenant(b)));
  EXPECT_NE(ring.derived(a, Purpose::kRows)->view(), ring.derived(a, Purpose::kAuditBatches)->view());
  EXPECT_NE(ring.derived(a, Purpose::kRows)->view(), ring.derived(b, Purpose::kRows)->view());
}

TEST_F(Keys, AnAccountKeyUnwrapsOnlyForItsTenantAndContext) {
  store::HybridClock hybrid(clock_, random_);
  const auto engine = store::make_reference_engine(clock_);
  KeyRing ring(*hsm_, engine->partitions(), hybrid, store::Epoch{1}, random_);
  const TenantId a = random_id<TenantId>(random_);
  const TenantId b = random_id<TenantId>(random_);
  ASSERT_TRUE(run_blocking(ring.ensure_tenant(a)));
  ASSERT_TRUE(run_blocking(ring.ensure_tenant(b)));
  ServiceManagedKeyWrapper wrapper(ring, random_);
  const auto wrapped =
      run_blocking(wrapper.wrap(a, Secret(BytesView("0123456789abcdef0123456789abcdef")), "account 1"));
  ASSERT_TRUE(wrapped);
  EXPECT_EQ(run_blocking(wrapper.unwrap(a, *wrapped, "account 1"))->view(), "0123456789abcdef0123456789abcdef");
  EXPECT_FALSE(run_blocking(wrapper.unwrap(a, *wrapped, "account 2")));
  EXPECT_FALSE(run_blocking(wrapper.unwrap(b, *wrapped, "account 1")));
}

TEST_F(Keys, ADomainKeepsItsKeyAndRefusesADamagedOrNewerFile) {
  DomainKeys keys(*disk_, *hsm_, random_);
  const std::string domain = directory_ + "/fd0";
  const auto made = keys.load_or_make(domain);
  ASSERT_TRUE(made) << made.error().message;
  EXPECT_EQ(keys.load_or_make(domain)->view(), made->view());

  Bytes file = *disk_->read_file(domain + "/file.key");
  Bytes damaged = file;
  damaged[20] = static_cast<char>(damaged[20] ^ 1);
  ASSERT_TRUE(disk_->write_file_durably(domain + "/file.key", damaged));
  EXPECT_EQ(keys.load_or_make(domain).error().code, ErrorCode::kCorrupt);
  file[4] = 2;
  ASSERT_TRUE(disk_->write_file_durably(domain + "/file.key", file));
  EXPECT_EQ(keys.load_or_make(domain).error().code, ErrorCode::kUnsupported);
}

}  // namespace
}  // namespace freehold::keys
