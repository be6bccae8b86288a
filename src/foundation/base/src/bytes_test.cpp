#include "base/bytes.h"

#include <gtest/gtest.h>

namespace freehold {
namespace {

TEST(Bytes, IntegersSortAsTheyCount) {
  Bytes small;
  Bytes large;
  append_u32(small, 255);
  append_u32(large, 256);
  EXPECT_LT(small, large);
}

TEST(Bytes, ReaderReadsWhatWasWritten) {
  Bytes out;
  append_u8(out, 7);
  append_u16(out, 0x1234);
  append_u64(out, 0x0123456789abcdefull);
  append_sized(out, "text");
  ByteReader in(out);
  EXPECT_EQ(in.u8(), 7);
  EXPECT_EQ(in.u16(), 0x1234);
  EXPECT_EQ(in.u64(), 0x0123456789abcdefull);
  EXPECT_EQ(in.sized(10), "text");
  EXPECT_TRUE(in.done());
}

TEST(Bytes, ReaderNeverReadsPastTheEnd) {
  Bytes out;
  append_u32(out, 100);
  out += "short";
  ByteReader in(out);
  EXPECT_EQ(in.sized(1000), "");
  EXPECT_FALSE(in.ok());
  ByteReader limited(out);
  EXPECT_EQ(limited.sized(99), "");
  EXPECT_FALSE(limited.ok());
}

TEST(Bytes, AlignedBufferIsAlignedAndPadded) {
  AlignedBuffer buffer(5000);
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(buffer.data()) % kDirectAlignment, 0u);
  EXPECT_EQ(buffer.capacity(), 8192u);
  EXPECT_EQ(buffer.data()[8191], 0);
  AlignedBuffer moved = std::move(buffer);
  EXPECT_EQ(moved.size(), 5000u);
}

}  // namespace
}  // namespace freehold
