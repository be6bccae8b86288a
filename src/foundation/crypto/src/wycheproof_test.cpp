#include "src/wycheproof.h"

#include "src/gcm_key.h"

namespace freehold::crypto {
namespace {

using testing::hex;
using testing::Json;
using testing::vectors;

void check_gcm(const GcmKey& key, const Json& test) {
  const Bytes plain = hex(test, "msg");
  const Bytes sealed = hex(test, "ct") + hex(test, "tag");
  const bool valid = test.at("result") == "valid";
  Bytes opened(plain.size(), '\0');
  EXPECT_EQ(key.open(hex(test, "iv"), hex(test, "aad"), sealed, opened), valid) << test.dump();
  if (!valid) return;
  EXPECT_EQ(opened, plain);
  Bytes again(sealed.size(), '\0');
  key.seal(hex(test, "iv"), hex(test, "aad"), plain, again);
  EXPECT_EQ(to_hex(again), to_hex(sealed)) << test.at("tcId");
}

void check_gcm_file(const Json& file, AeadEngine engine, std::size_t& checked) {
  for (const Json& group : file.at("testGroups")) {
    if (group.at("keySize") != 256 || group.at("ivSize") != 96 || group.at("tagSize") != 128) continue;
    for (const Json& test : group.at("tests")) {
      check_gcm(GcmKey(engine, hex(test, "key")), test);
      ++checked;
    }
  }
}

TEST(Wycheproof, AesGcm) {
  const auto file = vectors("aes_gcm_test.json");
  if (!file) GTEST_SKIP() << "no Wycheproof vectors under " << FREEHOLD_VECTORS;
  std::size_t checked = 0;
  check_gcm_file(*file, AeadEngine::kOpenssl, checked);
  EXPECT_GT(checked, 50u);
  if (aead_engine() != AeadEngine::kIpsecMb) GTEST_SKIP() << "libipsec-mb can't run here: OpenSSL alone was checked";
  check_gcm_file(*file, AeadEngine::kIpsecMb, checked);
}

TEST(Wycheproof, AesKeyWrap) {
  const auto file = vectors("aes_wrap_test.json");
  if (!file) GTEST_SKIP() << "no Wycheproof vectors under " << FREEHOLD_VECTORS;
  std::size_t checked = 0;
  for (const Json& group : file->at("testGroups")) {
    if (group.at("keySize") != 256) continue;
    for (const Json& test : group.at("tests")) {
      const Secret wrapping_key(hex(test, "key"));
      const Bytes plain = hex(test, "msg");
      const auto unwrapped = unwrap_key(wrapping_key, hex(test, "ct"));
      // Ours is narrower than RFC 3394 on purpose: keys of 16 to 64 bytes.
      const bool ours = plain.size() >= 16 && plain.size() <= 64;
      EXPECT_EQ(unwrapped.has_value(), ours && test.at("result") == "valid") << test.dump();
      if (unwrapped) {
        EXPECT_EQ(unwrapped->view(), plain);
        EXPECT_EQ(to_hex(wrap_key(wrapping_key, *unwrapped)), test.at("ct").get<std::string>());
      }
      ++checked;
    }
  }
  EXPECT_GT(checked, 30u);
}

}  // namespace
}  // namespace freehold::crypto
