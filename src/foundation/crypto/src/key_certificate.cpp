#include "crypto/key_certificate.h"

#include <openssl/err.h>
#include <openssl/x509v3.h>

#include <algorithm>

#include "base/check.h"
#include "base/encoding.h"
#include "src/der.h"
#include "src/jose_state.h"

namespace freehold::crypto {
namespace {

using NamePtr = std::unique_ptr<X509_NAME, OpensslFree<X509_NAME_free>>;
using RequestPtr = std::unique_ptr<X509_REQ, OpensslFree<X509_REQ_free>>;
using GeneralNamesPtr = std::unique_ptr<GENERAL_NAMES, OpensslFree<GENERAL_NAMES_free>>;
using UsesPtr = std::unique_ptr<EXTENDED_KEY_USAGE, OpensslFree<EXTENDED_KEY_USAGE_free>>;
using BitsPtr = std::unique_ptr<ASN1_BIT_STRING, OpensslFree<ASN1_BIT_STRING_free>>;
using IntegerPtr = std::unique_ptr<ASN1_INTEGER, OpensslFree<ASN1_INTEGER_free>>;
using AlgorithmPtr = std::unique_ptr<X509_ALGOR, OpensslFree<X509_ALGOR_free>>;
using SignaturePtr = std::unique_ptr<ECDSA_SIG, OpensslFree<ECDSA_SIG_free>>;
using OctetsPtr = std::unique_ptr<ASN1_OCTET_STRING, OpensslFree<ASN1_OCTET_STRING_free>>;

struct Extensions {
  STACK_OF(X509_EXTENSION) * all = sk_X509_EXTENSION_new_null();
  ~Extensions() { sk_X509_EXTENSION_pop_free(all, X509_EXTENSION_free); }
  Extensions() = default;
  Extensions(const Extensions&) = delete;
  Extensions& operator=(const Extensions&) = delete;
  void add(int nid, void* value, bool critical) {
    FH_CHECK(X509V3_add1_i2d(&all, nid, value, critical ? 1 : 0, X509V3_ADD_APPEND) == 1);
  }
};

constexpr std::size_t kMaxNames = 100;
constexpr std::size_t kMaxNameBytes = 253;

std::unexpected<Error> wrong(std::string what) {
  ERR_clear_error();
  return fail(ErrorCode::kInvalidArgument, std::move(what));
}

BytesView trimmed(BytesView text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  return text;
}

// "CN=a, O=b": commas in values stand in quotes or behind a backslash (RFC 4514).
Result<std::vector<std::pair<std::string, std::string>>> parts_of(std::string_view subject) {
  std::vector<std::pair<std::string, std::string>> out;
  std::string name;
  std::string value;
  bool quoted = false;
  bool in_value = false;
  const auto finish = [&] {
    out.emplace_back(std::string(trimmed(name)), std::string(trimmed(value)));
    name.clear();
    value.clear();
    in_value = false;
  };
  for (std::size_t i = 0; i < subject.size(); ++i) {
    const char c = subject[i];
    if (in_value && c == '"') {
      quoted = !quoted;
    } else if (in_value && c == '\\' && i + 1 < subject.size()) {
      value.push_back(subject[++i]);
    } else if (!quoted && (c == ',' || c == ';')) {
      finish();
    } else if (!in_value && c == '=') {
      in_value = true;
    } else {
      (in_value ? value : name).push_back(c);
    }
  }
  finish();
  const bool good = !quoted && out.size() <= 32 && std::ranges::none_of(out, [](const auto& part) {
    return part.first.empty() || part.second.empty() || !is_valid_utf8(part.second);
  });
  if (!good) return wrong("The subject is no X.500 name: \"CN=example.test, O=Org\".");
  return out;
}

Result<NamePtr> name_from(std::string_view subject) {
  FH_TRY(const auto parts, parts_of(subject));
  NamePtr name(X509_NAME_new());
  FH_CHECK(name != nullptr);
  for (const auto& [field, value] : parts) {
    const std::string type = equals_ignoring_case(field, "E")   ? "emailAddress"
                             : equals_ignoring_case(field, "S") ? "ST"
                                                                : field;
    if (X509_NAME_add_entry_by_txt(name.get(), type.c_str(), MBSTRING_UTF8, octets(value.data()),
                                   static_cast<int>(value.size()), -1, 0) != 1) {
      return wrong("The subject is no X.500 name: \"CN=example.test, O=Org\".");
    }
  }
  return name;
}

void push_name(GENERAL_NAMES* names, int type, BytesView value) {
  GENERAL_NAME* name = GENERAL_NAME_new();
  ASN1_STRING* string = ASN1_STRING_type_new(V_ASN1_IA5STRING);
  FH_CHECK(name && string && ASN1_STRING_set(string, value.data(), static_cast<int>(value.size())) == 1);
  GENERAL_NAME_set0_value(name, type, string);
  FH_CHECK(sk_GENERAL_NAME_push(names, name) > 0);
}

bool is_plain(std::string_view text) {
  return !text.empty() && text.size() <= kMaxNameBytes &&
         std::ranges::all_of(text, [](char c) { return c > ' ' && c < 0x7f; });
}

Result<> add_names(Extensions& extensions, const CertificateTerms& terms) {
  const GeneralNamesPtr names(GENERAL_NAMES_new());
  FH_CHECK(names != nullptr);
  if (terms.dns_names.size() + terms.emails.size() > kMaxNames) return wrong("A certificate has too many names.");
  for (const auto& each : terms.dns_names) {
    if (!is_plain(each)) return wrong("'dns_names' has something that is no host name.");
    push_name(names.get(), GEN_DNS, each);
  }
  for (const auto& each : terms.emails) {
    if (!is_plain(each) || !each.contains('@')) return wrong("'emails' has something that is no address.");
    push_name(names.get(), GEN_EMAIL, each);
  }
  if (sk_GENERAL_NAME_num(names.get()) > 0) extensions.add(NID_subject_alt_name, names.get(), false);
  return {};
}

Result<> add_uses(Extensions& extensions, const CertificateTerms& terms) {
  constexpr std::string_view kBits[] = {"digitalSignature", "nonRepudiation", "keyEncipherment",
                                        "dataEncipherment", "keyAgreement",   "keyCertSign",
                                        "cRLSign",          "encipherOnly",   "decipherOnly"};
  const BitsPtr bits(ASN1_BIT_STRING_new());
  FH_CHECK(bits != nullptr);
  for (const auto& use : terms.key_uses) {
    const auto* at = std::ranges::find(kBits, use);
    if (at == std::end(kBits)) return wrong("There is no key usage '" + use.substr(0, 64) + "'.");
    FH_CHECK(ASN1_BIT_STRING_set_bit(bits.get(), static_cast<int>(at - std::begin(kBits)), 1) == 1);
  }
  if (!terms.key_uses.empty()) extensions.add(NID_key_usage, bits.get(), true);
  const UsesPtr uses(EXTENDED_KEY_USAGE_new());
  FH_CHECK(uses != nullptr);
  for (const auto& id : terms.extended_uses) {
    ASN1_OBJECT* object = is_plain(id) ? OBJ_txt2obj(id.c_str(), 1) : nullptr;
    if (object == nullptr) return wrong("'ekus' has something that is no object identifier.");
    FH_CHECK(sk_ASN1_OBJECT_push(uses.get(), object) > 0);
  }
  if (!terms.extended_uses.empty()) extensions.add(NID_ext_key_usage, uses.get(), false);
  return {};
}

// Everything that the terms say and that a request says too.
Result<> add_terms(Extensions& extensions, const CertificateTerms& terms) {
  FH_CHECK_OK(add_uses(extensions, terms));
  BASIC_CONSTRAINTS constraints{};
  const IntegerPtr none_below(ASN1_INTEGER_new());
  FH_CHECK(none_below && ASN1_INTEGER_set(none_below.get(), 0) == 1);
  if (terms.authority) {
    constraints.ca = 0xff;
    constraints.pathlen = none_below.get();
  }
  extensions.add(NID_basic_constraints, &constraints, true);
  return add_names(extensions, terms);
}

// By which algorithm a key signs certificates, and how X.509 names that.
struct Signing {
  std::string_view name;  // in JOSE
  int nid;
};
Result<Signing> signing_of(const PublicNumbers& key) {
  if (key.type == KeyType::kRsa) return Signing{"RS256", NID_sha256WithRSAEncryption};
  if (key.type != KeyType::kEc) return wrong("The key can't sign a certificate.");
  switch (key.curve) {
    case Curve::kP256:
      return Signing{"ES256", NID_ecdsa_with_SHA256};
    case Curve::kP384:
      return Signing{"ES384", NID_ecdsa_with_SHA384};
    case Curve::kP521:
      return Signing{"ES512", NID_ecdsa_with_SHA512};
    case Curve::kP256K:
      return Signing{"ES256K", NID_ecdsa_with_SHA256};
  }
  return wrong("The key can't sign a certificate.");
}

void set_algorithm(X509_ALGOR* algorithm, const Signing& signing) {
  // RFC 4055 wants a NULL with RSA, RFC 5758 wants nothing with ECDSA.
  const int parameters = signing.name == "RS256" ? V_ASN1_NULL : V_ASN1_UNDEF;
  FH_CHECK(X509_ALGOR_set0(algorithm, OBJ_nid2obj(signing.nid), parameters, nullptr) == 1);
}

UnsignedDocument document_of(const Signing& signing, Bytes text) {
  const auto* algorithm = find_algorithm(signing.name);
  FH_CHECK(algorithm != nullptr);
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  FH_CHECK(EVP_Digest(text.data(), text.size(), digest, &size, digest_of(algorithm->hash), nullptr) == 1);
  return {*algorithm, Bytes(reinterpret_cast<const char*>(digest), size), std::move(text)};
}

// One element of DER: tag, length, content.
Bytes element(int tag, bool constructed, BytesView content) {
  const auto size = static_cast<int>(content.size());
  Bytes out(static_cast<std::size_t>(ASN1_object_size(constructed ? 1 : 0, size, tag)) - content.size(), '\0');
  auto* at = reinterpret_cast<unsigned char*>(out.data());
  ASN1_put_object(&at, constructed ? 1 : 0, size, tag, V_ASN1_UNIVERSAL);
  return out += content;
}

// r || s as X.509 has it (RFC 3279 section 2.2.3).
Bytes ecdsa_der(BytesView signature) {
  const auto half = signature.size() / 2;
  const SignaturePtr out(ECDSA_SIG_new());
  FH_CHECK(out && ECDSA_SIG_set0(out.get(), BN_bin2bn(octets(signature.data()), static_cast<int>(half), nullptr),
                                 BN_bin2bn(octets(signature.data() + half), static_cast<int>(half), nullptr)) == 1);
  return der_of(out.get(), &i2d_ECDSA_SIG);
}

void set_serial(X509* certificate, Random& random) {
  Bytes bytes = random.bytes(16);
  bytes[0] = static_cast<char>((bytes[0] & 0x7f) | 0x40);
  const BignumPtr number(BN_bin2bn(octets(bytes.data()), static_cast<int>(bytes.size()), nullptr));
  FH_CHECK(number && BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(certificate)) != nullptr);
}

std::time_t seconds_of(WallTime time) {
  return static_cast<std::time_t>(std::chrono::floor<std::chrono::seconds>(time.time_since_epoch()).count());
}

WallTime months_later(WallTime time, int months) {
  using namespace std::chrono;
  const auto day = floor<days>(time);
  auto date = year_month_day(day) + std::chrono::months(months);
  if (!date.ok()) date = date.year() / date.month() / last;
  return WallTime((sys_days(date) + (time - day)).time_since_epoch());
}

CertificatePtr certificate_from(BytesView der) {
  const unsigned char* at = octets(der.data());
  CertificatePtr out(d2i_X509(nullptr, &at, static_cast<long>(der.size())));
  return out && at == octets(der.data()) + der.size() ? std::move(out) : nullptr;
}

Result<WallTime> time_of(const ASN1_TIME* time) {
  std::tm fields{};
  if (ASN1_TIME_to_tm(time, &fields) != 1) return wrong("A certificate with a broken date.");
  return WallTime(std::chrono::seconds(timegm(&fields)));
}

// `issuer` may be the certificate itself.
void add_key_ids(X509* certificate, X509* issuer) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  for (const auto& [nid, value] :
       {std::pair(NID_subject_key_identifier, "hash"), std::pair(NID_authority_key_identifier, "keyid:always")}) {
    const ExtensionPtr extension(X509V3_EXT_conf_nid(nullptr, &context, nid, value));
    // An authority from elsewhere may have no identifier of its key to be named by.
    if (!extension && nid == NID_authority_key_identifier) continue;
    FH_CHECK(extension && X509_add_ext(certificate, extension.get(), -1) == 1);
  }
  ERR_clear_error();
}

