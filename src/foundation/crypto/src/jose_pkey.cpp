// Signatures and encryption with RSA and elliptic curves.
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/rsa.h>

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "src/der.h"
#include "src/jose_state.h"

namespace freehold::crypto {
namespace {

using EcdsaPtr = std::unique_ptr<ECDSA_SIG, OpensslFree<ECDSA_SIG_free>>;

KeyContextPtr context_of(EVP_PKEY* key) {
  KeyContextPtr context(EVP_PKEY_CTX_new_from_pkey(nullptr, key, nullptr));
  FH_CHECK(context != nullptr);
  return context;
}

void set_signature(EVP_PKEY_CTX* context, const JoseAlgorithm& algorithm) {
  if (algorithm.scheme != Scheme::kEcdsa) {
    const bool pss = algorithm.scheme == Scheme::kRsaPss;
    FH_CHECK(EVP_PKEY_CTX_set_rsa_padding(context, pss ? RSA_PKCS1_PSS_PADDING : RSA_PKCS1_PADDING) == 1);
    FH_CHECK(!pss || EVP_PKEY_CTX_set_rsa_pss_saltlen(context, RSA_PSS_SALTLEN_DIGEST) == 1);
  }
  FH_CHECK(EVP_PKEY_CTX_set_signature_md(context, digest_of(algorithm.hash)) == 1);
}

void set_encryption(EVP_PKEY_CTX* context, const JoseAlgorithm& algorithm) {
  const bool oaep = algorithm.scheme == Scheme::kRsaOaep;
  FH_CHECK(EVP_PKEY_CTX_set_rsa_padding(context, oaep ? RSA_PKCS1_OAEP_PADDING : RSA_PKCS1_PADDING) == 1);
  if (!oaep) return;
  FH_CHECK(EVP_PKEY_CTX_set_rsa_oaep_md(context, digest_of(algorithm.hash)) == 1 &&
           EVP_PKEY_CTX_set_rsa_mgf1_md(context, digest_of(algorithm.hash)) == 1);
}

// JOSE has r || s (RFC 7518 section 3.4), OpenSSL an ASN.1 sequence.
Bytes joined(BytesView der, std::size_t width) {
  const unsigned char* at = octets(der.data());
  const EcdsaPtr signature(d2i_ECDSA_SIG(nullptr, &at, static_cast<long>(der.size())));
  FH_CHECK(signature != nullptr);
  Bytes out(2 * width, '\0');
  FH_CHECK(BN_bn2binpad(ECDSA_SIG_get0_r(signature.get()), octets(out.data()), static_cast<int>(width)) > 0 &&
           BN_bn2binpad(ECDSA_SIG_get0_s(signature.get()), octets(out.data() + width), static_cast<int>(width)) > 0);
  return out;
}

Bytes sequence_of(BytesView both, std::size_t width) {
  const EcdsaPtr signature(ECDSA_SIG_new());
  BIGNUM* r = BN_bin2bn(octets(both.data()), static_cast<int>(width), nullptr);
  BIGNUM* s = BN_bin2bn(octets(both.data() + width), static_cast<int>(width), nullptr);
  FH_CHECK(signature && r != nullptr && s != nullptr && ECDSA_SIG_set0(signature.get(), r, s) == 1);
  return der_of(signature.get(), &i2d_ECDSA_SIG);
}

// Set up to sign.
KeyContextPtr signer_of(EVP_PKEY* key, const JoseAlgorithm& algorithm) {
  auto context = context_of(key);
  FH_CHECK(EVP_PKEY_sign_init(context.get()) == 1);
  set_signature(context.get(), algorithm);
  return context;
}

KeyContextPtr decrypter_of(EVP_PKEY* key, const JoseAlgorithm& algorithm) {
  auto context = context_of(key);
  FH_CHECK(EVP_PKEY_decrypt_init(context.get()) == 1);
  set_encryption(context.get(), algorithm);
  return context;
}

}  // namespace

KeyContextPtr PreparedContexts::take(Use use, const JoseAlgorithm& algorithm) {
  const std::lock_guard lock(mutex_);
  const auto at = std::ranges::find_if(idle_, [&](const Idle& idle) {
    return idle.use == use && idle.scheme == algorithm.scheme && idle.hash == algorithm.hash;
  });
  if (at == idle_.end()) return nullptr;
  auto context = std::move(at->context);
  idle_.erase(at);
  return context;
}

void PreparedContexts::give_back(Use use, const JoseAlgorithm& algorithm, KeyContextPtr context) {
  Idle idle{use, algorithm.scheme, algorithm.hash, std::move(context)};  // what goes is freed without the lock
  const std::lock_guard lock(mutex_);
  if (idle_.size() < kIdle) return idle_.push_back(std::move(idle));
  std::swap(idle_.front(), idle);
  std::ranges::rotate(idle_, idle_.begin() + 1);
}

Result<Bytes> pkey_sign(EVP_PKEY* key, PreparedContexts& contexts, const JoseAlgorithm& algorithm, BytesView digest) {
  auto context = contexts.take(PreparedContexts::Use::kSign, algorithm);
  if (context == nullptr) context = signer_of(key, algorithm);
  Bytes out(static_cast<std::size_t>(EVP_PKEY_get_size(key)), '\0');
  std::size_t size = out.size();
  if (EVP_PKEY_sign(context.get(), octets(out.data()), &size, octets(digest.data()), digest.size()) != 1) {
    ERR_clear_error();
    return fail(ErrorCode::kInternal, "a signature couldn't be made");
  }
  contexts.give_back(PreparedContexts::Use::kSign, algorithm, std::move(context));
  out.resize(size);
  return algorithm.scheme == Scheme::kEcdsa ? joined(out, size_of(algorithm.curve)) : out;
}

bool pkey_verify(EVP_PKEY* key, const JoseAlgorithm& algorithm, BytesView digest, BytesView signature) {
  Bytes sequence;
  if (algorithm.scheme == Scheme::kEcdsa) {
    const auto width = size_of(algorithm.curve);
    if (signature.size() != 2 * width) return false;
    sequence = sequence_of(signature, width);
    signature = sequence;
  } else if (signature.size() != static_cast<std::size_t>(EVP_PKEY_get_size(key))) {
    return false;
  }
  const auto context = context_of(key);
  FH_CHECK(EVP_PKEY_verify_init(context.get()) == 1);
  set_signature(context.get(), algorithm);
  const bool right = EVP_PKEY_verify(context.get(), octets(signature.data()), signature.size(), octets(digest.data()),
                                     digest.size()) == 1;
  ERR_clear_error();
  return right;
}

Result<Bytes> rsa_encrypt(EVP_PKEY* key, const JoseAlgorithm& algorithm, BytesView plain) {
  const auto context = context_of(key);
  FH_CHECK(EVP_PKEY_encrypt_init(context.get()) == 1);
  set_encryption(context.get(), algorithm);
  Bytes out(static_cast<std::size_t>(EVP_PKEY_get_size(key)), '\0');
  std::size_t size = out.size();
  if (EVP_PKEY_encrypt(context.get(), octets(out.data()), &size, octets(plain.data()), plain.size()) != 1) {
    ERR_clear_error();
    return wrong_input("The text is longer than one block of this key holds.");
  }
  out.resize(size);
  return out;
}

// OpenSSL takes off the padding in constant time; what is wrong with it isn't told.
Result<Secret> rsa_decrypt(EVP_PKEY* key, PreparedContexts& contexts, const JoseAlgorithm& algorithm, BytesView text) {
  Secret out(static_cast<std::size_t>(EVP_PKEY_get_size(key)));
  if (text.size() != out.size()) return cannot_decrypt();
  auto context = contexts.take(PreparedContexts::Use::kDecrypt, algorithm);
  if (context == nullptr) context = decrypter_of(key, algorithm);
  std::size_t size = out.size();
  const bool right =
      EVP_PKEY_decrypt(context.get(), octets(out.span().data()), &size, octets(text.data()), text.size()) == 1;
  contexts.give_back(PreparedContexts::Use::kDecrypt, algorithm, std::move(context));  // right or not: no time tells
  if (!right) return cannot_decrypt();
  return Secret(out.view().substr(0, size));
}

}  // namespace freehold::crypto
