#include "src/token_padding.h"

#include <openssl/rsa.h>

#include "base/check.h"
#include "src/jose_state.h"

// OpenSSL 3.0 calls them low-level and has nothing in their place: a provider's key does padding and RSA together.
#pragma clang diagnostic ignored "-Wdeprecated-declarations"

namespace freehold::crypto {

Bytes digest_info(HashName hash, BytesView digest) {
  constexpr BytesView kSha256("\x30\x31\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x01\x05\x00\x04\x20", 19);
  constexpr BytesView kSha384("\x30\x41\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x02\x05\x00\x04\x30", 19);
  constexpr BytesView kSha512("\x30\x51\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x03\x05\x00\x04\x40", 19);
  FH_CHECK(hash != HashName::kSha1 && digest.size() == size_of(hash));
  const BytesView prefix = hash == HashName::kSha256 ? kSha256 : hash == HashName::kSha384 ? kSha384 : kSha512;
  return Bytes(prefix) + Bytes(digest);
}

bool is_rsa_block(const PublicNumbers& key, BytesView block) { return block.size() == key.n.size() && block < key.n; }

Result<Bytes> rsa_raw_public(EVP_PKEY* key, const Secret& decrypted) {
  const KeyContextPtr context(EVP_PKEY_CTX_new_from_pkey(nullptr, key, nullptr));
  FH_CHECK(context && EVP_PKEY_encrypt_init(context.get()) == 1 &&
           EVP_PKEY_CTX_set_rsa_padding(context.get(), RSA_NO_PADDING) == 1);
  Bytes out(static_cast<std::size_t>(EVP_PKEY_get_size(key)), '\0');
  std::size_t size = out.size();
  if (EVP_PKEY_encrypt(context.get(), octets(out.data()), &size, octets(decrypted.view().data()), decrypted.size()) !=
      1) {
    return cannot_decrypt();
  }
  return out;
}

Result<Secret> without_rsa_padding(const JoseAlgorithm& algorithm, const Secret& block) {
  Secret out(block.size());
  const auto width = static_cast<int>(block.size());
  auto* const to = octets(out.span().data());
  const auto* const from = octets(block.view().data());
  int size = -1;
  if (algorithm.scheme == Scheme::kRsaOaep) {
    size = RSA_padding_check_PKCS1_OAEP_mgf1(to, width, from, width, width, nullptr, 0, digest_of(algorithm.hash),
                                             digest_of(algorithm.hash));
  } else {
    size = RSA_padding_check_PKCS1_type_2(to, width, from, width, width);
  }
  if (size < 0) return cannot_decrypt();
  return Secret(out.view().substr(0, static_cast<std::size_t>(size)));
}

}  // namespace freehold::crypto
