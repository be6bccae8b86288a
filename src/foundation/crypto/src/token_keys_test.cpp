// Keys in a token: made, brought, used, moved; never outside it.
#include "crypto/token_keys.h"

#include "crypto/aead.h"
#include "src/test_tokens.h"

namespace freehold::crypto {
namespace {

using runtime::run_blocking;

const TokenKeySpec kRsa{.type = KeyType::kRsa};
const TokenKeySpec kEc{.type = KeyType::kEc, .curve = Curve::kP256};

TEST_F(TokenKeysTest, EachKindSignsAndThePublicHalfVerifies) {
  open();
  struct Case {
    TokenKeySpec spec;
    std::vector<std::string> algorithms;
  };
  const Case cases[] = {
      {{.type = KeyType::kRsa, .bits = 2'048}, {"RS256", "RS384", "RS512", "PS256", "PS384", "PS512"}},
      {{.type = KeyType::kRsa, .bits = 3'072}, {"RS256", "PS512"}},
      {{.type = KeyType::kEc, .curve = Curve::kP256}, {"ES256"}},
      {{.type = KeyType::kEc, .curve = Curve::kP384}, {"ES384"}},
      {{.type = KeyType::kEc, .curve = Curve::kP521}, {"ES512"}},
      {{.type = KeyType::kEc, .curve = Curve::kP256K}, {"ES256K"}}};
  for (const auto& each : cases) {
    const auto key = make(each.spec);
    const auto half = JoseKey::from_public(key.open);
    ASSERT_TRUE(half.has_value());
    for (const auto& name : each.algorithms) {
      const Bytes digest(size_of(algorithm(name).hash), 'd');
      const auto signature = run_blocking(keys_->sign(use(key), algorithm(name), digest));
      ASSERT_TRUE(signature.has_value()) << name << signature.error().message << signature.error().detail;
      EXPECT_TRUE(half->verify(algorithm(name), digest, *signature).value()) << name;
      EXPECT_EQ(half->sign(algorithm(name), digest).error().code, ErrorCode::kInternal);
    }
  }
}

TEST_F(TokenKeysTest, WhatThePublicHalfEncryptsTheTokenDecrypts) {
  open();
  SystemRandom random;
  const auto key = make(kRsa);
  const auto half = *JoseKey::from_public(key.open);
  for (const char* name : {"RSA1_5", "RSA-OAEP", "RSA-OAEP-256"}) {
    for (const BytesView plain : {BytesView("a text"), BytesView("")}) {
      auto text = half.encrypt(algorithm(name), plain, "", "", random).value();
      EXPECT_EQ(run_blocking(keys_->decrypt(use(key), algorithm(name), text, ""))->view(), plain) << name;
      EXPECT_EQ(run_blocking(keys_->unwrap(use(key), algorithm(name), text.text))->view(), plain) << name;
      text.text[7] ^= 1;
      const auto wrong = run_blocking(keys_->decrypt(use(key), algorithm(name), text, ""));
      if (!wrong) EXPECT_EQ(wrong.error().code, ErrorCode::kInvalidArgument) << wrong.error().message;
    }
  }
  const JoseEncrypted beyond{.text = Bytes(256, '\xff')};
  EXPECT_EQ(run_blocking(keys_->decrypt(use(key), algorithm("RSA-OAEP"), beyond, "")).error().code,
            ErrorCode::kInvalidArgument);
  EXPECT_EQ(run_blocking(keys_->decrypt(use(key), algorithm("RSA-OAEP"), {.text = "short"}, "")).error().code,
            ErrorCode::kInvalidArgument);
}

TEST_F(TokenKeysTest, SymmetricKeysDoWhatSoftwareDoes) {
  open();
  SystemRandom random;
  const auto software = *JoseKey::generate_oct(256, random);
  auto key = run_blocking(keys_->take_in(software, place()));
  ASSERT_TRUE(key.has_value()) << key.error().message << key.error().detail;
  for (const char* name : {"A256GCM", "A256CBC", "A256CBCPAD"}) {
    for (const std::size_t size : {0, 16, 32, 1'000}) {
      const bool cbc = std::string(name) == "A256CBC";
      const Bytes plain(cbc ? size / 16 * 16 : size, 'p');
      if (cbc && plain.empty()) continue;
      const Bytes aad = std::string(name) == "A256GCM" ? "aad" : "";
      auto text = run_blocking(keys_->encrypt(use(*key), algorithm(name), Secret(BytesView(plain)), "", aad));
      ASSERT_TRUE(text.has_value()) << name << text.error().message << text.error().detail;
      EXPECT_EQ(software.decrypt(algorithm(name), *text, aad)->view(), plain) << name;
      EXPECT_EQ(run_blocking(keys_->decrypt(use(*key), algorithm(name), *text, aad))->view(), plain) << name;
      if (!text->tag.empty()) {
        text->tag[0] ^= 1;
        EXPECT_EQ(run_blocking(keys_->decrypt(use(*key), algorithm(name), *text, aad)).error().code,
                  ErrorCode::kInvalidArgument);
      }
    }
  }
  for (const char* name : {"A256KW", "CKM_AES_KEY_WRAP_PAD"}) {
    const Secret secret{BytesView("0123456789abcdef0123456789abcdef")};
    auto wrapped = run_blocking(keys_->wrap(use(*key), algorithm(name), secret.clone()));
    ASSERT_TRUE(wrapped.has_value()) << name << wrapped.error().message << wrapped.error().detail;
    EXPECT_EQ(*wrapped, software.wrap(algorithm(name), secret).value());
    EXPECT_EQ(run_blocking(keys_->unwrap(use(*key), algorithm(name), *wrapped))->view(), secret.view());
    (*wrapped)[3] ^= 1;
    EXPECT_EQ(run_blocking(keys_->unwrap(use(*key), algorithm(name), *wrapped)).error().code,
              ErrorCode::kInvalidArgument);
  }
  const auto mac = run_blocking(keys_->sign(use(*key), algorithm("HS256"), "any text"));
  ASSERT_TRUE(mac.has_value()) << mac.error().message << mac.error().detail;
  EXPECT_EQ(*mac, software.sign(algorithm("HS256"), "any text").value());
  EXPECT_TRUE(run_blocking(keys_->verify(use(*key), algorithm("HS256"), "any text", *mac)).value());
  EXPECT_FALSE(run_blocking(keys_->verify(use(*key), algorithm("HS256"), "other text", *mac)).value());
  EXPECT_EQ(run_blocking(keys_->sign(use(*key), algorithm("HS512"), "any text")).error().code,
            ErrorCode::kInvalidArgument);
  static_cast<void>(make({.type = KeyType::kOct, .bits = 128}));
  static_cast<void>(make({.type = KeyType::kOct, .bits = 192}));
}

TEST_F(TokenKeysTest, ABroughtKeyIsTheSameAndNothingOfItIsInWhatIsKept) {
  open();
  const JoseKey brought[] = {*JoseKey::generate_rsa(2'048, 65'537), *JoseKey::generate_ec(Curve::kP521)};
  for (const auto& software : brought) {
    const auto hidden = software.hidden_numbers().value();
    auto key = run_blocking(keys_->take_in(software, place()));
    ASSERT_TRUE(key.has_value()) << key.error().message << key.error().detail;
    EXPECT_EQ(key->open.n, software.numbers().n);
    EXPECT_EQ(key->open.x, software.numbers().x);
    EXPECT_FALSE(key->wrapped.contains(hidden.d.view().substr(0, 16)));
    EXPECT_FALSE(key->wrapped.contains("\x30\x82"));
    const auto& by = algorithm(software.numbers().type == KeyType::kRsa ? "RS256" : "ES512");
    const Bytes digest(size_of(by.hash), 'd');
    const auto signature = run_blocking(keys_->sign(use(*key), by, digest)).value();
    EXPECT_TRUE(software.verify(by, digest, signature).value());
  }
}

TEST_F(TokenKeysTest, AWrappedKeyOpensInItsPlaceOnly) {
  open();
  const auto key = make(kEc);
  const auto other = make(kEc);
  const auto fails_as = [&](const TokenKeyUse& as) {
    const auto signature = run_blocking(keys_->sign(as, algorithm("ES256"), Bytes(32, 'd')));
    if (signature) return "signed";
    return signature.error().code == ErrorCode::kCorrupt ? "corrupt" : "something else";
  };
  EXPECT_STREQ(fails_as(use(key)), "signed");
  EXPECT_STREQ(fails_as(use(key, "there")), "corrupt");
  EXPECT_STREQ(fails_as(use({.open = other.open, .wrapped = key.wrapped})), "corrupt");
  for (const std::size_t at : {0uz, 1uz, 20uz, key.wrapped.size() - 1}) {
    auto altered = key;
    altered.wrapped[at] ^= 1;
    EXPECT_STREQ(fails_as(use(altered)), "corrupt") << at;
  }
  const auto moved = run_blocking(keys_->move(key, place(), place("there")));
  ASSERT_TRUE(moved.has_value());
  EXPECT_STREQ(fails_as(use(*moved, "there")), "signed");
  EXPECT_STREQ(fails_as(use(*moved)), "corrupt");
  EXPECT_EQ(run_blocking(keys_->move(key, place("there"), place())).error().code, ErrorCode::kCorrupt);
}

TEST_F(TokenKeysTest, KeysAreThereAfterARestartAndInNoOtherToken) {
  open();
  const auto key = make(kRsa);
  close();
  open();
  EXPECT_TRUE(run_blocking(keys_->sign(use(key), algorithm("PS256"), Bytes(32, 'd'))).has_value());
  EXPECT_EQ(keys("vault-keys", "a wrong pin", false).error().code, ErrorCode::kDenied);
  EXPECT_EQ(keys("others", "their pin", false).error().code, ErrorCode::kNotFound);
  EXPECT_EQ(keys("Not a label", "their pin", true).error().code, ErrorCode::kInvalidArgument);
  auto others = keys("others", "their pin", true);
  ASSERT_TRUE(others.has_value()) << others.error().message << others.error().detail;
  const TokenKeyUse foreign{.key = key, .place = place(), .forgets = 0};
  EXPECT_EQ(run_blocking((*others)->sign(foreign, algorithm("PS256"), Bytes(32, 'd'))).error().code,
            ErrorCode::kCorrupt);
  const auto theirs = run_blocking((*others)->make(kEc, place())).value();
  EXPECT_TRUE(
      run_blocking((*others)->sign({.key = theirs, .place = place(), .forgets = 0}, algorithm("ES256"), Bytes(32, 'd')))
          .has_value());
  others->reset();
  ASSERT_TRUE(hsm_->remove_keys("others").has_value());
  EXPECT_TRUE(run_blocking(keys_->sign(use(key), algorithm("PS256"), Bytes(32, 'd'))).has_value());
  close();
  open();
  EXPECT_EQ(keys("others", "their pin", false).error().code, ErrorCode::kNotFound);
}

TEST_F(TokenKeysTest, GivenWrappingKeysOpenWhatAnotherTokenWrapped) {
  open();
  const Secret given(Bytes(64, 'g'));
  auto one = keys("one", "pin one", true, given.clone());
  auto two = keys("two", "pin two", true, given.clone());
  ASSERT_TRUE(one.has_value()) << one.error().message << one.error().detail;
  ASSERT_TRUE(two.has_value());
  const auto key = run_blocking((*one)->make(kEc, place())).value();
  EXPECT_TRUE(
      run_blocking((*two)->sign({.key = key, .place = place(), .forgets = 0}, algorithm("ES256"), Bytes(32, 'd')))
          .has_value());
}

TEST_F(TokenKeysTest, ALostTokenComesBackFromACopy) {
  const std::string copies = temporary_ / "fd0";
  std::filesystem::create_directories(copies);
  open({copies});
  const auto key = make(kEc);
  close();
  for (const bool gone : {true, false}) {
    open({copies});
    const std::string copy = copies + "/token-vault-keys.sealed";
    gone ? static_cast<void>(std::filesystem::remove(copy)) : std::filesystem::resize_file(copy, 100);
    EXPECT_EQ(hsm_->mend_copies().value(), 1u);
    EXPECT_EQ(hsm_->mend_copies().value(), 0u);
    close();
  }
  const std::filesystem::path more(temporary_ / "hsm/more/vault-keys");
  for (const bool gone : {true, false}) {
    if (gone) {
      std::filesystem::remove_all(more);
    } else {
      for (const auto& file : std::filesystem::recursive_directory_iterator(more / "tokens")) {
        if (file.path().extension() == ".object") std::filesystem::resize_file(file.path(), 11);
      }
    }
    open({copies});
    EXPECT_TRUE(run_blocking(keys_->sign(use(key), algorithm("ES256"), Bytes(32, 'd'))).has_value());
    close();
  }
}

TEST_F(TokenKeysTest, AMakingThatWasCutShortIsMadeAgain) {
  const std::filesystem::path more(temporary_ / "hsm/more/vault-keys/tokens.new/x");
  open();
  close();
  std::filesystem::remove_all(temporary_ / "hsm/more/vault-keys");
  std::filesystem::create_directories(more);
  open();
  static_cast<void>(make(kEc));
}

TEST_F(TokenKeysTest, DamageWithoutACopyIsNamedAndNothingIsMadeInItsPlace) {
  open();
  close();
  for (const auto& file : std::filesystem::recursive_directory_iterator(temporary_ / "hsm/more/vault-keys/tokens")) {
    if (file.path().extension() == ".object") std::filesystem::resize_file(file.path(), 11);
  }
  HsmConfig config;
  config.token_label = "freehold-test";
  config.softhsm_dir = temporary_ / "hsm";
  config.pin = Secret(BytesView("a pin for tests"));
  hsm_ = std::move(*open_hsm(std::move(config), false));
  EXPECT_EQ(keys("vault-keys", "another pin", true).error().code, ErrorCode::kCorrupt);
}

TEST_F(TokenKeysTest, WhatIsForgottenIsUnwrappedAnew) {
  open();
  const auto key = make(kEc);
  const auto signs = [&](std::uint64_t forgets) {
    return run_blocking(
               keys_->sign({.key = key, .place = place(), .forgets = forgets}, algorithm("ES256"), Bytes(32, 'd')))
        .has_value();
  };
  const auto before = keys_->forgets();
  EXPECT_TRUE(signs(before));
  for (int i = 0; i < 1'000; ++i) keys_->forget(i % 2 == 0 ? "owner" : "another");
  EXPECT_EQ(keys_->forgets(), before + 1'000);
  EXPECT_TRUE(signs(before));
  EXPECT_TRUE(signs(keys_->forgets()));
}

// CKM_RSA_AES_KEY_WRAP, as a vendor's tool makes it.
TEST_F(TokenKeysTest, AKeyComesUnderAKeyExchangeKey) {
  open();
  SystemRandom random;
  const auto exchange = make(kRsa);
  const auto half = *JoseKey::from_public(exchange.open);
  const auto transfer_of = [&](const JoseKey& key) {
    const auto aes = *JoseKey::generate_oct(256, random);
    const auto first = half.wrap(algorithm("RSA-OAEP"), aes.secret()).value();
    return first + aes.wrap(algorithm("CKM_AES_KEY_WRAP_PAD"), key.pkcs8()).value();
  };
  for (const auto& software : {*JoseKey::generate_rsa(2'048, 65'537), *JoseKey::generate_ec(Curve::kP256),
                               *JoseKey::generate_ec(Curve::kP384), *JoseKey::generate_ec(Curve::kP521),
                               *JoseKey::generate_ec(Curve::kP256K), *JoseKey::generate_oct(192, random)}) {
    const auto type = software.numbers().type;
    Bytes transfer = transfer_of(software);
    const auto taken = run_blocking(keys_->take_in_wrapped(use(exchange), transfer, type, place("new")));
    ASSERT_TRUE(taken.has_value()) << taken.error().message << taken.error().detail;
    EXPECT_EQ(taken->open.n, software.numbers().n);
    EXPECT_EQ(taken->open.x, software.numbers().x);
    EXPECT_EQ(taken->open.y, software.numbers().y);
    EXPECT_EQ(taken->open.bits, software.numbers().bits);
    for (const std::size_t at : {3uz, transfer.size() - 3}) {
      auto altered = transfer;
      altered[at] ^= 1;
      EXPECT_EQ(run_blocking(keys_->take_in_wrapped(use(exchange), altered, type, place("new"))).error().code,
                ErrorCode::kInvalidArgument);
    }
    const auto other = type == KeyType::kRsa ? KeyType::kEc : KeyType::kRsa;
    EXPECT_EQ(run_blocking(keys_->take_in_wrapped(use(exchange), transfer, other, place("new"))).error().code,
              ErrorCode::kInvalidArgument);
  }
}

}  // namespace
}  // namespace freehold::crypto
