// A token that is slow, gone, locked, lying, or fails now and then: clear errors, no wrong answer, no lost key.
#include "crypto/aead.h"
#include "src/test_tokens.h"

namespace freehold::crypto {
namespace {

using runtime::run_blocking;

class TokenFaults : public TokenKeysTest {
 protected:
  TokenFaults() { open(); }
  ~TokenFaults() override {
    Faults::heal();
    close();
  }
  Result<Bytes> sign(const TokenKey& key) {
    return run_blocking(keys_->sign(use(key), algorithm("ES256"), Bytes(32, 'd')));
  }

  Faults faults_;
};

TEST_F(TokenFaults, EveryThirdCallFails) {
  SystemRandom random;
  const auto key = make({.type = KeyType::kRsa});
  const auto half = *JoseKey::from_public(key.open);
  const auto text = half.encrypt(algorithm("RSA-OAEP-256"), "a text", "", "", random).value();
  const auto oct = make({.type = KeyType::kOct, .bits = 256});
  const auto sealed =
      run_blocking(keys_->encrypt(use(oct), algorithm("A256GCM"), Secret(BytesView("a text")), "", "")).value();
  for (const CK_RV code : {CKR_GENERAL_ERROR, CKR_FUNCTION_FAILED, CKR_DEVICE_ERROR, CKR_SESSION_HANDLE_INVALID}) {
    for (const unsigned every : {2, 3, 6, 7}) {
      Faults::every = every;
      Faults::code = code;
      int right = 0;
      for (int i = 0; i < 20; ++i) {
        keys_->forget("owner");
        const auto plain = run_blocking(keys_->decrypt(use(key), algorithm("RSA-OAEP-256"), text, ""));
        const auto open = run_blocking(keys_->decrypt(use(oct), algorithm("A256GCM"), sealed, ""));
        for (const auto* each : {&plain, &open}) {
          if (*each) {
            EXPECT_EQ((*each)->view(), "a text");
            ++right;
          } else {
            EXPECT_EQ(each->error().code, ErrorCode::kUnavailable) << each->error().message << each->error().detail;
          }
        }
        const auto made = run_blocking(keys_->make({.type = KeyType::kEc}, place()));
        if (!made) EXPECT_EQ(made.error().code, ErrorCode::kUnavailable) << made.error().detail;
        Faults::code = CKR_OK;
        if (made) EXPECT_TRUE(sign(*made).has_value());
        Faults::code = code;
      }
      if (every == 7) EXPECT_GT(right, 0);
      Faults::heal();
    }
  }
  EXPECT_EQ(run_blocking(keys_->decrypt(use(key), algorithm("RSA-OAEP-256"), text, ""))->view(), "a text");
}

TEST_F(TokenFaults, AGoneOrLockedTokenIsUnavailableUntilItIsBack) {
  const auto key = make({.type = KeyType::kEc});
  for (const CK_RV code : {CKR_TOKEN_NOT_PRESENT, CKR_DEVICE_REMOVED, CKR_PIN_LOCKED, CKR_USER_NOT_LOGGED_IN}) {
    Faults::code = code;
    EXPECT_EQ(sign(key).error().code, ErrorCode::kUnavailable);
    EXPECT_EQ(run_blocking(keys_->make({.type = KeyType::kEc}, place())).error().code, ErrorCode::kUnavailable);
    Faults::heal();
    EXPECT_TRUE(sign(key).has_value());
  }
}

TEST_F(TokenFaults, AWrongAnswerIsNeverPassedOn) {
  SystemRandom random;
  const auto ec = make({.type = KeyType::kEc});
  const auto rsa = make({.type = KeyType::kRsa});
  const auto text = JoseKey::from_public(rsa.open)->encrypt(algorithm("RSA1_5"), "a text", "", "", random).value();
  Faults::lies = true;
  EXPECT_EQ(sign(ec).error().code, ErrorCode::kUnavailable);
  EXPECT_EQ(run_blocking(keys_->sign(use(rsa), algorithm("RS256"), Bytes(32, 'd'))).error().code,
            ErrorCode::kUnavailable);
  EXPECT_EQ(run_blocking(keys_->decrypt(use(rsa), algorithm("RSA1_5"), text, "")).error().code,
            ErrorCode::kUnavailable);
  EXPECT_EQ(run_blocking(keys_->make({.type = KeyType::kEc}, place())).error().code, ErrorCode::kUnavailable);
  Faults::heal();
  EXPECT_EQ(run_blocking(keys_->decrypt(use(rsa), algorithm("RSA1_5"), text, ""))->view(), "a text");
}

TEST_F(TokenFaults, ASlowTokenTimesOut) {
  const auto key = make({.type = KeyType::kEc});
  Faults::delay_ms = 4'000;
  EXPECT_EQ(sign(key).error().code, ErrorCode::kTimeout);
  Faults::heal();
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  while (!sign(key) && std::chrono::steady_clock::now() < deadline) {
  }
  EXPECT_TRUE(sign(key).has_value());
}

TEST_F(TokenFaults, ATokenThatRefusesItsPinIsNotAskedUntilItLocksItself) {
  const auto key = make({.type = KeyType::kEc});
  Faults::code = CKR_SESSION_HANDLE_INVALID;  // the sessions are lost...
  EXPECT_EQ(sign(key).error().code, ErrorCode::kUnavailable);
  Faults::heal();
  Faults::refuses_pin = true;  // ... and its PIN was changed
  for (int i = 0; i < 20; ++i) {
    EXPECT_EQ(sign(key).error().code, ErrorCode::kUnavailable);
    EXPECT_EQ(run_blocking(keys_->make({.type = KeyType::kEc}, place())).error().code, ErrorCode::kUnavailable);
  }
  EXPECT_LE(Faults::logins.load(), 4u);
}

TEST_F(TokenFaults, StoppedItTakesNothing) {
  const auto key = make({.type = KeyType::kEc});
  keys_->stop();
  EXPECT_EQ(sign(key).error().code, ErrorCode::kUnavailable);
}

}  // namespace
}  // namespace freehold::crypto
