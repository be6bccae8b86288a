#include "crypto/digest.h"

#include <gtest/gtest.h>

#include "base/encoding.h"

namespace freehold::crypto {
namespace {

Bytes hex(std::string_view text) { return *from_hex(text); }

TEST(Digest, Sha256KnownAnswers) {
  EXPECT_EQ(to_hex(view(sha256(""))), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(to_hex(view(sha256("abc"))), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST(Digest, Sha256OfPiecesIsThatOfTheirConcatenation) {
  EXPECT_EQ(sha256({"a", "", "bc"}), sha256("abc"));
  EXPECT_EQ(sha256(std::initializer_list<BytesView>{}), sha256(""));
}

struct HmacCase {
  Bytes key;
  Bytes data;
  std::string_view mac;
};

// RFC 4231 sections 4.2 to 4.8 (without the truncated one); the last two have keys longer than a block.
TEST(Digest, HmacRfc4231) {
  const HmacCase cases[] = {
      {Bytes(20, '\x0b'), "Hi There", "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"},
      {"Jefe", "what do ya want for nothing?", "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"},
      {Bytes(20, '\xaa'), Bytes(50, '\xdd'), "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"},
      {hex("0102030405060708090a0b0c0d0e0f10111213141516171819"), Bytes(50, '\xcd'),
       "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b"},
      {Bytes(131, '\xaa'), "Test Using Larger Than Block-Size Key - Hash Key First",
       "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"},
      {Bytes(131, '\xaa'),
       "This is a test using a larger than block-size key and a larger than block-size data. The key needs to be "
       "hashed "
       "before being used by the HMAC algorithm.",
       "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2"},
  };
  for (const HmacCase& c : cases) EXPECT_EQ(to_hex(view(hmac_sha256(c.key, c.data))), c.mac);
}

// RFC 5869 appendix A.1 and A.2: the pseudo-random key and what it expands to.
TEST(Digest, HkdfExpandRfc5869) {
  const Secret short_one = hkdf_expand(hex("077709362c2e32df0ddc3f0dc47bba6390b6c73bb50f9c3122ec844ad7c2b3e5"),
                                       hex("f0f1f2f3f4f5f6f7f8f9"), 42);
  EXPECT_EQ(to_hex(short_one.view()),
            "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865");
  Bytes info;
  for (int i = 0xb0; i <= 0xff; ++i) info.push_back(static_cast<char>(i));
  const Secret long_one =
      hkdf_expand(hex("06a6b88c5853361a06104c9ceb35b45cef760014904671014a193f40c15fc244"), info, 82);
  EXPECT_EQ(
      to_hex(long_one.view()),
      "b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c59045a99cac7827271cb41c65e590e09da3275600c2f"
      "09b8367793a9aca3db71cc30c58179ec3e87c14c01d5c1f3434f1d87");
}

TEST(Digest, HkdfExpandReachesItsLongestLength) {
  const Secret longest = hkdf_expand("key", "info", 8160);
  EXPECT_EQ(longest.size(), 8160u);
  EXPECT_EQ(longest.view().substr(0, 100), hkdf_expand("key", "info", 100).view());
  EXPECT_TRUE(hkdf_expand("key", "info", 0).empty());
}

TEST(Digest, Md5StreamsInAnyPieces) {
  Md5 md5;
  md5.update("message ");
  md5.update("");
  md5.update("digest");
  const Md5Digest digest = md5.finish();
  EXPECT_EQ(to_hex(view(digest)), "f96b697d7cb7938d525a2f31aaf161d0");  // RFC 1321 appendix A.5
}

TEST(Digest, Md5MovesWithItsState) {
  Md5 first;
  first.update("a");
  Md5 second(std::move(first));
  second.update("bc");
  EXPECT_EQ(to_hex(view(second.finish())), "900150983cd24fb0d6963f7d28e17f72");
}

}  // namespace
}  // namespace freehold::crypto
