// PKCS#12 (RFC 7292) from outside, read piece by piece: whoever writes a PFX also says how many iterations it takes to
// open it, so each count is looked at before it is spent.
#include "src/der.h"
#include "src/foreign_key.h"

namespace freehold::crypto {
namespace {

using PbeParamPtr = std::unique_ptr<PBEPARAM, OpensslFree<PBEPARAM_free>>;
using Pbe2ParamPtr = std::unique_ptr<PBE2PARAM, OpensslFree<PBE2PARAM_free>>;
using Pbkdf2ParamPtr = std::unique_ptr<PBKDF2PARAM, OpensslFree<PBKDF2PARAM_free>>;
struct FreeSafes {
  void operator()(STACK_OF(PKCS7) * stack) const { sk_PKCS7_pop_free(stack, PKCS7_free); }
};
using SafesPtr = std::unique_ptr<STACK_OF(PKCS7), FreeSafes>;
struct FreeBags {
  void operator()(STACK_OF(PKCS12_SAFEBAG) * stack) const { sk_PKCS12_SAFEBAG_pop_free(stack, PKCS12_SAFEBAG_free); }
};
using BagsPtr = std::unique_ptr<STACK_OF(PKCS12_SAFEBAG), FreeBags>;

// Three keys made with 600,000 iterations each are what careful programs write; together they are a second or two.
constexpr std::int64_t kMaxIterations = 2'000'000;
constexpr int kMaxDepth = 4;

std::unexpected<Error> closed() { return no_bundle("The PFX doesn't open, or has no certificate with its key."); }

template <class T>
T* sequence_in(const ASN1_TYPE* type, const ASN1_ITEM* item) {
  return static_cast<T*>(type == nullptr ? nullptr : ASN1_TYPE_unpack_sequence(item, type));
}

// How many iterations a password takes by this algorithm; -1: none of those that are taken (scrypt isn't: it takes
// memory too).
std::int64_t iterations_of(const X509_ALGOR* algorithm) {
  if (algorithm == nullptr) return -1;
  std::int64_t count = -1;
  const auto number = [&count](const ASN1_INTEGER* text) {
    if (text == nullptr || ASN1_INTEGER_get_int64(&count, text) != 1) count = -1;
  };
  const int nid = OBJ_obj2nid(algorithm->algorithm);
  if (nid != NID_pbes2) {
    const PbeParamPtr param(sequence_in<PBEPARAM>(algorithm->parameter, ASN1_ITEM_rptr(PBEPARAM)));
    if (param) number(param->iter);
    return count;
  }
  const Pbe2ParamPtr param(sequence_in<PBE2PARAM>(algorithm->parameter, ASN1_ITEM_rptr(PBE2PARAM)));
  if (!param || OBJ_obj2nid(param->keyfunc->algorithm) != NID_id_pbkdf2) return -1;
  const Pbkdf2ParamPtr pbkdf2(sequence_in<PBKDF2PARAM>(param->keyfunc->parameter, ASN1_ITEM_rptr(PBKDF2PARAM)));
  if (pbkdf2) number(pbkdf2->iter);
  return count;
}

class PfxReader {
 public:
  explicit PfxReader(const Secret& password) : text_(password.size() + 1) {  // with the zero behind it
    std::copy(password.view().begin(), password.view().end(), text_.span().begin());
    password_ = text_.view().data();
  }

  Result<CertificateBundle> read(PKCS12* pfx) {
    FH_CHECK_OK(check_mac(pfx));
    const SafesPtr safes(PKCS12_unpack_authsafes(pfx));
    for (int i = 0; safes && i < sk_PKCS7_num(safes.get()); ++i) {
      FH_CHECK_OK(read_safe(sk_PKCS7_value(safes.get(), i)));
    }
    if (!key_ || certificates_.empty()) return closed();
    return bundle_of(std::move(*key_), std::move(certificates_));
  }

 private:
  Result<> spend(std::int64_t iterations) {
    if (iterations < 1 || iterations > left_) {
      return no_bundle("The PFX is protected in a way that isn't supported, or by more than 2,000,000 iterations.");
    }
    left_ -= iterations;
    return {};
  }

