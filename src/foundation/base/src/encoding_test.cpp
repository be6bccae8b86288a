#include "base/encoding.h"

#include <gtest/gtest.h>

#include <array>

#include "base/ids.h"
#include "base/random.h"
#include "base/secret.h"

namespace freehold {
namespace {

TEST(Encoding, Base64OfRfc4648) {
  const std::array<std::pair<std::string, std::string>, 7> vectors = {{{"", ""},
                                                                       {"f", "Zg=="},
                                                                       {"fo", "Zm8="},
                                                                       {"foo", "Zm9v"},
                                                                       {"foob", "Zm9vYg=="},
                                                                       {"fooba", "Zm9vYmE="},
                                                                       {"foobar", "Zm9vYmFy"}}};
  for (const auto& [plain, text] : vectors) {
    EXPECT_EQ(to_base64(plain), text);
    EXPECT_EQ(from_base64(text), plain);
  }
}

TEST(Encoding, Base64RefusesWhatIsNotCanonical) {
  for (const char* text : {"Zg=", "Zg", "Zh==", "Zg==\n", " Zg==", "Z===", "====", "Zm9v=", "Zm-v"}) {
    EXPECT_FALSE(from_base64(text)) << text;
  }
  EXPECT_EQ(from_base64url("-_8"), Bytes("\xfb\xff"));
  EXPECT_FALSE(from_base64url("+/8"));
}

TEST(Encoding, Base64OfEveryByteAtEveryPlace) {
  for (std::size_t size = 1; size <= 7; ++size) {
    for (std::size_t place = 0; place < size; ++place) {
      for (int value = 0; value < 256; ++value) {
        Bytes bytes(size, '\x5a');
        bytes[place] = static_cast<char>(value);
        EXPECT_EQ(from_base64(to_base64(bytes)), bytes);
        EXPECT_EQ(from_base64url(to_base64url(bytes)), bytes);
        std::string text = to_base64url(bytes);
        text[place] = static_cast<char>(value);
        const auto read = from_base64url(text);
        EXPECT_EQ(read.has_value(), read && to_base64url(*read) == text) << text;
      }
    }
  }
}

TEST(Encoding, PercentRoundTripAndBrokenEscapes) {
  EXPECT_EQ(percent_encode("a b/ü", "/"), "a%20b/%C3%BC");
  EXPECT_EQ(percent_decode("a%20b/%c3%bc+"), "a b/ü+");
  for (const char* text : {"%", "%2", "%zz", "a%2"}) EXPECT_FALSE(percent_decode(text)) << text;
}

TEST(Encoding, Utf8) {
  EXPECT_TRUE(is_valid_utf8("aü€😀"));
  for (const char* text : {"\x80", "\xc0\x80", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xe2\x82", "\xff"}) {
    EXPECT_FALSE(is_valid_utf8(text));
  }
}

TEST(Encoding, NumbersAreWholeAndUnsigned) {
  EXPECT_EQ(parse_u64("18446744073709551615"), 18446744073709551615ull);
  for (const char* text : {"", "+1", "-1", " 1", "1 ", "0x1", "18446744073709551616"}) EXPECT_FALSE(parse_u64(text));
}

TEST(Encoding, NearestNamesTheTypo) {
  constexpr std::array<std::string_view, 3> kKnown = {"region", "limits", "hsm"};
  EXPECT_EQ(nearest("regoin", kKnown), "region");
  EXPECT_EQ(nearest("completely-else", kKnown), "");
}

TEST(Ids, GuidTextRoundTrip) {
  SeededRandom random(1);
  const auto id = random_id<TenantId>(random);
  EXPECT_EQ(parse_guid<TenantId>(to_string(id)), id);
  EXPECT_EQ(to_string(id)[14], '4');
  EXPECT_FALSE(parse_guid<TenantId>("not-a-guid"));
}

TEST(Secret, MovesAndComparesInConstantTime) {
  Secret a(BytesView("key"));
  Secret b = std::move(a);
  EXPECT_EQ(b.view(), "key");
  EXPECT_TRUE(constant_time_equal("abc", "abc"));
  EXPECT_FALSE(constant_time_equal("abc", "abd"));
  EXPECT_FALSE(constant_time_equal("abc", "ab"));
}

}  // namespace
}  // namespace freehold
