#include "crypto/hsm.h"
#include "base/testing/temporary_directory.h"

#include <gtest/gtest.h>
#include <spawn.h>
#include <sys/wait.h>

#include <atomic>
#include <fstream>
#include <thread>

#include "base/encoding.h"
#include "crypto/token_state.h"
#include "runtime/task_scope.h"

namespace freehold::crypto {
namespace {

namespace fs = std::filesystem;
using runtime::run_blocking;

HsmConfig config(const std::string& directory, BytesView pin = "a pin for tests") {
  HsmConfig config;
  config.token_label = "freehold-test";
  config.softhsm_dir = directory;
  config.pin = Secret(pin);
  return config;
}

Secret some_key() { return Secret(Bytes(32, 's')); }

ErrorCode open_error(const std::string& directory, BytesView pin = "a pin for tests") {
  const auto hsm = open_hsm(config(directory, pin), false);
  EXPECT_FALSE(hsm.has_value());
  return hsm ? ErrorCode::kInternal : hsm.error().code;
}

std::vector<fs::path> object_files(const std::string& directory) {
  std::vector<fs::path> found;
  for (const auto& entry : fs::recursive_directory_iterator(directory + "/tokens")) {
    if (entry.path().extension() == ".object") found.push_back(entry.path());
  }
  return found;
}

void flip_byte(const fs::path& path, std::uint64_t at) {
  std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
  file.seekg(static_cast<std::streamoff>(at));
  const char byte = static_cast<char>(file.get() ^ 0x10);
  file.seekp(static_cast<std::streamoff>(at));
  file.put(byte);
}

class HsmTest : public testing::Test {
 protected:
  TemporaryDirectory temporary_;
  std::string directory_ = temporary_ / "hsm";

