#include "crypto/compact_jwe.h"

#include <gtest/gtest.h>

#include "base/encoding.h"
#include "crypto/key_certificate.h"

namespace freehold::crypto {
namespace {

Secret content_key() {
  Secret key(kContentKeyBytes);
  for (std::size_t i = 0; i < key.size(); ++i) key.span()[i] = static_cast<char>(i);
  return key;
}

// RFC 7518 appendix B.3 has another header (its associated data), so its numbers are checked by their parts elsewhere;
// what stands here is that a message opens, and nothing like it does.
TEST(CompactJwe, AMessageUnderAKeyOpensOnlyAsItWasMade) {
  SeededRandom random(3);
  const Secret plain(BytesView("what the pool's keys are wrapped by"));
  const auto text = seal_direct(content_key(), "tag", plain, random);
  ASSERT_TRUE(text);
  const auto opened = open_direct(content_key(), *text);
  ASSERT_TRUE(opened);
  EXPECT_EQ(opened->view(), plain.view());
  Secret other = content_key();
  other.span()[0] = 'x';
  EXPECT_FALSE(open_direct(other, *text));
  for (std::size_t i = 0; i < text->size(); i += 7) {
    std::string altered = *text;
    altered[i] = altered[i] == 'A' ? 'B' : 'A';
    EXPECT_FALSE(open_direct(content_key(), altered)) << i;
  }
  for (const char* bad : {"", "....", "a.b.c.d", "a.b.c.d.e", "e30....", "e30.....", "!.!.!.!.!"}) {
    EXPECT_FALSE(open_direct(content_key(), bad)) << bad;
  }
}

TEST(CompactJwe, AMessageToACertificateIsForItsKeyAlone) {
  SeededRandom random(4);
  const auto key = JoseKey::generate_rsa(2'048, 65'537);
  const auto other = JoseKey::generate_rsa(2'048, 65'537);
  ASSERT_TRUE(key && other);
  const auto certificate =
      self_signed(*key, {.subject = "CN=share holder"}, WallTime(std::chrono::hours(24 * 20'000)), random);
  ASSERT_TRUE(certificate);
  const Secret plain(BytesView("a share"));
  const auto text = seal_to_certificate(*certificate, plain, random);
  ASSERT_TRUE(text);
  const auto opened = open_sealed_to(*key, *text);
  ASSERT_TRUE(opened);
  EXPECT_EQ(opened->view(), plain.view());
  EXPECT_FALSE(open_sealed_to(*other, *text));
  EXPECT_FALSE(open_direct(content_key(), *text));
  EXPECT_FALSE(seal_to_certificate("no certificate", plain, random));
  const auto curve = JoseKey::generate_ec(Curve::kP256);
  const auto of_curve = self_signed(*curve, {.subject = "CN=x"}, WallTime(std::chrono::hours(24 * 20'000)), random);
  ASSERT_TRUE(of_curve);
  EXPECT_FALSE(seal_to_certificate(*of_curve, plain, random));
}

// HMAC-SHA-512 of 00000001 || label || 00 || 00000200.
TEST(CompactJwe, KeysAreDerivedAsClientsDo) {
  const Secret key(BytesView("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"));
  EXPECT_EQ(to_hex(derive_by_counter(key, "freehold", 64).view()),
            "262450a5682e2e156493531d03000cc2944a8e999e33eac890418bf48db719b60952f187408ef5c9edb06a41a5bbbb06ab1946a48c"
            "2843c7c62438c1c8a1ae33");
}

}  // namespace
}  // namespace freehold::crypto