  // No password at all and an empty one aren't the same to PKCS#12, and both are meant by an empty text.
  Result<> check_mac(PKCS12* pfx) {
    const bool empty = *password_ == '\0';
    if (PKCS12_mac_present(pfx) != 1) {
      if (empty) password_ = nullptr;
      return {};
    }
    const ASN1_INTEGER* count = nullptr;
    PKCS12_get0_mac(nullptr, nullptr, nullptr, &count, pfx);
    std::int64_t iterations = 1;
    if (count != nullptr && ASN1_INTEGER_get_int64(&iterations, count) != 1) return closed();
    FH_CHECK_OK(spend(iterations));
    if (!empty) return PKCS12_verify_mac(pfx, password_, -1) == 1 ? Result<>() : closed();
    FH_CHECK_OK(spend(iterations));
    if (PKCS12_verify_mac(pfx, nullptr, 0) == 1) {
      password_ = nullptr;
      return {};
    }
    return PKCS12_verify_mac(pfx, password_, 0) == 1 ? Result<>() : closed();
  }

  Result<> read_safe(PKCS7* safe) {
    BagsPtr bags;
    if (PKCS7_type_is_data(safe)) {
      bags.reset(PKCS12_unpack_p7data(safe));
    } else if (PKCS7_type_is_encrypted(safe)) {
      if (safe->d.encrypted == nullptr || safe->d.encrypted->enc_data == nullptr) return closed();
      FH_CHECK_OK(spend(iterations_of(safe->d.encrypted->enc_data->algorithm)));
      bags.reset(PKCS12_unpack_p7encdata(safe, password_, -1));
    } else {
      return {};
    }
    return bags ? read_bags(bags.get(), 1) : closed();
  }

  Result<> read_bags(const STACK_OF(PKCS12_SAFEBAG) * bags, int depth) {
    if (depth > kMaxDepth) return closed();
    for (int i = 0; i < sk_PKCS12_SAFEBAG_num(bags); ++i) {
      FH_CHECK_OK(read_bag(sk_PKCS12_SAFEBAG_value(bags, i), depth));
    }
    return {};
  }

  Result<> read_bag(PKCS12_SAFEBAG* bag, int depth) {
    switch (PKCS12_SAFEBAG_get_nid(bag)) {
      case NID_keyBag:
        return take_key(PKCS12_SAFEBAG_get0_p8inf(bag));
      case NID_pkcs8ShroudedKeyBag:
        return take_shrouded(bag);
      case NID_certBag:
        return take_certificate(bag);
      case NID_safeContentsBag:
        return read_bags(PKCS12_SAFEBAG_get0_safes(bag), depth + 1);
      default:
        return {};
    }
  }

  Result<> take_key(const PKCS8_PRIV_KEY_INFO* info) {
    if (key_) return {};
    FH_TRY(key_, key_from(info));
    return {};
  }

  Result<> take_shrouded(PKCS12_SAFEBAG* bag) {
    if (key_) return {};
    const X509_ALGOR* algorithm = nullptr;
    const auto* shrouded = PKCS12_SAFEBAG_get0_pkcs8(bag);
    if (shrouded == nullptr) return closed();
    X509_SIG_get0(shrouded, &algorithm, nullptr);
    FH_CHECK_OK(spend(iterations_of(algorithm)));
    const KeyInfoPtr info(PKCS12_decrypt_skey(bag, password_, -1));
    return info ? take_key(info.get()) : closed();
  }

  Result<> take_certificate(PKCS12_SAFEBAG* bag) {
    if (PKCS12_SAFEBAG_get_bag_nid(bag) != NID_x509Certificate) return {};
    const CertificatePtr certificate(PKCS12_SAFEBAG_get1_cert(bag));
    if (!certificate) return closed();
    if (certificates_.size() > kMaxChain) return no_bundle("There are too many certificates.");
    certificates_.push_back(der_of(certificate.get(), &i2d_X509));
    return {};
  }

  Secret text_;
  const char* password_ = nullptr;
  std::int64_t left_ = kMaxIterations;
  std::optional<JoseKey> key_;
  std::vector<Bytes> certificates_;
};

}  // namespace

Result<CertificateBundle> read_pfx(BytesView pfx, const Secret& password) {
  if (pfx.size() > kMaxCertificateBundle) return no_bundle("The bundle is too long.");
  const unsigned char* at = octets(pfx.data());
  const Pkcs12Ptr parsed(d2i_PKCS12(nullptr, &at, static_cast<long>(pfx.size())));
  if (!parsed) return no_bundle("Not a PFX (PKCS#12).");
  return PfxReader(password).read(parsed.get());
}

}  // namespace freehold::crypto