  void make_token() { ASSERT_TRUE(open_hsm(config(directory_), true).has_value()); }
};

TEST_F(HsmTest, UnwrapsWhatItWrappedAfterReopening) {
  Bytes wrapped;
  {
    const auto hsm = open_hsm(config(directory_), true);
    ASSERT_TRUE(hsm.has_value()) << hsm.error().message << hsm.error().detail;
    wrapped = run_blocking((*hsm)->wrap_root(some_key(), "tenant 7")).value();
    EXPECT_EQ(run_blocking((*hsm)->unwrap_root(wrapped, "tenant 7")).value().view(), some_key().view());
  }
  EXPECT_EQ(wrapped.size(), 12u + 32u + 16u);
  EXPECT_FALSE(wrapped.contains(some_key().view()));
  const auto hsm = open_hsm(config(directory_), false);
  ASSERT_TRUE(hsm.has_value()) << hsm.error().message << hsm.error().detail;
  EXPECT_EQ(run_blocking((*hsm)->unwrap_root(wrapped, "tenant 7")).value().view(), some_key().view());
}

TEST_F(HsmTest, RefusesOtherContextsChangesAndSizes) {
  const auto hsm = open_hsm(config(directory_), true);
  ASSERT_TRUE(hsm.has_value());
  const Bytes wrapped = run_blocking((*hsm)->wrap_root(some_key(), "here")).value();
  EXPECT_EQ(run_blocking((*hsm)->unwrap_root(wrapped, "there")).error().code, ErrorCode::kCorrupt);
  EXPECT_EQ(run_blocking((*hsm)->unwrap_root(wrapped, "")).error().code, ErrorCode::kCorrupt);
  for (const std::size_t at : {0, 11, 12, 43, 44, 59}) {
    Bytes bad = wrapped;
    bad[at] = static_cast<char>(bad[at] ^ 1);
    EXPECT_EQ(run_blocking((*hsm)->unwrap_root(bad, "here")).error().code, ErrorCode::kCorrupt) << at;
  }
  EXPECT_EQ(run_blocking((*hsm)->unwrap_root(wrapped.substr(0, 20), "here")).error().code, ErrorCode::kCorrupt);
  EXPECT_EQ(run_blocking((*hsm)->unwrap_root("", "here")).error().code, ErrorCode::kCorrupt);
  EXPECT_EQ(run_blocking((*hsm)->wrap_root(Secret(31), "here")).error().code, ErrorCode::kInvalidArgument);
  // And still works.
  EXPECT_EQ(run_blocking((*hsm)->unwrap_root(wrapped, "here")).value().view(), some_key().view());
  const Bytes bare = run_blocking((*hsm)->wrap_root(some_key(), "")).value();
  EXPECT_EQ(run_blocking((*hsm)->unwrap_root(bare, "")).value().view(), some_key().view());
}

TEST_F(HsmTest, TellsAbsentWrongPinAndOtherLabelApart) {
  EXPECT_EQ(open_error(directory_), ErrorCode::kNotFound);
  EXPECT_FALSE(fs::exists(directory_)) << "nothing is made unless asked for";
  make_token();
  EXPECT_EQ(open_error(directory_, "another pin"), ErrorCode::kDenied);
  HsmConfig other = config(directory_);
  other.token_label = "freehold-elsewhere";
  EXPECT_EQ(open_hsm(std::move(other), false).error().code, ErrorCode::kConflict);
  EXPECT_EQ(open_hsm(config(directory_, "another pin"), true).error().code, ErrorCode::kDenied) << "never made anew";
  EXPECT_TRUE(open_hsm(config(directory_), false).has_value());
}

TEST_F(HsmTest, CreateOpensTheTokenThatIsThere) {
  Bytes wrapped;
  {
    const auto hsm = open_hsm(config(directory_), true);
    wrapped = run_blocking(hsm.value()->wrap_root(some_key(), "c")).value();
  }
  const auto again = open_hsm(config(directory_), true);
  EXPECT_EQ(run_blocking(again.value()->unwrap_root(wrapped, "c")).value().view(), some_key().view());
}

TEST_F(HsmTest, OneAtATime) {
  const auto first = open_hsm(config(directory_), true);
  ASSERT_TRUE(first.has_value());
  EXPECT_EQ(open_hsm(config(directory_), false).error().code, ErrorCode::kConflict);
}

TEST_F(HsmTest, RefusesBadSettings) {
  EXPECT_EQ(open_hsm(config(directory_, "abc"), true).error().code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(open_hsm(config("relative/path"), true).error().code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(open_hsm(config(temporary_ / "with#hash"), true).error().code, ErrorCode::kInvalidArgument);
  HsmConfig no_module = config(directory_);
  no_module.module_path = temporary_ / "no-such-module.so";
  EXPECT_EQ(open_hsm(std::move(no_module), true).error().code, ErrorCode::kUnavailable);
}

// What a kill during key generation leaves behind (SoftHSM2 makes the file first and fills it later).
TEST_F(HsmTest, EmptyObjectFilesAreCorrupt) {
  make_token();
  const auto objects = object_files(directory_);
  ASSERT_GE(objects.size(), 2u);
  for (const fs::path& object : objects) {
    fs::copy_file(object, temporary_ / "kept");
    fs::resize_file(object, 0);
    EXPECT_EQ(open_error(directory_), ErrorCode::kCorrupt) << object;
    fs::copy_file(temporary_ / "kept", object, fs::copy_options::overwrite_existing);
    fs::remove(temporary_ / "kept");
  }
  EXPECT_TRUE(open_hsm(config(directory_), false).has_value());
}

TEST_F(HsmTest, MissingFilesAreCorrupt) {
  make_token();
  for (const fs::path& object : object_files(directory_)) {
    fs::rename(object, temporary_ / "kept");
    EXPECT_EQ(open_error(directory_), ErrorCode::kCorrupt) << object;
    fs::rename(temporary_ / "kept", object);
  }
  fs::rename(directory_ + "/tokens/root-check", temporary_ / "kept");
  EXPECT_EQ(open_error(directory_), ErrorCode::kCorrupt);
}

// SoftHSM2's files carry no checksums, and some damage to them makes it end the process: it must never see them.
TEST_F(HsmTest, FlippedBitsAreCorrupt) {
  make_token();
  std::vector<fs::path> files = object_files(directory_);
  files.push_back(directory_ + "/tokens/root-check");
  for (const fs::path& file : files) {
    const std::uint64_t size = fs::file_size(file);
    for (std::uint64_t at = 5; at < size; at += 1 + size / 7) {
      flip_byte(file, at);
      EXPECT_EQ(open_error(directory_), ErrorCode::kCorrupt) << file << " at " << at;
      flip_byte(file, at);
    }
  }
  EXPECT_TRUE(open_hsm(config(directory_), false).has_value());
}

// Whatever SoftHSM2 does to its working copy, at login or torn by a kill, the token opens again.
TEST_F(HsmTest, UseLeavesTheTokenAlone) {
  make_token();
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(open_error(directory_, "another pin"), ErrorCode::kDenied);
    const auto hsm = open_hsm(config(directory_), false);
    ASSERT_TRUE(hsm.has_value()) << hsm.error().message;
    const Bytes wrapped = run_blocking((*hsm)->wrap_root(some_key(), "c")).value();
    EXPECT_TRUE(run_blocking((*hsm)->unwrap_root(wrapped, "c")).has_value());
    EXPECT_FALSE(run_blocking((*hsm)->unwrap_root(wrapped, "d")).has_value());
    for (const auto& entry : fs::recursive_directory_iterator(directory_ + "/tokens.work")) {
      if (entry.is_regular_file()) fs::resize_file(entry.path(), 0);
    }
  }
}

TEST_F(HsmTest, ManyCallsAtOnce) {
  HsmConfig many = config(directory_);
  many.threads = 4;
  const auto hsm = open_hsm(std::move(many), true);
  ASSERT_TRUE(hsm.has_value());
  boost::asio::io_context loop(1);
  int good = 0;
  for (int i = 0; i < 200; ++i) {
    boost::asio::co_spawn(
        loop,
        [](Hsm& token, int n, int& count) -> runtime::Task<> {
          const Bytes context = std::to_string(n);
          auto wrapped = co_await token.wrap_root(Secret(Bytes(32, static_cast<char>(n))), context);
          if (!wrapped) co_return;
          auto key = co_await token.unwrap_root(*wrapped, context);
          if (key && key->view() == Bytes(32, static_cast<char>(n))) ++count;
        }(**hsm, i, good),
        boost::asio::detached);
  }
  loop.run();
  EXPECT_EQ(good, 200);
}

struct Outcomes {
  int good = 0;
  int timed_out = 0;
  int exhausted = 0;
  int other = 0;
};

runtime::Task<> wrap_once(Hsm& token, Outcomes& outcomes) {
  const auto wrapped = co_await token.wrap_root(some_key(), "c");
  if (wrapped) {
    ++outcomes.good;
  } else if (wrapped.error().code == ErrorCode::kTimeout) {
    ++outcomes.timed_out;
  } else if (wrapped.error().code == ErrorCode::kExhausted) {
    ++outcomes.exhausted;
  } else {
    ++outcomes.other;
  }
}

TEST_F(HsmTest, EveryCallEndsByItsDeadlineAndTheQueueIsBounded) {
  HsmConfig hurried = config(directory_);
  hurried.threads = 1;
  hurried.deadline = std::chrono::milliseconds(1);
  const auto hsm = open_hsm(std::move(hurried), true);
  ASSERT_TRUE(hsm.has_value());
  Outcomes outcomes;
  const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  constexpr int kCalls = 3000;
  int calls = 0;
  while ((outcomes.timed_out == 0 || outcomes.exhausted == 0) && std::chrono::steady_clock::now() < give_up) {
    boost::asio::io_context loop(1);
    for (int i = 0; i < kCalls; ++i) boost::asio::co_spawn(loop, wrap_once(**hsm, outcomes), boost::asio::detached);
    loop.run();
    calls += kCalls;
  }
  EXPECT_GT(outcomes.timed_out, 0);
  EXPECT_GT(outcomes.exhausted, 0);
  EXPECT_EQ(outcomes.other, 0);
  EXPECT_EQ(outcomes.good + outcomes.timed_out + outcomes.exhausted, calls);
}

TEST_F(HsmTest, IsUnavailableOnceStopped) {
  const auto hsm = open_hsm(config(directory_), true);
  ASSERT_TRUE(hsm.has_value());
  (*hsm)->stop();
  (*hsm)->stop();
  EXPECT_EQ(run_blocking((*hsm)->wrap_root(some_key(), "c")).error().code, ErrorCode::kUnavailable);
}

// A module that the operator configured himself: its token is found, or made with its key, by label and PIN alone.
TEST_F(HsmTest, OtherModulesKeepTheirOwnTokens) {
  fs::create_directories(directory_ + "/tokens");
  std::ofstream(directory_ + "/own.conf") << "directories.tokendir = " << directory_ << "/tokens\n";
  ::setenv("SOFTHSM2_CONF", (directory_ + "/own.conf").c_str(), 1);
  HsmConfig device = config("");
  EXPECT_EQ(open_hsm(config(""), false).error().code, ErrorCode::kNotFound);
  Bytes wrapped;
  {
    const auto hsm = open_hsm(std::move(device), true);
    ASSERT_TRUE(hsm.has_value()) << hsm.error().message << hsm.error().detail;
    wrapped = run_blocking((*hsm)->wrap_root(some_key(), "c")).value();
  }
  EXPECT_EQ(open_hsm(config("", "another pin"), false).error().code, ErrorCode::kDenied);
  const auto hsm = open_hsm(config(""), true);
  EXPECT_EQ(run_blocking(hsm.value()->unwrap_root(wrapped, "c")).value().view(), some_key().view());
}

constexpr const char* kCrashDirectory = "FREEHOLD_TEST_CRASH_DIRECTORY";

// The victim of the next test, in a process of its own.
TEST(HsmCreation, Victim) {
  const char* directory = std::getenv(kCrashDirectory);
  if (directory == nullptr) GTEST_SKIP() << "run by HsmCreation.KilledAnywhereLeavesNoTokenOrAWholeOne";
  EXPECT_TRUE(open_hsm(config(directory), true).has_value());
}

bool victim_was_killed(const std::string& directory, int at) {
  const std::string crash = std::string(kCrashDirectory) + "=" + directory;
  const std::string kill_at = "FREEHOLD_KILL_AT=" + std::to_string(at);
  std::string program = "/proc/self/exe";
  std::string filter = "--gtest_filter=HsmCreation.Victim";
  std::string brief = "--gtest_brief=1";
  char* const arguments[] = {program.data(), filter.data(), brief.data(), nullptr};
  char* const environment[] = {const_cast<char*>(crash.c_str()), const_cast<char*>(kill_at.c_str()), nullptr};
  pid_t child = 0;
  EXPECT_EQ(::posix_spawn(&child, program.c_str(), nullptr, nullptr, arguments, environment), 0);
  int status = 0;
  EXPECT_EQ(::waitpid(child, &status, 0), child);
  if (!WIFSIGNALED(status)) EXPECT_EQ(WEXITSTATUS(status), 0);
  return WIFSIGNALED(status);
}

TEST(HsmCreation, KilledAnywhereLeavesNoTokenOrAWholeOne) {
  int kills = 0;
  for (bool killed = true; killed && kills < 200;) {
    const TemporaryDirectory temporary;
    const std::string directory = temporary / "hsm";
    killed = victim_was_killed(directory, kills + 1);
    if (killed) ++kills;
    const auto left = open_hsm(config(directory), false);
    if (!left) EXPECT_EQ(left.error().code, ErrorCode::kNotFound) << "killed at " << kills;
    if (left) continue;
    const auto again = open_hsm(config(directory), true);
    ASSERT_TRUE(again.has_value()) << "killed at " << kills << ": " << again.error().message;
  }
#ifdef FREEHOLD_FAULT_POINTS
  EXPECT_GT(kills, 5);
#endif
}

class ErasureKeyTest : public HsmTest {
 protected:
  static ErasureKeyId key_id(std::uint8_t number) {
    ErasureKeyId id;
    id.bytes.fill(number);
    return id;
  }
  ErasureKeyId made(Hsm& hsm) {
    const auto id = key_id(++last_);
    EXPECT_TRUE(run_blocking(hsm.make_erasure_key(id)));
    return id;
  }
  std::unique_ptr<Hsm> open(std::function<Result<>()> changed = {}) {
    auto given = config(directory_);
    given.changed = std::move(changed);
    auto hsm = open_hsm(std::move(given), true);
    EXPECT_TRUE(hsm.has_value()) << hsm.error().message << hsm.error().detail;
    return hsm ? std::move(*hsm) : nullptr;
  }

  std::uint8_t last_ = 100;
};

TEST_F(ErasureKeyTest, WrapsAfterAReopeningUntilItIsDestroyed) {
  ErasureKeyId id;
  ErasureKeyId other;
  Bytes wrapped;
  {
    const auto hsm = open();
    id = made(*hsm);
    other = made(*hsm);
    wrapped = run_blocking(hsm->wrap_under(id, some_key(), "c")).value();
    EXPECT_EQ(run_blocking(hsm->unwrap_under(other, wrapped, "c")).error().code, ErrorCode::kCorrupt);
    EXPECT_EQ(run_blocking(hsm->unwrap_root(wrapped, "c")).error().code, ErrorCode::kCorrupt);
    EXPECT_EQ(run_blocking(hsm->unwrap_under(id, wrapped, "d")).error().code, ErrorCode::kCorrupt);
  }
  {
    const auto hsm = open();
    EXPECT_EQ(run_blocking(hsm->unwrap_under(id, wrapped, "c")).value().view(), some_key().view());
    EXPECT_EQ(run_blocking(hsm->erasure_keys()).value().size(), 2u);
    const auto destroyed = run_blocking(hsm->destroy_erasure_key(id));
    ASSERT_TRUE(destroyed) << destroyed.error().message << destroyed.error().detail;
    ASSERT_TRUE(run_blocking(hsm->destroy_erasure_key(id))) << "again is no error";
    EXPECT_EQ(run_blocking(hsm->unwrap_under(id, wrapped, "c")).error().code, ErrorCode::kNotFound);
    EXPECT_EQ(run_blocking(hsm->wrap_under(id, some_key(), "c")).error().code, ErrorCode::kNotFound);
  }
  const auto hsm = open();
  EXPECT_EQ(run_blocking(hsm->unwrap_under(id, wrapped, "c")).error().code, ErrorCode::kNotFound);
  EXPECT_EQ(run_blocking(hsm->erasure_keys()).value(), std::vector{other});
}

TEST_F(ErasureKeyTest, TheFilesKnowNothingOfADestroyedKey) {
  const auto hsm = open();
  const auto before = object_files(directory_).size();
  const auto id = made(*hsm);
  EXPECT_EQ(object_files(directory_).size(), before + 1);
  EXPECT_FALSE(fs::exists(directory_ + "/tokens.old"));
  ASSERT_TRUE(run_blocking(hsm->destroy_erasure_key(id)));
  EXPECT_EQ(object_files(directory_).size(), before);
  EXPECT_FALSE(fs::exists(directory_ + "/tokens.old"));
}

TEST_F(ErasureKeyTest, CountsItsChangesAndTellsOfThem) {
  unsigned told = 0;
  const auto disk = disk::make_real_disk();
  const auto hsm = open([&]() -> Result<> {
    ++told;
    return {};
  });
  const Secret pin(BytesView("a pin for tests"));
  const auto digest = token_digest(*disk, directory_).value();
  EXPECT_EQ(token_changes(*disk, directory_, pin).value(), 0u);
  const auto id = made(*hsm);
  EXPECT_EQ(told, 1u);
  EXPECT_EQ(token_changes(*disk, directory_, pin).value(), 1u);
  EXPECT_NE(token_digest(*disk, directory_).value(), digest);
  ASSERT_TRUE(run_blocking(hsm->destroy_erasure_key(id)));
  EXPECT_EQ(told, 2u);
  EXPECT_EQ(token_changes(*disk, directory_, pin).value(), 2u);
}

// While its copies can't be brought into step it isn't changed: neither its files nor the count of its changes.
TEST_F(ErasureKeyTest, NothingIsKeptWhileTheCopiesAreOutOfStep) {
  const auto disk = disk::make_real_disk();
  const Secret pin(BytesView("a pin for tests"));
  HsmConfig with = config(directory_);
  bool in_step = true;
  with.settle = [&]() -> Result<> {
    if (in_step) return {};
    return fail(ErrorCode::kUnavailable, "a newer copy");
  };
  const auto hsm = open_hsm(std::move(with), true).value();
  const auto id = made(*hsm);
  const auto before = token_state(*disk, directory_, pin).value();
  in_step = false;
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(run_blocking(hsm->make_erasure_key(key_id(9))).error().code, ErrorCode::kUnavailable);
    EXPECT_EQ(run_blocking(hsm->destroy_erasure_key(id)).error().code, ErrorCode::kUnavailable);
    EXPECT_EQ(run_blocking(hsm->erasure_keys()).error().code, ErrorCode::kUnavailable);
  }
  EXPECT_EQ(token_state(*disk, directory_, pin).value(), before);
  in_step = true;
  EXPECT_TRUE(run_blocking(hsm->destroy_erasure_key(id)));
  EXPECT_EQ(token_state(*disk, directory_, pin).value().changes, before.changes + 1);
}

TEST_F(ErasureKeyTest, WhatCantBeCopiedIsNotSaidToBeDone) {
  bool works = true;
  const auto hsm = open([&]() -> Result<> {
    if (works) return {};
    return fail(ErrorCode::kUnavailable, "no disk");
  });
  const auto id = made(*hsm);
  works = false;
  EXPECT_EQ(run_blocking(hsm->make_erasure_key(key_id(9))).error().code, ErrorCode::kUnavailable);
  EXPECT_EQ(run_blocking(hsm->destroy_erasure_key(id)).error().code, ErrorCode::kUnavailable);
  works = true;
  EXPECT_TRUE(run_blocking(hsm->destroy_erasure_key(id)));
}

// Between the two renames there is no tokens/: the token of before is the token again.
TEST_F(ErasureKeyTest, ACrashInTheMiddleOfAChangeLeavesTheTokenOfBeforeOrAfter) {
  ErasureKeyId id;
  {
    const auto hsm = open();
    id = made(*hsm);
  }
  fs::rename(directory_ + "/tokens", directory_ + "/tokens.old");
  {
    EXPECT_EQ(run_blocking(open()->erasure_keys()).value(), std::vector{id});
  }
  fs::create_directories(directory_ + "/tokens.old/left");
  {
    EXPECT_EQ(run_blocking(open()->erasure_keys()).value(), std::vector{id});
  }
  EXPECT_FALSE(fs::exists(directory_ + "/tokens.old"));
}

TEST_F(ErasureKeyTest, ChangesWhileOthersUseTheToken) {
  const auto hsm = open();
  const Bytes wrapped = run_blocking(hsm->wrap_root(some_key(), "c")).value();
  std::atomic<bool> done = false;
  std::vector<std::thread> users;
  for (int i = 0; i < 3; ++i) {
    users.emplace_back([&] {
      while (!done) EXPECT_EQ(run_blocking(hsm->unwrap_root(wrapped, "c")).value().view(), some_key().view());
    });
  }
  for (int i = 0; i < 5; ++i) {
    const auto id = made(*hsm);
    EXPECT_TRUE(run_blocking(hsm->destroy_erasure_key(id)));
  }
  done = true;
  for (auto& user : users) user.join();
}

}  // namespace
}  // namespace freehold::crypto
