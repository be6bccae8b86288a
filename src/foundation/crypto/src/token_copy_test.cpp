#include <gtest/gtest.h>

#include <fstream>
#include <map>

#include "base/encoding.h"
#include "base/testing/temporary_directory.h"
#include "crypto/digest.h"
#include "crypto/hsm.h"
#include "crypto/token_state.h"
#include "runtime/task_scope.h"
#include "src/pin_seal.h"

namespace freehold::crypto {
namespace {

namespace fs = std::filesystem;
using runtime::run_blocking;

Secret pin() { return Secret("a pin for tests"); }

HsmConfig config(const std::string& directory) {
  HsmConfig config;
  config.token_label = "freehold-test";
  config.softhsm_dir = directory;
  config.pin = pin();
  return config;
}

class TokenCopyTest : public testing::Test {
 protected:
  void SetUp() override {
    const auto hsm = open_hsm(config(directory_), true);
    ASSERT_TRUE(hsm.has_value()) << hsm.error().message;
    wrapped_ = run_blocking((*hsm)->wrap_root(Secret(Bytes(32, 'k')), "c")).value();
    copy_ = seal_token_copy(*disk_, directory_, pin(), random_).value();
  }

  Result<> restore(const std::string& to, BytesView copy, const Secret& with) {
    return restore_token_copy(*disk_, to, copy, with);
  }

