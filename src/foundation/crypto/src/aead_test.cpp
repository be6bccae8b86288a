#include "crypto/aead.h"

#include <gtest/gtest.h>

#include <thread>

#include "base/encoding.h"

namespace freehold::crypto {
namespace {

Secret test_key(char fill) { return Secret(Bytes(kAeadKeyBytes, fill)); }

class ForcedEngine {
 public:
  explicit ForcedEngine(AeadEngine engine) : able_(force_aead_engine_for_tests(engine)) {}
  ~ForcedEngine() { force_aead_engine_for_tests(std::nullopt); }
  ForcedEngine(const ForcedEngine&) = delete;
  ForcedEngine& operator=(const ForcedEngine&) = delete;
  [[nodiscard]] bool able() const { return able_; }

 private:
  bool able_;
};

// Both engines where the processor can run both; OpenSSL alone otherwise.
std::vector<AeadEngine> engines() {
  std::vector<AeadEngine> all{AeadEngine::kOpenssl};
  if (ForcedEngine(AeadEngine::kIpsecMb).able()) all.push_back(AeadEngine::kIpsecMb);
  return all;
}

ChunkCipher cipher_by(AeadEngine engine, const Secret& key, BytesView id) {
  const ForcedEngine forced(engine);
  return {key, id};
}

constexpr BytesView kChunk = "0123456789abcdef";

Bytes seal_page(const ChunkCipher& cipher, std::uint32_t index, BytesView plain) {
  Bytes out(plain.size() + kAeadTagBytes, '\0');
  cipher.seal_page(index, plain, out);
  return out;
}

const std::size_t kLengths[] = {0,     1,     15,    16,    17,    31,      32,       33,   63,    64,
                                65,    127,   128,   129,   255,   256,     257,      511,  512,   768,
                                1000,  1023,  1024,  1025,  4095,  4096,    4097,     8191, 16384, 65519,
                                65520, 65521, 65535, 65536, 65537, 100'000, 1'048'576};

TEST(Seal, OpensWhatWasSealed) {
  SystemRandom random;
  const Secret key = test_key('k');
  for (const std::size_t size : {0, 1, 16, 1000}) {
    const Bytes plain = random.bytes(size);
    const Bytes sealed = seal(key, "place", plain, random);
    EXPECT_EQ(sealed.size(), size + kAeadNonceBytes + kAeadTagBytes);
    EXPECT_EQ(open(key, "place", sealed).value(), plain);
    EXPECT_EQ(open_secret(key, "place", sealed).value().view(), plain);
  }
}

TEST(Seal, RefusesAnotherPlaceKeyOrChangedByte) {
  SystemRandom random;
  const Secret key = test_key('k');
  const Bytes sealed = seal(key, "place", "some words", random);
  EXPECT_EQ(open(key, "other", sealed).error().code, ErrorCode::kCorrupt);
  EXPECT_EQ(open(test_key('x'), "place", sealed).error().code, ErrorCode::kCorrupt);
  for (std::size_t i = 0; i < sealed.size(); ++i) {
    Bytes bad = sealed;
    bad[i] = static_cast<char>(bad[i] ^ 0x40);
    EXPECT_EQ(open(key, "place", bad).error().code, ErrorCode::kCorrupt) << i;
    EXPECT_EQ(open_secret(key, "place", bad).error().code, ErrorCode::kCorrupt) << i;
  }
  for (std::size_t size = 0; size < sealed.size(); ++size) {
    EXPECT_EQ(open(key, "place", sealed.substr(0, size)).error().code, ErrorCode::kCorrupt) << size;
  }
}

TEST(Seal, EveryMessageHasItsOwnNonce) {
  SystemRandom random;
  const Secret key = test_key('k');
  EXPECT_NE(seal(key, "", "same", random), seal(key, "", "same", random));
}

// RFC 3394 sections 4.3 and 4.6.
TEST(KeyWrap, Rfc3394) {
  const Secret kek(*from_hex("000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"));
  const Secret short_key(*from_hex("00112233445566778899aabbccddeeff"));
  EXPECT_EQ(to_hex(wrap_key(kek, short_key)), "64e8c3f9ce0f5ba263e9777905818a2a93c8191e7d6e8ae7");
  const Secret long_key(*from_hex("00112233445566778899aabbccddeeff000102030405060708090a0b0c0d0e0f"));
  const Bytes wrapped = wrap_key(kek, long_key);
  EXPECT_EQ(to_hex(wrapped), "28c9f404c4b810f4cbccb35cfb87f8263f5786e2d80ed326cbc7f0e71a99f43bfb988b9b7a02dd21");
  EXPECT_EQ(unwrap_key(kek, wrapped).value().view(), long_key.view());
}

TEST(KeyWrap, RefusesAnyChangeAndAnyOddLength) {
  const Secret kek = test_key('w');
  const Bytes wrapped = wrap_key(kek, test_key('k'));
  for (std::size_t i = 0; i < wrapped.size(); ++i) {
    Bytes bad = wrapped;
    bad[i] = static_cast<char>(bad[i] ^ 1);
    EXPECT_EQ(unwrap_key(kek, bad).error().code, ErrorCode::kCorrupt);
    EXPECT_EQ(unwrap_key(kek, wrapped.substr(0, i)).error().code, ErrorCode::kCorrupt);
  }
  EXPECT_EQ(unwrap_key(test_key('x'), wrapped).error().code, ErrorCode::kCorrupt);
  EXPECT_EQ(unwrap_key(kek, Bytes(4096, 'a')).error().code, ErrorCode::kCorrupt);
}

TEST(ChunkCipher, EnginesAgreeAtEveryLength) {
  SystemRandom random;
  const Secret key = test_key('b');
  const ChunkCipher reference = cipher_by(AeadEngine::kOpenssl, key, kChunk);
  for (const AeadEngine engine : engines()) {
    const ChunkCipher cipher = cipher_by(engine, key, kChunk);
    for (const std::size_t size : kLengths) {
      const Bytes plain = random.bytes(size);
      const Bytes sealed = seal_page(cipher, 7, plain);
      EXPECT_EQ(sealed, seal_page(reference, 7, plain)) << size;
      Bytes opened(size, '?');
      EXPECT_TRUE(cipher.open_page(7, sealed, opened)) << size;
      EXPECT_EQ(opened, plain) << size;
    }
  }
}

TEST(ChunkCipher, WorksInPlace) {
  SystemRandom random;
  for (const AeadEngine engine : engines()) {
    const ChunkCipher cipher = cipher_by(engine, test_key('b'), kChunk);
    for (const std::size_t size : kLengths) {
      const Bytes plain = random.bytes(size);
      const Bytes expected = seal_page(cipher, 3, plain);
      Bytes page = plain + Bytes(kAeadTagBytes, '\0');
      cipher.seal_page(3, BytesView(page).substr(0, size), page);
      EXPECT_EQ(page, expected) << size;
      EXPECT_TRUE(cipher.open_page(3, page, std::span(page).first(size))) << size;
      EXPECT_EQ(page.substr(0, size), plain) << size;
    }
  }
}

TEST(ChunkCipher, RefusesAndWipesWhatDoesNotVerify) {
  const Bytes plain(5000, 'p');
  for (const AeadEngine engine : engines()) {
    const ChunkCipher cipher = cipher_by(engine, test_key('b'), kChunk);
    const Bytes sealed = seal_page(cipher, 0, plain);
    for (const std::size_t i : {std::size_t{0}, plain.size() - 1, plain.size(), sealed.size() - 1}) {
      Bytes bad = sealed;
      bad[i] = static_cast<char>(bad[i] ^ 0x80);
      Bytes out(plain.size(), '?');
      EXPECT_FALSE(cipher.open_page(0, bad, out)) << i;
      EXPECT_EQ(out, Bytes(plain.size(), '\0')) << i;
    }
    Bytes out(plain.size(), '?');
    EXPECT_FALSE(cipher.open_page(1, sealed, out)) << "a page at another index";
    EXPECT_FALSE(cipher_by(engine, test_key('b'), "another chunk").open_page(0, sealed, out));
    EXPECT_FALSE(cipher_by(engine, test_key('c'), kChunk).open_page(0, sealed, out));
    Bytes nothing;
    EXPECT_FALSE(cipher.open_page(0, sealed.substr(0, 15), nothing)) << "shorter than a tag";
  }
}

TEST(ChunkCipher, PagesAndChunksDiffer) {
  const ChunkCipher cipher(test_key('b'), kChunk);
  const Bytes plain(64, 'p');
  EXPECT_NE(seal_page(cipher, 0, plain), seal_page(cipher, 1, plain));
  EXPECT_NE(seal_page(cipher, 1, plain), seal_page(cipher, 0x01000000, plain));
  EXPECT_NE(seal_page(cipher, 0, plain), seal_page(ChunkCipher(test_key('b'), "fedcba9876543210"), 0, plain));
}

// The worked example of docs/formats/content-page.md.
TEST(ChunkCipher, DocumentedExample) {
  const Secret blob_key(*from_hex("000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"));
  const Bytes chunk_id = *from_hex("a0a1a2a3a4a5a6a7a8a9aaabacadaeaf");
  for (const AeadEngine engine : engines()) {
    const Bytes sealed = seal_page(cipher_by(engine, blob_key, chunk_id), 2, "Freehold");
    EXPECT_EQ(to_hex(sealed), "28d03c97bbf43683becbc436ab653a76d418adfe3ea33d9e");
  }
}

TEST(ChunkCipher, IsSharedByThreads) {
  SystemRandom random;
  for (const AeadEngine engine : engines()) {
    const ChunkCipher cipher = cipher_by(engine, test_key('t'), kChunk);
    const Bytes plain = random.bytes(10'000);
    const Bytes expected = seal_page(cipher, 9, plain);
    std::atomic<int> wrong{0};
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t) {
      threads.emplace_back([&] {
        for (int i = 0; i < 200; ++i) {
          Bytes opened(plain.size(), '\0');
          if (seal_page(cipher, 9, plain) != expected) ++wrong;
          if (!cipher.open_page(9, expected, opened) || opened != plain) ++wrong;
        }
      });
    }
    for (std::thread& thread : threads) thread.join();
    EXPECT_EQ(wrong, 0);
  }
}

}  // namespace
}  // namespace freehold::crypto
