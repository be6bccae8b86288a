#include "input_buffer.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string_view>

#include "http/message.h"

namespace freehold::http {
namespace {

constexpr std::string_view kKey = "a key that came in a head";

void put(InputBuffer& buffer, std::string_view bytes) {
  while (!bytes.empty()) {
    const auto room = buffer.room();
    const auto n = std::min(room.size(), bytes.size());
    std::copy_n(bytes.data(), n, room.data());
    buffer.filled(n);
    bytes.remove_prefix(n);
  }
}

// What lies in the buffer's memory, used or not: all of it is room once the buffer is empty.
bool remembers(InputBuffer& buffer, std::string_view bytes) {
  const auto room = buffer.room();
  return std::string_view(room.data(), room.size()).find(bytes) != std::string_view::npos;
}

TEST(InputBufferTest, OverwritesWhatWasUsed) {
  InputBuffer buffer;
  put(buffer, kKey);
  ASSERT_EQ(buffer.view(), kKey);
  EXPECT_FALSE(remembers(buffer, kKey));  // in use: no room
  buffer.consume(kKey.size());
  EXPECT_TRUE(buffer.empty());
  EXPECT_FALSE(remembers(buffer, kKey));
}

TEST(InputBufferTest, OverwritesWhatWasMovedAway) {
  InputBuffer buffer;
  put(buffer, std::string(InputBuffer::kSmall - kKey.size(), 'x'));
  put(buffer, kKey);
  buffer.consume(InputBuffer::kSmall - kKey.size());
  put(buffer, "next");  // moves the key to the front and leaves it where it was
  ASSERT_TRUE(buffer.view().starts_with(kKey));
  buffer.consume(buffer.view().size());
  EXPECT_FALSE(remembers(buffer, kKey));
}

TEST(InputBufferTest, KeepsWhatWasNotUsedWhenItGrowsAndRests) {
  InputBuffer buffer;
  const std::string much(3 * InputBuffer::kSmall, 'y');
  put(buffer, kKey);
  put(buffer, much);
  EXPECT_EQ(buffer.view(), std::string(kKey) + much);
  buffer.consume(kKey.size() + much.size());
  buffer.rest();
  put(buffer, "again");
  EXPECT_EQ(buffer.view(), "again");
}

TEST(HeadersTest, ValuesAreWipedByName) {
  Headers headers;
  headers.add("x-ms-encryption-key", std::string(kKey));
  headers.add("x-ms-version", "2021-06-08");
  const char* at = headers.get("x-ms-encryption-key").data();
  headers.wipe_values("x-ms-encryption-key");
  EXPECT_EQ(std::count(at, at + kKey.size(), '\0'), static_cast<std::ptrdiff_t>(kKey.size()));
  EXPECT_EQ(headers.get("x-ms-encryption-key"), "");
  EXPECT_EQ(headers.get("x-ms-version"), "2021-06-08");
}

}  // namespace
}  // namespace freehold::http
