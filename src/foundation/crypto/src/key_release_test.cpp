// Keys that leave a token: for whom they are wrapped, and for nobody else; and those that stay.
#include "crypto/aead.h"
#include "src/jose_state.h"
#include "src/test_tokens.h"

namespace freehold::crypto {
namespace {

using runtime::run_blocking;

class KeyReleaseTest : public TokenKeysTest {
 protected:
  [[nodiscard]] static TokenKeyPlace leaving() {
    auto out = place();
    out.leaving = Leaving::kReleased;
    return out;
  }
  [[nodiscard]] TokenKey made_to_leave(TokenKeySpec spec) {
    auto key = run_blocking(keys_->make(spec, leaving()));
    EXPECT_TRUE(key.has_value()) << key.error().message << key.error().detail;
    return std::move(*key);
  }
  // As the recipient does it.
  [[nodiscard]] Result<Secret> opened(BytesView released) const {
    const std::size_t front = recipient_.numbers().n.size();
    FH_TRY(const Secret aes, recipient_.unwrap(algorithm("RSA-OAEP"), released.substr(0, front)));
    PrivateNumbers hidden;
    hidden.k = aes.clone();
    FH_TRY(const auto key, JoseKey::from_numbers({.type = KeyType::kOct, .bits = 256}, hidden));
    return key.unwrap(algorithm("CKM_AES_KEY_WRAP_PAD"), released.substr(front));
  }
  JoseKey recipient_ = *JoseKey::generate_rsa(2'048, 65'537);
};

TEST_F(KeyReleaseTest, TheRecipientGetsTheKeyThatTheTokenUses) {
  open();
  const TokenKeySpec specs[] = {{.type = KeyType::kRsa},
                                {.type = KeyType::kEc, .curve = Curve::kP256},
                                {.type = KeyType::kEc, .curve = Curve::kP521},
                                {.type = KeyType::kEc, .curve = Curve::kP256K}};
  for (const auto& spec : specs) {
    const auto key = made_to_leave(spec);
    const auto released = run_blocking(keys_->release(use(key), {.key = recipient_.numbers()}));
    ASSERT_TRUE(released.has_value()) << released.error().message << released.error().detail;
    const auto pkcs8 = opened(*released);
    ASSERT_TRUE(pkcs8.has_value()) << pkcs8.error().message;
    const unsigned char* at = octets(pkcs8->view().data());
    PkeyPtr raw(d2i_AutoPrivateKey(nullptr, &at, static_cast<long>(pkcs8->size())));
    ASSERT_NE(raw, nullptr);
    const auto numbers = numbers_of(spec.type, raw.get());
    ASSERT_TRUE(numbers.has_value());
    EXPECT_EQ(numbers->n, key.open.n);
    EXPECT_EQ(numbers->x, key.open.x);
    EXPECT_EQ(numbers->y, key.open.y);
    // It goes on being used where it is.
    const auto& by = algorithm(spec.type == KeyType::kRsa   ? "RS256"
                               : spec.curve == Curve::kP256 ? "ES256"
                               : spec.curve == Curve::kP521 ? "ES512"
                                                            : "ES256K");
    const Bytes digest(size_of(by.hash), 'd');
    EXPECT_TRUE(run_blocking(keys_->sign(use(key), by, digest)).has_value());
  }
}

TEST_F(KeyReleaseTest, OctetsComeAsTheyWereBrought) {
  open();
  SystemRandom random;
  const auto software = *JoseKey::generate_oct(256, random);
  const auto key = run_blocking(keys_->take_in(software, leaving())).value();
  const auto released = run_blocking(keys_->release(use(key), {.key = recipient_.numbers()}));
  ASSERT_TRUE(released.has_value()) << released.error().message << released.error().detail;
  EXPECT_EQ(opened(*released)->view(), software.pkcs8().view());
}

// SoftHSM2 has one hash. What it doesn't have is said, and nothing is made up outside of the token instead.
TEST_F(KeyReleaseTest, AHashThatTheTokenHasntIsRefused) {
  open();
  const auto key = made_to_leave({.type = KeyType::kEc});
  for (const auto hash : {HashName::kSha256, HashName::kSha384}) {
    const auto refused = run_blocking(keys_->release(use(key), {.key = recipient_.numbers(), .hash = hash}));
    ASSERT_FALSE(refused.has_value());
    EXPECT_EQ(refused.error().code, ErrorCode::kUnsupported) << refused.error().detail;
  }
}

TEST_F(KeyReleaseTest, AKeyThatWasMadeToStayStays) {
  open();
  auto key = make({.type = KeyType::kEc});
  EXPECT_EQ(run_blocking(keys_->release(use(key), {.key = recipient_.numbers()})).error().code,
            ErrorCode::kInvalidArgument);
  // Nor does it become one of the other kind by its first byte.
  key.wrapped[0] = 2;
  EXPECT_EQ(run_blocking(keys_->release(use(key), {.key = recipient_.numbers()})).error().code, ErrorCode::kCorrupt);
  auto leaves = made_to_leave({.type = KeyType::kEc});
  leaves.wrapped[0] = 1;
  EXPECT_EQ(run_blocking(keys_->release(use(leaves), {.key = recipient_.numbers()})).error().code, ErrorCode::kCorrupt);
}

TEST_F(KeyReleaseTest, ItOpensInItsPlaceOnlyAndMovesWhole) {
  open();
  const auto key = made_to_leave({.type = KeyType::kEc});
  EXPECT_EQ(run_blocking(keys_->release(use(key, "elsewhere"), {.key = recipient_.numbers()})).error().code,
            ErrorCode::kCorrupt);
  const auto moved = run_blocking(keys_->move(key, place(), place("there"))).value();
  EXPECT_TRUE(run_blocking(keys_->release(use(moved, "there"), {.key = recipient_.numbers()})).has_value());
  EXPECT_EQ(run_blocking(keys_->release(use(key), {.key = JoseKey::generate_ec(Curve::kP256)->numbers()})).error().code,
            ErrorCode::kInvalidArgument);
}

}  // namespace
}  // namespace freehold::crypto
