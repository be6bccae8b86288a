#include "crypto/x509.h"

#include <arpa/inet.h>
#include <openssl/pem.h>

#include <algorithm>
#include <cstring>

#include "base/check.h"
#include "crypto/certified_jws.h"
#include "src/jose_state.h"

namespace freehold::crypto {
namespace {

using std::chrono::days;
using std::chrono::duration_cast;
using std::chrono::seconds;

constexpr days kBackdating{1};  // clients' clocks may be behind ours
constexpr days kAuthorityLife{3652};
constexpr days kServerLife{365};
constexpr std::size_t kSerialBytes = 16;
constexpr std::size_t kMaxCommonName = 64;  // RFC 5280 ub-common-name
constexpr std::size_t kMaxDnsName = 253;
constexpr std::size_t kMaxLabel = 63;

std::time_t to_seconds(WallTime time) {
  return static_cast<std::time_t>(std::chrono::floor<seconds>(time.time_since_epoch()).count());
}

Result<PkeyPtr> make_key() {
  PkeyPtr key(EVP_EC_gen("P-256"));
  if (!key) return fail(ErrorCode::kInternal, "a certificate's key couldn't be made");
  return key;
}

Result<Secret> private_key_pem(EVP_PKEY* key) {
  const BioPtr bio(BIO_new(BIO_s_secmem()));
  if (!bio || PEM_write_bio_PKCS8PrivateKey(bio.get(), key, nullptr, nullptr, 0, nullptr, nullptr) != 1) {
    return fail(ErrorCode::kInternal, "a certificate's key couldn't be written");
  }
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &data);
  return Secret(BytesView(data, static_cast<std::size_t>(size)));
}

Result<std::string> certificate_pem(X509* certificate) {
  const BioPtr bio(BIO_new(BIO_s_mem()));
  if (!bio || PEM_write_bio_X509(bio.get(), certificate) != 1) {
    return fail(ErrorCode::kInternal, "a certificate couldn't be written");
  }
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &data);
  return std::string(data, static_cast<std::size_t>(size));
}

Result<CertificatePtr> parse_certificate(const std::string& pem) {
  const BioPtr bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  CertificatePtr certificate(bio ? PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr) : nullptr);
  if (!certificate) return fail(ErrorCode::kCorrupt, "not a PEM certificate");
  return certificate;
}

Result<PkeyPtr> parse_private_key(const Secret& pem) {
  const BioPtr bio(BIO_new_mem_buf(pem.view().data(), static_cast<int>(pem.size())));
  PkeyPtr key(bio ? PEM_read_bio_PrivateKey(bio.get(), nullptr, nullptr, nullptr) : nullptr);
  if (!key) return fail(ErrorCode::kCorrupt, "not a PEM private key");
  return key;
}

// A serial number: positive, never zero, 127 random bits (RFC 5280 section 4.1.2.2; CA/B: at least 64).
void set_serial(X509* certificate, Random& random) {
  Bytes bytes = random.bytes(kSerialBytes);
  bytes[0] = static_cast<char>((bytes[0] & 0x7f) | 0x40);
  const BignumPtr number(BN_bin2bn(octets(bytes.data()), static_cast<int>(bytes.size()), nullptr));
  FH_CHECK(number && BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(certificate)) != nullptr);
}

void set_validity(X509* certificate, std::time_t from, std::time_t until) {
  FH_CHECK(ASN1_TIME_set(X509_getm_notBefore(certificate), from) != nullptr);
  FH_CHECK(ASN1_TIME_set(X509_getm_notAfter(certificate), until) != nullptr);
}

void add_name(X509_NAME* name, const char* field, const std::string& value) {
  FH_CHECK(X509_NAME_add_entry_by_txt(name, field, MBSTRING_UTF8, octets(value.data()), static_cast<int>(value.size()),
                                      -1, 0) == 1);
}

// Only with constant text: the syntax of these values has its own injections.
void add_extension(X509* certificate, X509* issuer, int nid, const char* value) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  const ExtensionPtr extension(X509V3_EXT_conf_nid(nullptr, &context, nid, value));
  FH_CHECK(extension && X509_add_ext(certificate, extension.get(), -1) == 1);
}

bool is_label(std::string_view label) {
  const auto allowed = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
  };
  return !label.empty() && label.size() <= kMaxLabel && label.front() != '-' && label.back() != '-' &&
         std::ranges::all_of(label, allowed);
}

// Letters, digits, hyphens, underscores; one "*." in front at most.
bool is_dns_name(std::string_view name) {
  if (name.empty() || name.size() > kMaxDnsName) return false;
  if (name.starts_with("*.")) name.remove_prefix(2);
  while (true) {
    const std::size_t dot = name.find('.');
    if (!is_label(name.substr(0, dot))) return false;
    if (dot == std::string_view::npos) return true;
    name.remove_prefix(dot + 1);
  }
}