bool is_authority(X509* certificate) {
  const auto flags = X509_get_extension_flags(certificate);
  const bool may_sign = (X509_get_key_usage(certificate) & X509v3_KU_KEY_CERT_SIGN) != 0;  // all, where it says none
  // A critical extension that isn't understood may take away what the others give (RFC 5280 section 4.2).
  return (flags & (EXFLAG_INVALID | EXFLAG_CRITICAL)) == 0 && (flags & EXFLAG_CA) != 0 && may_sign;
}

Result<CertificatePtr> authority_from(BytesView der, const PublicNumbers& signer, const CertificateTerms& terms,
                                      WallTime now) {
  auto out = certificate_from(der);
  if (!out || !is_authority(out.get())) return wrong("The issuer's certificate is none of an authority.");
  // RFC 5280 section 4.2.1.9; -1: nothing is said.
  if (terms.authority && X509_get_pathlen(out.get()) == 0) return wrong("The issuer signs no authorities.");
  if (!certifies(der, signer)) return wrong("The issuer's certificate is for another key.");
  FH_TRY(const auto from, time_of(X509_get0_notBefore(out.get())));
  FH_TRY(const auto until, time_of(X509_get0_notAfter(out.get())));
  if (now < from || now >= until) return wrong("The issuer's certificate isn't valid now.");
  return out;
}

