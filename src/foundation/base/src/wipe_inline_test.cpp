#include "base/wipe_inline.h"

#include <gtest/gtest.h>

#include <string>

namespace freehold {
namespace {

TEST(WipeInline, OverwritesAllAndNothingElse) {
  constexpr std::size_t kAround = 40;
  for (std::size_t size = 0; size <= 600; ++size) {
    for (const std::size_t offset : {0, 1, 7}) {
      std::string memory(kAround + offset + size + kAround, 'x');
      std::string expected = memory;
      expected.replace(kAround + offset, size, size, '\0');
      wipe_inline(memory.data() + kAround + offset, size);
      EXPECT_EQ(memory, expected) << size;
    }
  }
}

}  // namespace
}  // namespace freehold
