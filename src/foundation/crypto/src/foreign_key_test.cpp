// Keys and bundles that somebody wrote to do harm: refused, and soon.
#include <gtest/gtest.h>
#include <openssl/pem.h>

#include <nlohmann/json.hpp>

#include "base/encoding.h"
#include "crypto/key_certificate.h"
#include "src/jose_state.h"

namespace freehold::crypto {
namespace {

// P-256 with another generator, so that no named curve is meant (SEC 1).
constexpr std::string_view kOwnCurve =
    "3082015102010104200000000000000000000000000000000000000000000000000000000000003039a081e33081e0020101302c06072a8648"
    "ce3d0101022100ffffffff00000001000000000000000000000000ffffffffffffffffffffffff30440420ffffffff00000001000000000000"
    "000000000000fffffffffffffffffffffffc04205ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604b0441047cf2"
    "7b188d034f7e8a52380304b51ac3c08969e277f21b35a60b48fc4766997807775510db8ed040293d9ac69f7430dbba7dade63ce982299e04b7"
    "9d227873d1022100ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551020101a144034200046accc8eee0551fca"
    "f8e8a94514bcf313c04f9996f0bb8841c62dec16631832e9b0c800ca9d1742a8a5e7db630f9b5f39774092ef7ab59bb0357477d4532d5385";
// P-256 with the point at infinity for a public half.
constexpr std::string_view kNoPoint =
    "303702010104200000000000000000000000000000000000000000000000000000000000000001a00a06082a8648ce3d030107a1040302"
    "0000";
constexpr std::string_view kZeros = "301b020100020100020100020100020100020100020100020100020100";  // PKCS#1
// Bundles that ask for 2^31 - 1 iterations: for the MAC, and for a key (PBES2).
constexpr std::string_view kLongMac =
    "307b020103301106092a864886f70d010701a0040402300030633051300d0609608648016503040203050004400000000000000000000000"
    "0000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000040873"
    "616c743132333402047fffffff";
constexpr std::string_view kLongKey =
    "3081b40201033081ae06092a864886f70d010701a081a004819d30819a30819706092a864886f70d010701a0818904818630818330818006"
    "0b2a864886f70d010c0a0102a071306f304b06092a864886f70d01050d303e301d06092a864886f70d01050c3010040873616c7473616c74"
    "02047fffffff301d060960864801650304012a041000000000000000000000000000000000042000000000000000000000000000000000"
    "00000000000000000000000000000000";
// scrypt with N = p = 65,536.
constexpr std::string_view kScrypt =
    "3081bb0201033081b506092a864886f70d010701a081a70481a43081a130819e06092a864886f70d010701a0819004818d30818a30818706"
    "0b2a864886f70d010c0a0102a0783076305206092a864886f70d01050d3045302406092b06010401da47040b3017040873616c7473616c74"
    "02030100000201010203010000301d060960864801650304012a041000000000000000000000000000000000042000000000000000000000"
    "00000000000000000000000000000000000000000000";

Bytes der(std::string_view hex) { return *from_hex(hex); }

Bytes pem(const char* label, BytesView der) {
  const BioPtr out(BIO_new(BIO_s_mem()));
  PEM_write_bio(out.get(), label, "", octets(der.data()), static_cast<long>(der.size()));
  char* data = nullptr;
  const long size = BIO_get_mem_data(out.get(), &data);
  return Bytes(data, static_cast<std::size_t>(size));
}

// What it is refused with; empty: it was taken.
std::string refusal_of(const Result<CertificateBundle>& bundle) {
  if (bundle) return "";
  return bundle.error().code == ErrorCode::kInvalidArgument ? bundle.error().message : "another error";
}

std::string tlv(char tag, std::string body) {
  std::string out(1, tag);
  for (const int shift : {16, 8, 0}) {
    if (shift == 16) out.push_back('\x83');
    out.push_back(static_cast<char>(body.size() >> shift));
  }
  return out + body;
}

// PKCS#8 of a DSA key whose prime has so many bytes.
Bytes dsa_key(std::size_t bytes) {
  const auto number = [](std::size_t size) { return tlv(2, "\x01" + std::string(size - 1, '\x5b')); };
  const std::string oid = der("06072a8648ce380401");
  const std::string parameters = tlv(0x30, number(bytes) + number(32) + number(bytes - 1));
  return tlv(0x30, tlv(2, std::string(1, '\0')) + tlv(0x30, oid + parameters) + tlv(4, number(bytes - 1)));
}

TEST(ForeignKey, CurvesWithoutANameAndKeysWithoutNumbersAreRefused) {
  const std::string size = "The private key is of a size or curve that vaults don't have.";
  EXPECT_EQ(refusal_of(read_pem(pem("EC PRIVATE KEY", der(kOwnCurve)))), size);
  EXPECT_NE(refusal_of(read_pem(pem("EC PRIVATE KEY", der(kNoPoint)))), "");
  EXPECT_EQ(refusal_of(read_pem(pem("RSA PRIVATE KEY", der(kZeros)))), size);
  EXPECT_EQ(JoseKey::from_secret(KeyType::kEc, Secret(der(kOwnCurve))).error().code, ErrorCode::kCorrupt);
}

// OpenSSL would compute the public half while it reads such a key: minutes, at this length.
TEST(ForeignKey, OtherKindsAreRefusedBeforeTheyAreTakenApart) {
  const auto key = dsa_key(10'000);
  for (const auto* label : {"PRIVATE KEY", "RSA PRIVATE KEY", "EC PRIVATE KEY"}) {
    EXPECT_EQ(refusal_of(read_pem(pem(label, key))), "The private key is neither RSA nor elliptic curve.") << label;
  }
}

TEST(ForeignKey, ABundleDoesntSayHowLongItTakesToOpenIt) {
  const std::string dear = "The PFX is protected in a way that isn't supported, or by more than 2,000,000 iterations.";
  for (const auto bundle : {kLongMac, kLongKey, kScrypt}) {
    EXPECT_EQ(refusal_of(read_pfx(der(bundle), Secret(BytesView("x")))), dear);
    EXPECT_EQ(refusal_of(read_pfx(der(bundle), Secret())), dear);
  }
}

TEST(ForeignKey, NumbersFromAPemBelongTogetherAsThoseOfAJwkDo) {
  SystemRandom random;
  const auto good = *JoseKey::generate_rsa(2'048, 65'537);
  const auto certificate = *self_signed(good, {.subject = "CN=a"}, WallTime(std::chrono::years(56)), random);
  const auto with = [&](const Secret& key) {
    return read_pem(pem("RSA PRIVATE KEY", key.view()) + pem("CERTIFICATE", certificate));
  };
  EXPECT_EQ(refusal_of(with(good.secret())), "");
  // A bit of the private exponent, which stands behind n (257 bytes with its sign) and e.
  Secret bent = good.secret();
  bent.span()[400] = static_cast<char>(bent.span()[400] ^ 1);
  EXPECT_EQ(refusal_of(with(bent)), "The numbers of the private key don't belong together.");
}

}  // namespace
}  // namespace freehold::crypto