std::string common_name(const X509_NAME* name) {
  int at = -1;
  for (int next = -1; (next = X509_NAME_get_index_by_NID(name, NID_commonName, next)) >= 0;) at = next;
  if (at < 0) return {};
  unsigned char* text = nullptr;
  const int size = ASN1_STRING_to_UTF8(&text, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, at)));
  if (size < 0) return {};
  std::string out(reinterpret_cast<const char*>(text), static_cast<std::size_t>(size));
  OPENSSL_free(text);
  return out;
}

}  // namespace

Result<UnsignedDocument> unsigned_certificate(const PublicNumbers& key, const CertificateTerms& terms, BytesView issuer,
                                              const PublicNumbers& signer, WallTime now, Random& random) {
  FH_TRY(const auto name, name_from(terms.subject));
  FH_TRY(const auto signing, signing_of(signer));
  Extensions extensions;
  FH_CHECK_OK(add_terms(extensions, terms));
  CertificatePtr above;
  WallTime until = months_later(now, terms.validity_months);
  if (!issuer.empty()) {
    FH_TRY(above, authority_from(issuer, signer, terms, now));
    FH_TRY(const auto end, time_of(X509_get0_notAfter(above.get())));
    until = std::min(until, end);
  }
  FH_TRY(const auto pkey, public_from(key));
  const CertificatePtr certificate(X509_new());
  FH_CHECK(certificate && X509_set_version(certificate.get(), X509_VERSION_3) == 1);
  FH_CHECK(X509_set_pubkey(certificate.get(), pkey.get()) == 1);
  set_serial(certificate.get(), random);
  FH_CHECK(X509_set_subject_name(certificate.get(), name.get()) == 1 &&
           X509_set_issuer_name(certificate.get(), above ? X509_get_subject_name(above.get()) : name.get()) == 1);
  // Ten minutes back, as Azure's: clients' clocks may be behind.
  const WallTime from = now - std::chrono::minutes(10);
  FH_CHECK(ASN1_TIME_set(X509_getm_notBefore(certificate.get()), seconds_of(from)) != nullptr);
  FH_CHECK(ASN1_TIME_set(X509_getm_notAfter(certificate.get()), seconds_of(until)) != nullptr);
  for (int i = 0; i < sk_X509_EXTENSION_num(extensions.all); ++i) {
    FH_CHECK(X509_add_ext(certificate.get(), sk_X509_EXTENSION_value(extensions.all, i), -1) == 1);
  }
  add_key_ids(certificate.get(), above ? above.get() : certificate.get());
  // The certificate is ours to write; OpenSSL has no other way in for signatures that are made elsewhere.
  set_algorithm(const_cast<X509_ALGOR*>(X509_get0_tbs_sigalg(certificate.get())), signing);
  return document_of(signing, der_of(certificate.get(), &i2d_re_X509_tbs));
}

