#include "crypto/x509.h"

#include <gtest/gtest.h>
#include <openssl/pem.h>

#include "src/openssl_ptr.h"

namespace freehold::crypto {
namespace {

using std::chrono::days;
using std::chrono::hours;

const WallTime kNow{std::chrono::seconds(1'780'000'000)};

CertificatePtr parse(const std::string& pem) {
  const BioPtr bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  return CertificatePtr(PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr));
}

ServerCertificateRequest request() {
  return {.dns_names = {"*.blob.core.freehold.localhost", "management.freehold.localhost", "localhost"},
          .ip_addresses = {"127.0.0.1", "::1"}};
}

struct Peer {
  const char* host = nullptr;
  const char* ip = nullptr;
};

// OpenSSL's verifier as strict clients use it (Python 3.13 sets X509_V_FLAG_X509_STRICT). "ok" or the reason.
std::string verify(const std::string& server_pem, const std::string& authority_pem, WallTime at, Peer peer) {
  const CertificatePtr server = parse(server_pem);
  const CertificatePtr authority = parse(authority_pem);
  const std::unique_ptr<X509_STORE, OpensslFree<X509_STORE_free>> store(X509_STORE_new());
  const std::unique_ptr<X509_STORE_CTX, OpensslFree<X509_STORE_CTX_free>> context(X509_STORE_CTX_new());
  X509_STORE_add_cert(store.get(), authority.get());
  X509_STORE_CTX_init(context.get(), store.get(), server.get(), nullptr);
  X509_VERIFY_PARAM* param = X509_STORE_CTX_get0_param(context.get());
  X509_VERIFY_PARAM_set_flags(param, X509_V_FLAG_X509_STRICT);
  X509_VERIFY_PARAM_set_purpose(param, X509_PURPOSE_SSL_SERVER);
  X509_VERIFY_PARAM_set_auth_level(param, 2);
  X509_VERIFY_PARAM_set_time(param, std::chrono::system_clock::to_time_t(at));
  if (peer.host != nullptr) X509_VERIFY_PARAM_set1_host(param, peer.host, 0);
  if (peer.ip != nullptr) X509_VERIFY_PARAM_set1_ip_asc(param, peer.ip);
  if (X509_verify_cert(context.get()) == 1) return "ok";
  return X509_verify_cert_error_string(X509_STORE_CTX_get_error(context.get()));
}

class X509Test : public testing::Test {
 protected:
  SystemRandom random_;
  CertificateAndKey authority_ = make_authority("Freehold local authority", kNow, random_).value();
  CertificateAndKey server_ = issue_server_certificate(authority_, request(), kNow, random_).value();

  std::string verify_host(const char* host) {
    return verify(server_.certificate_pem, authority_.certificate_pem, kNow, {.host = host});
  }
  std::string verify_at(WallTime at) {
    return verify(server_.certificate_pem, authority_.certificate_pem, at, {.host = "localhost"});
  }
};

TEST_F(X509Test, StrictClientsTrustEveryNameAndAddress) {
  EXPECT_EQ(verify_host("account.blob.core.freehold.localhost"), "ok");
  EXPECT_EQ(verify_host("management.freehold.localhost"), "ok");
  EXPECT_EQ(verify_host("localhost"), "ok");
  for (const char* ip : {"127.0.0.1", "::1"}) {
    EXPECT_EQ(verify(server_.certificate_pem, authority_.certificate_pem, kNow, {.ip = ip}), "ok");
  }
}

TEST_F(X509Test, OtherNamesAndAddressesDoNotMatch) {
  EXPECT_NE(verify_host("a.b.blob.core.freehold.localhost"), "ok") << "wildcards have one level";
  EXPECT_NE(verify_host("blob.core.freehold.localhost"), "ok");
  EXPECT_NE(verify_host("example.org"), "ok");
  EXPECT_NE(verify(server_.certificate_pem, authority_.certificate_pem, kNow, {.ip = "127.0.0.2"}), "ok");
}

TEST_F(X509Test, AnotherAuthorityOfTheSameNameIsNotTrusted) {
  const auto other = make_authority("Freehold local authority", kNow, random_).value();
  EXPECT_NE(verify(server_.certificate_pem, other.certificate_pem, kNow, {.host = "localhost"}), "ok");
}

TEST_F(X509Test, HoldsFromADayBeforeToAYearAfter) {
  EXPECT_EQ(verify_at(kNow - hours(23)), "ok");
  EXPECT_NE(verify_at(kNow - hours(25)), "ok");
  EXPECT_EQ(verify_at(kNow + days(364)), "ok");
  EXPECT_NE(verify_at(kNow + days(366)), "ok");
  const Validity validity = certificate_validity(server_.certificate_pem).value();
  EXPECT_EQ(validity.not_before, kNow - days(1));
  EXPECT_EQ(validity.not_after, kNow + days(365));
}

TEST_F(X509Test, AuthorityHoldsTenYearsAndOnlySigns) {
  const Validity validity = certificate_validity(authority_.certificate_pem).value();
  EXPECT_EQ(validity.not_after, kNow + days(3652));
  const CertificatePtr certificate = parse(authority_.certificate_pem);
  EXPECT_EQ(X509_get_extension_flags(certificate.get()) & EXFLAG_CA, static_cast<unsigned>(EXFLAG_CA));
  EXPECT_EQ(X509_get_pathlen(certificate.get()), 0);
  EXPECT_EQ(X509_get_key_usage(certificate.get()), static_cast<unsigned>(KU_KEY_CERT_SIGN | KU_CRL_SIGN));
}

TEST_F(X509Test, KeyIdentifiersChain) {
  const CertificatePtr authority = parse(authority_.certificate_pem);
  const CertificatePtr server = parse(server_.certificate_pem);
  ASSERT_NE(X509_get0_subject_key_id(server.get()), nullptr);
  ASSERT_NE(X509_get0_authority_key_id(server.get()), nullptr);
  ASSERT_NE(X509_get0_authority_key_id(authority.get()), nullptr);
  EXPECT_EQ(ASN1_OCTET_STRING_cmp(X509_get0_authority_key_id(server.get()), X509_get0_subject_key_id(authority.get())),
            0);
}

TEST_F(X509Test, PrivateKeyBelongsToTheCertificate) {
  const BytesView pem = server_.private_key_pem.view();
  EXPECT_TRUE(pem.starts_with("-----BEGIN PRIVATE KEY-----"));
  const BioPtr bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  const PkeyPtr key(PEM_read_bio_PrivateKey(bio.get(), nullptr, nullptr, nullptr));
  EXPECT_EQ(X509_check_private_key(parse(server_.certificate_pem).get(), key.get()), 1);
}

TEST_F(X509Test, NoServerCertificateOutlivesItsAuthority) {
  const WallTime late = kNow + days(3600);
  const auto server = issue_server_certificate(authority_, request(), late, random_).value();
  EXPECT_EQ(certificate_validity(server.certificate_pem)->not_after, kNow + days(3652));
  const auto too_late = issue_server_certificate(authority_, request(), kNow + days(3653), random_);
  EXPECT_EQ(too_late.error().code, ErrorCode::kInvalidArgument);
}

TEST_F(X509Test, RefusesWhatIsNoHostOrAddress) {
  const ServerCertificateRequest bad[] = {
      {},
      {.dns_names = {"a..b"}},
      {.dns_names = {"evil.example,DNS:other.example"}},
      {.dns_names = {"*"}},
      {.dns_names = {"a.*.b"}},
      {.dns_names = {std::string("a\0b", 3)}},
      {.dns_names = {std::string(64, 'a') + ".example"}},
      {.ip_addresses = {"127.0.0"}},
      {.ip_addresses = {"::1%lo"}},
  };
  for (const auto& request : bad) {
    const auto made = issue_server_certificate(authority_, request, kNow, random_);
    ASSERT_FALSE(made.has_value());
    EXPECT_EQ(made.error().code, ErrorCode::kInvalidArgument);
  }
  EXPECT_EQ(make_authority("", kNow, random_).error().code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(make_authority(std::string(65, 'a'), kNow, random_).error().code, ErrorCode::kInvalidArgument);
}

TEST_F(X509Test, RefusesAnAuthorityWhoseKeyIsAnothers) {
  const auto other = make_authority("other", kNow, random_).value();
  const CertificateAndKey mixed{authority_.certificate_pem, other.private_key_pem.clone()};
  EXPECT_EQ(issue_server_certificate(mixed, request(), kNow, random_).error().code, ErrorCode::kCorrupt);
  const CertificateAndKey leaf{server_.certificate_pem, server_.private_key_pem.clone()};
  EXPECT_EQ(issue_server_certificate(leaf, request(), kNow, random_).error().code, ErrorCode::kCorrupt);
  EXPECT_EQ(certificate_validity("nonsense").error().code, ErrorCode::kCorrupt);
}

TEST(Renewal, IsDueInTheLastThird) {
  const Validity validity{kNow, kNow + days(300)};
  EXPECT_FALSE(due_for_renewal(validity, kNow + days(199)));
  EXPECT_TRUE(due_for_renewal(validity, kNow + days(200)));
  EXPECT_TRUE(due_for_renewal(validity, kNow + days(301)));
  EXPECT_FALSE(due_for_renewal(validity, kNow - days(1)));
}

}  // namespace
}  // namespace freehold::crypto
