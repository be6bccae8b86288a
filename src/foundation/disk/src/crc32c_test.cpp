#include "disk/crc32c.h"

#include <gtest/gtest.h>

#include <chrono>
#include <cstdio>

#include "base/random.h"
#include "src/rocksdb_crc32c.h"

namespace freehold::disk {
namespace {

TEST(Crc32c, KnownAnswers) {  // RFC 3720 appendix B.4
  EXPECT_EQ(crc32c(Bytes(32, '\0')), 0x8a9136aau);
  EXPECT_EQ(crc32c(Bytes(32, '\xff')), 0x62a8ab43u);
  EXPECT_EQ(crc32c("123456789"), 0xe3069283u);
  EXPECT_EQ(crc32c(""), 0u);
}

TEST(Crc32c, AgreesWithTheReferenceAtEveryKindOfLength) {
  SeededRandom random(1);
  const Bytes bytes = random.bytes(70'000);
  for (const std::size_t n : {1ul, 7ul, 8ul, 9ul, 4096ul, 16'319ul, 16'320ul, 16'321ul, 40'000ul, 65'536ul, 69'999ul}) {
    const BytesView part = BytesView(bytes).substr(1, n);  // unaligned on purpose
    EXPECT_EQ(crc32c(part), crc32c_portable(part)) << n;
    EXPECT_EQ(crc32c(part.substr(n / 3), crc32c(part.substr(0, n / 3))), crc32c(part)) << n;
  }
}

TEST(Crc32c, StandsInForRocksDbsOwn) { EXPECT_TRUE(rocksdb_uses_our_crc32c()); }

TEST(Crc32c, ReportsItsSpeed) {
  const Bytes bytes(64 * 1024, 'x');
  const auto start = std::chrono::steady_clock::now();
  std::uint32_t sum = 0;
  for (int i = 0; i < 4'000; ++i) sum = crc32c(bytes, sum);
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
  EXPECT_NE(sum, 0u);
  std::printf("crc32c: %.1f GB/s (%08x)\n", 4'000.0 * 65'536 / took.count() / 1e9, sum);
}

}  // namespace
}  // namespace freehold::disk