Result<UnsignedDocument> unsigned_request(const PublicNumbers& key, const CertificateTerms& terms) {
  FH_TRY(const auto name, name_from(terms.subject));
  FH_TRY(const auto signing, signing_of(key));
  Extensions extensions;
  FH_CHECK_OK(add_terms(extensions, terms));
  FH_TRY(const auto pkey, public_from(key));
  const RequestPtr request(X509_REQ_new());
  FH_CHECK(request && X509_REQ_set_subject_name(request.get(), name.get()) == 1);
  FH_CHECK(X509_REQ_set_pubkey(request.get(), pkey.get()) == 1);
  FH_CHECK(X509_REQ_add_extensions(request.get(), extensions.all) == 1);
  return document_of(signing, der_of(request.get(), &i2d_re_X509_REQ_tbs));
}

Bytes signed_document(const UnsignedDocument& document, BytesView signature) {
  const bool ecdsa = document.algorithm.scheme == Scheme::kEcdsa;
  int nid = NID_sha256WithRSAEncryption;
  if (ecdsa)
    FH_CHECK(OBJ_find_sigid_by_algs(&nid, EVP_MD_get_type(digest_of(document.algorithm.hash)),
                                    NID_X9_62_id_ecPublicKey) == 1);
  const AlgorithmPtr algorithm(X509_ALGOR_new());
  FH_CHECK(algorithm != nullptr);
  set_algorithm(algorithm.get(), {document.algorithm.name, nid});
  Bytes bits(1, '\0');  // none of the last byte's is unused
  bits += ecdsa ? ecdsa_der(signature) : Bytes(signature);
  Bytes content = document.text + der_of(algorithm.get(), &i2d_X509_ALGOR);
  return element(V_ASN1_SEQUENCE, true, content += element(V_ASN1_BIT_STRING, false, bits));
}

