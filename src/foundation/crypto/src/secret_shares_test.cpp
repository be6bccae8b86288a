#include "crypto/secret_shares.h"

#include <gtest/gtest.h>

#include <numeric>

namespace freehold::crypto {
namespace {

Secret every_byte() {
  Secret out(256);
  std::iota(out.span().begin(), out.span().end(), '\0');
  return out;
}

std::vector<Secret> some_of(const std::vector<Secret>& shares, std::initializer_list<std::size_t> which) {
  std::vector<Secret> out;
  for (const auto i : which) out.push_back(shares[i].clone());
  return out;
}

TEST(SecretShares, AnyQuorumGivesTheSecretBack) {
  SeededRandom random(7);
  const Secret secret = every_byte();
  const auto shares = share_secret(secret, 5, 3, random);
  ASSERT_TRUE(shares);
  for (std::size_t a = 0; a < 5; ++a) {
    for (std::size_t b = 0; b < 5; ++b) {
      for (std::size_t c = 0; c < 5; ++c) {
        if (a == b || b == c || a == c) continue;
        const auto joined = join_shares(some_of(*shares, {a, b, c}), 3);
        ASSERT_TRUE(joined);
        EXPECT_EQ(joined->view(), secret.view());
      }
    }
  }
}

TEST(SecretShares, FewerSayNothing) {
  SeededRandom random(8);
  const Secret secret = every_byte();
  const auto shares = share_secret(secret, 3, 2, random);
  ASSERT_TRUE(shares);
  EXPECT_EQ(join_shares(some_of(*shares, {0}), 2).error().code, ErrorCode::kInvalidArgument);
  // Of one byte, shared often, a single share takes every value.
  std::array<int, 257> seen{};
  const Secret byte(BytesView("x"));
  for (int i = 0; i < 20'000; ++i) {
    const auto one = share_secret(byte, 2, 2, random);
    const auto view = (*one)[0].view();
    const unsigned word = static_cast<unsigned char>(view[0]) | static_cast<unsigned char>(view[1]) << 8;
    EXPECT_EQ(word >> 9, 1u);
    ++seen.at(word & 0x1ff);
  }
  for (const int times : seen) EXPECT_GT(times, 20);
}

TEST(SecretShares, TheMostThereCanBe) {
  SeededRandom random(9);
  const Secret secret(BytesView("\xff\xfe\x00\x01", 4));
  const auto shares = share_secret(secret, kMostShares, kMostShares, random);
  ASSERT_TRUE(shares);
  const auto joined = join_shares(*shares, kMostShares);
  ASSERT_TRUE(joined);
  EXPECT_EQ(joined->view(), secret.view());
  EXPECT_FALSE(share_secret(secret, kMostShares + 1, 2, random));
  EXPECT_FALSE(share_secret(secret, 3, 1, random));
  EXPECT_FALSE(share_secret(secret, 2, 3, random));
}

TEST(SecretShares, WhatIsNoShareIsRefused) {
  SeededRandom random(10);
  const auto shares = share_secret(every_byte(), 3, 2, random);
  ASSERT_TRUE(shares);
  EXPECT_FALSE(join_shares(some_of(*shares, {0, 0}), 2)) << "two of one place";
  std::vector<Secret> uneven = some_of(*shares, {0});
  uneven.emplace_back(BytesView("\x00\x04", 2));
  EXPECT_FALSE(join_shares(uneven, 2));
  std::vector<Secret> nowhere = some_of(*shares, {0});
  nowhere.emplace_back(std::size_t{512});
  EXPECT_FALSE(join_shares(nowhere, 2));
}

}  // namespace
}  // namespace freehold::crypto
