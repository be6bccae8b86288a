// Certificates for keys: what is made can be read, and bundles come back as they went.
#include "crypto/key_certificate.h"

#include <gtest/gtest.h>

#include "base/encoding.h"
#include "src/jose_state.h"

namespace freehold::crypto {
namespace {

const JoseKey& rsa_key() {
  static const JoseKey key = *JoseKey::generate_rsa(2'048, 65'537);
  return key;
}

CertificateTerms terms() {
  return {.subject = "CN=example.test, O=\"Org, with a comma\"",
          .dns_names = {"example.test", "*.example.test"},
          .emails = {"who@example.test"},
          .extended_uses = {"1.3.6.1.5.5.7.3.1"},
          .key_uses = {"digitalSignature", "keyEncipherment"},
          .validity_months = 3};
}

WallTime now() { return WallTime(std::chrono::sys_days(std::chrono::year(2026) / 1 / 31).time_since_epoch()); }

TEST(KeyCertificate, SaysWhatItsTermsSay) {
  SystemRandom random;
  for (const auto& key : {rsa_key(), *JoseKey::generate_ec(Curve::kP384), *JoseKey::generate_ec(Curve::kP256K)}) {
    const auto der = self_signed(key, terms(), now(), random);
    ASSERT_TRUE(der) << der.error().message;
    const auto facts = certificate_facts(*der);
    ASSERT_TRUE(facts);
    EXPECT_EQ(facts->subject, "CN=example.test,O=Org\\, with a comma");
    EXPECT_EQ(rfc3339(facts->not_after).substr(0, 10), "2026-04-30");
    EXPECT_EQ(now() - facts->not_before, std::chrono::minutes(10));
    EXPECT_TRUE(certifies(*der, key.numbers()));
    const unsigned char* at = octets(der->data());
    const CertificatePtr certificate(d2i_X509(nullptr, &at, static_cast<long>(der->size())));
    EXPECT_EQ(X509_verify(certificate.get(), X509_get0_pubkey(certificate.get())), 1);
    EXPECT_EQ(X509_check_host(certificate.get(), "a.example.test", 0, 0, nullptr), 1);
    EXPECT_EQ(X509_check_email(certificate.get(), "who@example.test", 0, 0), 1);
    EXPECT_EQ(X509_get_key_usage(certificate.get()), unsigned{KU_DIGITAL_SIGNATURE | KU_KEY_ENCIPHERMENT});
    EXPECT_EQ(X509_get_extended_key_usage(certificate.get()), unsigned{XKU_SSL_SERVER});
    EXPECT_EQ(X509_check_ca(certificate.get()), 0);
  }
}

TEST(KeyCertificate, ARequestIsSignedByItsKey) {
  for (const auto& key : {rsa_key(), *JoseKey::generate_ec(Curve::kP521), *JoseKey::generate_ec(Curve::kP256K)}) {
    const auto document = *unsigned_request(key.numbers(), terms());
    const Bytes der = signed_document(document, *key.sign(document.algorithm, document.digest));
    const auto* at = reinterpret_cast<const unsigned char*>(der.data());
    const std::unique_ptr<X509_REQ, OpensslFree<X509_REQ_free>> request(
        d2i_X509_REQ(nullptr, &at, static_cast<long>(der.size())));
    ASSERT_TRUE(request);
    EXPECT_EQ(X509_REQ_verify(request.get(), X509_REQ_get0_pubkey(request.get())), 1);
  }
  EXPECT_FALSE(unsigned_request(PublicNumbers{.type = KeyType::kOct, .bits = 256}, terms()));
}

TEST(KeyCertificate, AnAuthoritySignsForAsLongAsItIsOne) {
  SystemRandom random;
  const auto above = *JoseKey::generate_ec(Curve::kP384);
  const auto mine = rsa_key().numbers();
  CertificateTerms root{.subject = "CN=root", .key_uses = {"keyCertSign", "cRLSign"}, .authority = true};
  const auto authority = *self_signed(above, root, now(), random);
  EXPECT_TRUE(certificate_facts(authority)->authority);
  auto asked = terms();
  asked.validity_months = 120;
  const auto document = *unsigned_certificate(mine, asked, authority, above.numbers(), now(), random);
  const Bytes der = signed_document(document, *above.sign(document.algorithm, document.digest));
  EXPECT_TRUE(certifies(der, mine));
  const auto facts = *certificate_facts(der);
  EXPECT_FALSE(facts.authority);
  EXPECT_EQ(facts.not_after, certificate_facts(authority)->not_after);
  const auto parsed = [](const Bytes& text) {
    const auto* at = reinterpret_cast<const unsigned char*>(text.data());
    return CertificatePtr(d2i_X509(nullptr, &at, static_cast<long>(text.size())));
  };
  const auto leaf = parsed(der);
  const auto issuer = parsed(authority);
  EXPECT_EQ(X509_check_issued(issuer.get(), leaf.get()), X509_V_OK);
  EXPECT_EQ(X509_verify(leaf.get(), X509_get0_pubkey(issuer.get())), 1);
  EXPECT_NE(X509_verify(leaf.get(), X509_get0_pubkey(leaf.get())), 1);

  const auto refusal = [&](BytesView by, const JoseKey& signer, WallTime when) {
    const auto made = unsigned_certificate(mine, terms(), by, signer.numbers(), when, random);
    return made ? "" : made.error().message;
  };
  const auto plain = *self_signed(above, terms(), now(), random);
  EXPECT_EQ(refusal(plain, above, now()), "The issuer's certificate is none of an authority.");
  EXPECT_EQ(refusal("nonsense", above, now()), "The issuer's certificate is none of an authority.");
  EXPECT_EQ(refusal(authority, rsa_key(), now()), "The issuer's certificate is for another key.");
  EXPECT_EQ(refusal(authority, above, now() + std::chrono::days(400)), "The issuer's certificate isn't valid now.");
  EXPECT_EQ(refusal(authority, above, now() - std::chrono::days(1)), "The issuer's certificate isn't valid now.");
}

TEST(KeyCertificate, TermsThatNoCertificateHasAreRefused) {
  SystemRandom random;
  const auto refused = [&](auto change) {
    auto asked = terms();
    change(asked);
    const auto made = self_signed(rsa_key(), asked, now(), random);
    return !made && made.error().code == ErrorCode::kInvalidArgument;
  };
  EXPECT_TRUE(refused([](auto& t) { t.subject = "example.test"; }));
  EXPECT_TRUE(refused([](auto& t) { t.subject = "CN="; }));
  EXPECT_TRUE(refused([](auto& t) { t.subject = "XX=1"; }));
  EXPECT_TRUE(refused([](auto& t) { t.subject = "CN=\"a"; }));
  EXPECT_TRUE(refused([](auto& t) { t.dns_names = {"a b"}; }));
  EXPECT_TRUE(refused([](auto& t) { t.emails = {"nobody"}; }));
  EXPECT_TRUE(refused([](auto& t) { t.extended_uses = {"serverAuth"}; }));
  EXPECT_TRUE(refused([](auto& t) { t.key_uses = {"flying"}; }));
}

TEST(KeyCertificate, BundlesComeBackAsTheyWent) {
  SystemRandom random;
  const auto der = *self_signed(rsa_key(), terms(), now(), random);
  const auto above = *self_signed(*JoseKey::generate_ec(Curve::kP256), terms(), now(), random);
  const CertificateBundle bundle{rsa_key(), der, {above}};
  const auto pem = read_pem(write_pem(bundle).view());
  ASSERT_TRUE(pem) << pem.error().message;
  const auto pfx = read_pfx(write_pfx(bundle).view(), Secret());
  EXPECT_FALSE(read_pfx(write_pfx(der, {above}).view(), Secret()));  // no key in it
  EXPECT_FALSE(write_pem(der, {above}).view().contains("PRIVATE"));
  ASSERT_TRUE(pfx) << pfx.error().message;
  for (const auto* back : {&*pem, &*pfx}) {
    EXPECT_EQ(back->certificate, der);
    EXPECT_EQ(back->chain, std::vector<Bytes>{above});
    EXPECT_EQ(back->key.numbers().n, rsa_key().numbers().n);
  }
  EXPECT_FALSE(read_pfx(write_pfx(bundle).view(), Secret(BytesView("wrong"))));
  EXPECT_FALSE(read_pem(write_pfx(bundle).view()));
  const CertificateBundle others{*JoseKey::generate_ec(Curve::kP256), der, {}};
  EXPECT_FALSE(certifies(der, others.key.numbers()));
}

}  // namespace
}  // namespace freehold::crypto