// 4 or 16 bytes in network order, or empty.
Bytes parse_ip(const std::string& text) {
  if (text.contains(std::string_view("\0", 1))) return {};
  Bytes bytes(sizeof(in6_addr), '\0');
  if (inet_pton(AF_INET6, text.c_str(), bytes.data()) == 1) return bytes;
  bytes.resize(sizeof(in_addr));
  if (inet_pton(AF_INET, text.c_str(), bytes.data()) == 1) return bytes;
  return {};
}

void push_name(GENERAL_NAMES* names, int type, BytesView value) {
  GENERAL_NAME* name = GENERAL_NAME_new();
  ASN1_STRING* string = ASN1_STRING_type_new(type == GEN_DNS ? V_ASN1_IA5STRING : V_ASN1_OCTET_STRING);
  FH_CHECK(name && string && ASN1_STRING_set(string, value.data(), static_cast<int>(value.size())) == 1);
  GENERAL_NAME_set0_value(name, type, string);
  FH_CHECK(sk_GENERAL_NAME_push(names, name) > 0);
}

Result<> add_alternative_names(X509* certificate, const ServerCertificateRequest& request) {
  const std::unique_ptr<GENERAL_NAMES, OpensslFree<GENERAL_NAMES_free>> names(GENERAL_NAMES_new());
  FH_CHECK(names != nullptr);
  for (const std::string& name : request.dns_names) {
    if (!is_dns_name(name)) return fail(ErrorCode::kInvalidArgument, "not a host name for a certificate: " + name);
    push_name(names.get(), GEN_DNS, name);
  }
  for (const std::string& text : request.ip_addresses) {
    const Bytes address = parse_ip(text);
    if (address.empty()) return fail(ErrorCode::kInvalidArgument, "not an IP address for a certificate: " + text);
    push_name(names.get(), GEN_IPADD, address);
  }
  if (sk_GENERAL_NAME_num(names.get()) == 0) {
    return fail(ErrorCode::kInvalidArgument, "a server certificate needs a host name or an address");
  }
  FH_CHECK(X509_add1_ext_i2d(certificate, NID_subject_alt_name, names.get(), 0, X509V3_ADD_APPEND) == 1);
  return {};
}

CertificatePtr new_certificate(EVP_PKEY* key, Random& random) {
  CertificatePtr certificate(X509_new());
  FH_CHECK(certificate && X509_set_version(certificate.get(), X509_VERSION_3) == 1);
  FH_CHECK(X509_set_pubkey(certificate.get(), key) == 1);
  set_serial(certificate.get(), random);
  return certificate;
}

Bytes der_of(X509* certificate) {
  unsigned char* raw = nullptr;
  const int size = i2d_X509(certificate, &raw);
  FH_CHECK(size > 0);
  Bytes out(reinterpret_cast<const char*>(raw), static_cast<std::size_t>(size));
  OPENSSL_free(raw);
  return out;
}

Result<CertificateAndKey> sign_and_write(X509* certificate, EVP_PKEY* signer, EVP_PKEY* own_key) {
  if (X509_sign(certificate, signer, EVP_sha256()) <= 0) {
    return fail(ErrorCode::kInternal, "a certificate couldn't be signed");
  }
  FH_TRY(std::string pem, certificate_pem(certificate));
  FH_TRY(Secret key_pem, private_key_pem(own_key));
  return CertificateAndKey{std::move(pem), std::move(key_pem)};
}

Result<WallTime> to_wall_time(const ASN1_TIME* time) {
  std::tm fields{};
  if (ASN1_TIME_to_tm(time, &fields) != 1) return fail(ErrorCode::kCorrupt, "a certificate with a broken date");
  return WallTime(seconds(timegm(&fields)));
}

Result<Validity> validity_of(const X509* certificate) {
  FH_TRY(const WallTime from, to_wall_time(X509_get0_notBefore(certificate)));
  FH_TRY(const WallTime until, to_wall_time(X509_get0_notAfter(certificate)));
  if (until < from) return fail(ErrorCode::kCorrupt, "a certificate that ends before it begins");
  return Validity{from, until};
}

// What authority.private_key_pem and certificate_pem hold, known to belong together.
struct Issuer {
  CertificatePtr certificate;
  PkeyPtr key;
  Validity validity;
};

Result<Issuer> parse_issuer(const CertificateAndKey& authority) {
  FH_TRY(CertificatePtr certificate, parse_certificate(authority.certificate_pem));
  FH_TRY(PkeyPtr key, parse_private_key(authority.private_key_pem));
  if (X509_check_private_key(certificate.get(), key.get()) != 1 || X509_check_ca(certificate.get()) != 1) {
    return fail(ErrorCode::kCorrupt, "the authority's certificate and key don't belong together");
  }
  FH_TRY(const Validity validity, validity_of(certificate.get()));
  return Issuer{std::move(certificate), std::move(key), validity};
}

std::string server_common_name(const ServerCertificateRequest& request) {
  for (const std::string& name : request.dns_names) {
    if (name.size() <= kMaxCommonName) return name;
  }
  return "Freehold server";
}

}  // namespace

