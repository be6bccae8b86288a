// CTR streams and Ed25519.
#include <gtest/gtest.h>

#include "base/encoding.h"
#include "base/random.h"
#include "crypto/ctr.h"
#include "crypto/digest.h"
#include "crypto/ed25519.h"
#include "crypto/outer_cipher.h"
#include "src/openssl_ptr.h"

namespace freehold::crypto {
namespace {

// The whole key stream in one OpenSSL call: what every piecewise use has to agree with.
Bytes one_shot(const Secret& key, BytesView iv, BytesView plain) {
  const CipherContextPtr context(EVP_CIPHER_CTX_new());
  Bytes out(plain.size(), '\0');
  int done = 0;
  EXPECT_EQ(EVP_EncryptInit_ex(context.get(), EVP_aes_256_ctr(), nullptr, octets(key.view().data()), octets(iv.data())),
            1);
  EXPECT_EQ(
      EVP_EncryptUpdate(context.get(), octets(out.data()), &done, octets(plain.data()), static_cast<int>(plain.size())),
      1);
  return out;
}

TEST(CtrStream, AnyRangeAgreesWithTheWhole) {
  SeededRandom random(11);
  const Secret key(random.bytes(32));
  // Counters that carry out of 8, 32, 64 and all 128 bits within the range.
  for (const char* iv_hex :
       {"000102030405060708090a0b0c0d0e0f", "000000000000000000000000000000fe", "000000000000000000000000fffffffe",
        "0000000000000000fffffffffffffffe", "fffffffffffffffffffffffffffffffe"}) {
    const Bytes iv = *from_hex(iv_hex);
    const CtrStream stream(key, iv);
    const Bytes plain = random.bytes(3000);
    const Bytes whole = one_shot(key, iv, plain);
    for (int i = 0; i < 200; ++i) {
      const std::size_t from = random.below(plain.size());
      const std::size_t size = random.below(plain.size() - from + 1);
      Bytes piece = plain.substr(from, size);
      stream.apply(from, piece);
      EXPECT_EQ(piece, whole.substr(from, size)) << iv_hex << " at " << from << " + " << size;
      stream.apply(from, piece);
      EXPECT_EQ(piece, plain.substr(from, size));
    }
  }
}

TEST(CtrStream, OffsetsBeyond32BitsCountOn) {
  const Secret key(Bytes(32, 'k'));
  const CtrStream at_zero(key, *from_hex("00000000000000000000001000000000"));
  const CtrStream far(key, *from_hex("00000000000000000000000000000000"));
  Bytes a(100, 'x');
  Bytes b = a;
  at_zero.apply(5, a);
  far.apply((std::uint64_t{0x1000000000} << 4) + 5, b);
  EXPECT_EQ(a, b);
}

// What docs/formats/content-page.md says, by OpenSSL alone.
Bytes outer_by_openssl(const Secret& key, BytesView chunk, std::uint32_t page, Bytes text) {
  const auto derived = hkdf_expand(key.view(), "freehold outer chunk" + Bytes(chunk), 32);
  Bytes start(16, '\0');
  for (std::size_t i = 0; i < 4; ++i) start[15 - i] = static_cast<char>(page >> (8 * i));
  const CipherContextPtr context(EVP_CIPHER_CTX_new());
  int done = 0;
  EXPECT_EQ(
      EVP_EncryptInit_ex(context.get(), EVP_chacha20(), nullptr, octets(derived.view().data()), octets(start.data())),
      1);
  EXPECT_EQ(
      EVP_EncryptUpdate(context.get(), octets(text.data()), &done, octets(text.data()), static_cast<int>(text.size())),
      1);
  return text;
}

TEST(OuterCipher, IsChaCha20OfAChunksKeyAndAPagesNumber) {
  SeededRandom random(12);
  const Secret key(random.bytes(32));
  const Bytes chunk = random.bytes(16);
  const OuterCipher cipher(key, chunk);
  for (const std::uint32_t page : {0u, 1u, 255u, 1'000u, 70'000u}) {
    for (const std::size_t size : {0u, 1u, 17u, 64u, 65'552u}) {
      const Bytes plain = random.bytes(size);
      Bytes text = plain;
      cipher.apply(page, text);
      EXPECT_EQ(text, outer_by_openssl(key, chunk, page, plain)) << page << " " << size;
      cipher.apply(page, text);
      EXPECT_EQ(text, plain);
    }
  }
}

TEST(OuterCipher, DocumentedExample) {
  const Secret key(*from_hex("202122232425262728292a2b2c2d2e2f303132333435363738393a3b3c3d3e3f"));
  Bytes page = *from_hex("28d03c97bbf43683ecbcc436ab653a76d418adfe3ea33d9e");
  OuterCipher(key, *from_hex("a0a1a2a3a4a5a6a7a8a9aaabacadaeaf")).apply(2, page);
  EXPECT_EQ(to_hex(page), "2897a5a6dc8943e26a2e49f88b7be7ac6ca6a3ea9a9f5e3d");
}

// RFC 8032 section 7.1, tests 1 and 3.
TEST(Ed25519, Rfc8032) {
  const auto empty =
      ed25519_from_seed(Secret(*from_hex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60")));
  EXPECT_EQ(to_hex(empty.value().public_key), "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a");
  EXPECT_EQ(
      to_hex(ed25519_sign(empty.value().seed, {})),
      "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe"
      "24655141438e7a100b");
  const Secret seed(*from_hex("c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7"));
  EXPECT_EQ(
      to_hex(ed25519_sign(seed, *from_hex("af82"))),
      "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed2"
      "8dc027beceea1ec40a");
}

TEST(Ed25519, VerifiesOnlyWhatWasSigned) {
  const Ed25519KeyPair pair = make_ed25519();
  const Bytes signature = ed25519_sign(pair.seed, "a checkpoint");
  EXPECT_TRUE(ed25519_verify(pair.public_key, "a checkpoint", signature));
  EXPECT_FALSE(ed25519_verify(pair.public_key, "a checkpoinT", signature));
  EXPECT_FALSE(ed25519_verify(make_ed25519().public_key, "a checkpoint", signature));
  EXPECT_FALSE(ed25519_verify(pair.public_key, "a checkpoint", signature.substr(1)));
  EXPECT_FALSE(ed25519_verify("short", "a checkpoint", signature));
  for (std::size_t i = 0; i < signature.size(); ++i) {
    Bytes bad = signature;
    bad[i] = static_cast<char>(bad[i] ^ 1);
    EXPECT_FALSE(ed25519_verify(pair.public_key, "a checkpoint", bad)) << i;
  }
}

TEST(Ed25519, RefusesASeedOfAnotherLength) {
  EXPECT_EQ(ed25519_from_seed(Secret(31)).error().code, ErrorCode::kInvalidArgument);
}

}  // namespace
}  // namespace freehold::crypto