  TemporaryDirectory temporary_;
  std::unique_ptr<disk::Disk> disk_ = disk::make_real_disk();
  SystemRandom random_;
  std::string directory_ = temporary_ / "hsm";
  std::string elsewhere_ = temporary_ / "restored";
  Bytes wrapped_;
  Bytes copy_;
};

TEST_F(TokenCopyTest, RestoredTokenUnwrapsTheOldKeys) {
  fs::remove_all(directory_);
  const auto restored = restore(elsewhere_, copy_, pin());
  ASSERT_TRUE(restored.has_value()) << restored.error().message;
  fs::rename(elsewhere_, directory_);  // a restored directory may be moved
  const auto hsm = open_hsm(config(directory_), false);
  ASSERT_TRUE(hsm.has_value()) << hsm.error().message << hsm.error().detail;
  EXPECT_EQ(run_blocking((*hsm)->unwrap_root(wrapped_, "c")).value().view(), Bytes(32, 'k'));
}

TEST_F(TokenCopyTest, TellsOfWhichStateItIs) {
  const auto state_of = [](BytesView copy) { return token_copy_state(copy, pin()).value(); };
  const auto first = state_of(copy_);
  EXPECT_EQ(first, token_state(*disk_, directory_, pin()).value());
  const auto hsm = open_hsm(config(directory_), false);
  ASSERT_TRUE(run_blocking((*hsm)->make_erasure_key(ErasureKeyId{})));
  const Bytes changed = seal_token_copy(*disk_, directory_, pin(), random_).value();
  const auto second = state_of(changed);
  EXPECT_EQ(second, token_state(*disk_, directory_, pin()).value());
  EXPECT_TRUE(second.is_ahead_of(first));
  EXPECT_FALSE(first.is_ahead_of(second));
  EXPECT_FALSE(second.is_ahead_of(second));
  const TokenState beside{.changes = second.changes, .digest = "another"};
  EXPECT_TRUE(beside.is_ahead_of(second));
  EXPECT_EQ(token_copy_state(changed, Secret("another pin")).error().code, ErrorCode::kDenied);
  EXPECT_EQ(token_copy_state(changed.substr(1), pin()).error().code, ErrorCode::kCorrupt);
}

TEST_F(TokenCopyTest, AnyDamageIsCorruptAndWritesNothing) {
  for (std::size_t at = 0; at < copy_.size(); at += at < 64 || at + 64 > copy_.size() ? 1 : 61) {
    Bytes bad = copy_;
    bad[at] = static_cast<char>(bad[at] ^ 0x04);
    EXPECT_EQ(restore(elsewhere_, bad, pin()).error().code, ErrorCode::kCorrupt) << at;
  }
  for (const std::size_t size : {std::size_t{0}, std::size_t{4}, std::size_t{20}, std::size_t{80}, copy_.size() - 1}) {
    EXPECT_EQ(restore(elsewhere_, copy_.substr(0, size), pin()).error().code, ErrorCode::kCorrupt) << size;
  }
  EXPECT_EQ(restore(elsewhere_, copy_ + "x", pin()).error().code, ErrorCode::kCorrupt);
  EXPECT_FALSE(fs::exists(elsewhere_));
}

TEST_F(TokenCopyTest, AnotherPinIsDeniedAndWritesNothing) {
  EXPECT_EQ(restore(elsewhere_, copy_, Secret("another pin")).error().code, ErrorCode::kDenied);
  EXPECT_FALSE(fs::exists(elsewhere_));
}

// A forger who mends the checksum still meets the seal.
TEST_F(TokenCopyTest, AMendedChecksumDoesNotHideAChange) {
  Bytes forged = copy_.substr(0, copy_.size() - sizeof(Sha256Digest));
  forged[100] = static_cast<char>(forged[100] ^ 1);
  forged += view(sha256(forged));
  EXPECT_EQ(restore(elsewhere_, forged, pin()).error().code, ErrorCode::kDenied);
  EXPECT_FALSE(fs::exists(elsewhere_));
}

TEST_F(TokenCopyTest, ANewerVersionIsRefused) {
  Bytes newer = copy_.substr(0, copy_.size() - sizeof(Sha256Digest));
  newer[4] = 2;
  newer += view(sha256(newer));
  EXPECT_EQ(restore(elsewhere_, newer, pin()).error().code, ErrorCode::kUnsupported);
  EXPECT_FALSE(fs::exists(elsewhere_));
}

TEST_F(TokenCopyTest, NeverOverwritesAToken) {
  EXPECT_EQ(restore(directory_, copy_, pin()).error().code, ErrorCode::kConflict);
  EXPECT_TRUE(open_hsm(config(directory_), false).has_value());
}

TEST_F(TokenCopyTest, AnInterruptedRestoreIsDoneAgain) {
  fs::create_directories(elsewhere_ + "/tokens.new/half");
  std::ofstream(elsewhere_ + "/tokens.new/half/x.object") << "torn";
  ASSERT_TRUE(restore(elsewhere_, copy_, pin()).has_value());
  EXPECT_FALSE(fs::exists(elsewhere_ + "/tokens.new"));
  EXPECT_TRUE(open_hsm(config(elsewhere_), false).has_value());
}

TEST_F(TokenCopyTest, ADamagedTokenIsNotCopied) {
  for (const auto& entry : fs::recursive_directory_iterator(directory_ + "/tokens")) {
    if (entry.path().extension() == ".object") fs::resize_file(entry.path(), 0);
  }
  EXPECT_EQ(seal_token_copy(*disk_, directory_, pin(), random_).error().code, ErrorCode::kCorrupt);
  EXPECT_EQ(seal_token_copy(*disk_, elsewhere_, pin(), random_).error().code, ErrorCode::kNotFound);
}

// Sealed right and still no token: a path that leaves the directory, a file twice, no root check.
TEST_F(TokenCopyTest, RefusesAnArchiveThatIsNoToken) {
  using Files = std::vector<std::pair<std::string, std::string>>;
  const Files bad[] = {{},
                       {{"a/b", "x"}},
                       {{"root-check", "x"}, {"../b", "x"}},
                       {{"root-check", "x"}, {"/etc", "x"}},
                       {{"root-check", "x"}, {"a/../b", "x"}},
                       {{"root-check", "x"}, {"a/..", "x"}},
                       {{"root-check", "x"}, {"a/b/c", "x"}},
                       {{"root-check", "x"}, {"a/b", "x"}, {"a/b", "y"}},
                       {{"root-check", "x"}, {"a/b", ""}}};
  for (const Files& files : bad) {
    Bytes archive;
    append_u32(archive, static_cast<std::uint32_t>(files.size()));
    for (const auto& [path, content] : files) {
      append_sized(archive, path);
      append_sized(archive, content);
    }
    const Bytes sealed = pin_seal("FHTC", pin(), archive, random_).value();
    EXPECT_EQ(restore(elsewhere_, sealed, pin()).error().code, ErrorCode::kCorrupt) << files.size();
  }
  EXPECT_FALSE(fs::exists(elsewhere_));
}

}  // namespace
}  // namespace freehold::crypto