Result<CertificateAndKey> make_authority(const std::string& common_name, WallTime now, Random& random) {
  if (common_name.empty() || common_name.size() > kMaxCommonName) {
    return fail(ErrorCode::kInvalidArgument, "an authority's name has 1 to 64 bytes");
  }
  FH_TRY(const PkeyPtr key, make_key());
  const CertificatePtr certificate = new_certificate(key.get(), random);
  add_name(X509_get_subject_name(certificate.get()), "CN", common_name);
  FH_CHECK(X509_set_issuer_name(certificate.get(), X509_get_subject_name(certificate.get())) == 1);
  set_validity(certificate.get(), to_seconds(now - kBackdating), to_seconds(now + kAuthorityLife));
  add_extension(certificate.get(), certificate.get(), NID_basic_constraints, "critical,CA:TRUE,pathlen:0");
  add_extension(certificate.get(), certificate.get(), NID_key_usage, "critical,keyCertSign,cRLSign");
  add_extension(certificate.get(), certificate.get(), NID_subject_key_identifier, "hash");
  add_extension(certificate.get(), certificate.get(), NID_authority_key_identifier, "keyid:always");
  return sign_and_write(certificate.get(), key.get(), key.get());
}

Result<CertificateAndKey> issue_server_certificate(const CertificateAndKey& authority,
                                                   const ServerCertificateRequest& request, WallTime now,
                                                   Random& random) {
  FH_TRY(const Issuer issuer, parse_issuer(authority));
  if (issuer.validity.not_after <= now) return fail(ErrorCode::kInvalidArgument, "the authority's certificate is over");
  FH_TRY(const PkeyPtr key, make_key());
  const CertificatePtr certificate = new_certificate(key.get(), random);
  add_name(X509_get_subject_name(certificate.get()), "CN", server_common_name(request));
  FH_CHECK(X509_set_issuer_name(certificate.get(), X509_get_subject_name(issuer.certificate.get())) == 1);
  const WallTime until = std::min(WallTime(now + kServerLife), issuer.validity.not_after);
  set_validity(certificate.get(), to_seconds(now - kBackdating), to_seconds(until));
  add_extension(certificate.get(), issuer.certificate.get(), NID_basic_constraints, "critical,CA:FALSE");
  add_extension(certificate.get(), issuer.certificate.get(), NID_key_usage, "critical,digitalSignature");
  add_extension(certificate.get(), issuer.certificate.get(), NID_ext_key_usage, "serverAuth");
  add_extension(certificate.get(), issuer.certificate.get(), NID_subject_key_identifier, "hash");
  add_extension(certificate.get(), issuer.certificate.get(), NID_authority_key_identifier, "keyid:always");
  FH_CHECK_OK(add_alternative_names(certificate.get(), request));
  return sign_and_write(certificate.get(), issuer.key.get(), key.get());
}

Result<std::vector<Bytes>> issue_signing_certificate(const CertificateAndKey& authority, const RsaPublicKey& key,
                                                     const ServerCertificateRequest& names, WallTime now,
                                                     Random& random) {
  FH_TRY(const Issuer issuer, parse_issuer(authority));
  if (issuer.validity.not_after <= now) return fail(ErrorCode::kInvalidArgument, "the authority's certificate is over");
  FH_TRY(const PkeyPtr pkey, public_from({.type = KeyType::kRsa, .n = key.modulus(), .e = key.exponent()}));
  const CertificatePtr certificate = new_certificate(pkey.get(), random);
  add_name(X509_get_subject_name(certificate.get()), "CN", server_common_name(names));
  FH_CHECK(X509_set_issuer_name(certificate.get(), X509_get_subject_name(issuer.certificate.get())) == 1);
  set_validity(certificate.get(), to_seconds(now - kBackdating),
               to_seconds(std::min(WallTime(now + kServerLife), issuer.validity.not_after)));
  add_extension(certificate.get(), issuer.certificate.get(), NID_basic_constraints, "critical,CA:FALSE");
  add_extension(certificate.get(), issuer.certificate.get(), NID_key_usage, "critical,digitalSignature");
  add_extension(certificate.get(), issuer.certificate.get(), NID_subject_key_identifier, "hash");
  add_extension(certificate.get(), issuer.certificate.get(), NID_authority_key_identifier, "keyid:always");
  FH_CHECK_OK(add_alternative_names(certificate.get(), names));
  if (X509_sign(certificate.get(), issuer.key.get(), EVP_sha256()) <= 0) {
    return fail(ErrorCode::kInternal, "a certificate couldn't be signed");
  }
  return std::vector<Bytes>{der_of(certificate.get()), der_of(issuer.certificate.get())};
}

Result<Validity> certificate_validity(const std::string& pem) {
  FH_TRY(const CertificatePtr certificate, parse_certificate(pem));
  return validity_of(certificate.get());
}

bool due_for_renewal(const Validity& validity, WallTime now) {
  const auto life = validity.not_after - validity.not_before;
  return now >= validity.not_after - life / 3;
}

}  // namespace freehold::crypto