Result<Bytes> self_signed(const JoseKey& key, const CertificateTerms& terms, WallTime now, Random& random) {
  FH_TRY(const auto document, unsigned_certificate(key.numbers(), terms, {}, key.numbers(), now, random));
  FH_TRY(const Bytes signature, key.sign(document.algorithm, document.digest));
  return signed_document(document, signature);
}

Result<CertificateFacts> certificate_facts(BytesView der) {
  const auto certificate = certificate_from(der);
  if (!certificate) return wrong("Not a certificate in DER.");
  CertificateFacts out{.der = Bytes(der)};
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  FH_CHECK(X509_digest(certificate.get(), EVP_sha1(), digest, &size) == 1);
  out.sha1 = Bytes(reinterpret_cast<const char*>(digest), size);
  FH_TRY(out.not_before, time_of(X509_get0_notBefore(certificate.get())));
  FH_TRY(out.not_after, time_of(X509_get0_notAfter(certificate.get())));
  const BioPtr text(BIO_new(BIO_s_mem()));
  FH_CHECK(text != nullptr);
  X509_NAME_print_ex(text.get(), X509_get_subject_name(certificate.get()), 0,
                     XN_FLAG_RFC2253 & ~(ASN1_STRFLGS_ESC_MSB | XN_FLAG_DN_REV));
  char* data = nullptr;
  const long length = BIO_get_mem_data(text.get(), &data);
  out.subject = std::string(data, static_cast<std::size_t>(std::max(0L, length)));
  out.name = common_name(X509_get_subject_name(certificate.get()));
  out.issuer_name = common_name(X509_get_issuer_name(certificate.get()));
  out.authority = is_authority(certificate.get());
  return out;
}

bool certifies(BytesView der, const PublicNumbers& key) {
  const auto certificate = certificate_from(der);
  const auto mine = public_from(key);
  const auto* theirs = certificate ? X509_get0_pubkey(certificate.get()) : nullptr;
  const bool right = theirs != nullptr && mine && EVP_PKEY_eq(theirs, mine->get()) == 1;
  ERR_clear_error();
  return right;
}

}  // namespace freehold::crypto
