// AES and HMAC with symmetric keys.
#include <openssl/err.h>
#include <openssl/hmac.h>

#include "base/check.h"
#include "src/jose_state.h"

namespace freehold::crypto {
namespace {

constexpr std::size_t kBlockBytes = 16;
constexpr std::size_t kTagBytes = 16;
constexpr std::size_t kGcmIvBytes = 12;
constexpr std::size_t kSemiblockBytes = 8;

const EVP_CIPHER* cipher_of(Scheme scheme, std::size_t key_bytes) {
  const int size = key_bytes == 16 ? 0 : key_bytes == 24 ? 1 : 2;
  using Maker = const EVP_CIPHER* (*)();
  constexpr Maker kGcm[] = {EVP_aes_128_gcm, EVP_aes_192_gcm, EVP_aes_256_gcm};
  constexpr Maker kCbc[] = {EVP_aes_128_cbc, EVP_aes_192_cbc, EVP_aes_256_cbc};
  constexpr Maker kWrap[] = {EVP_aes_128_wrap, EVP_aes_192_wrap, EVP_aes_256_wrap};
  constexpr Maker kWrapPad[] = {EVP_aes_128_wrap_pad, EVP_aes_192_wrap_pad, EVP_aes_256_wrap_pad};
  switch (scheme) {
    case Scheme::kAesGcm:
      return kGcm[size]();
    case Scheme::kAesKeyWrap:
      return kWrap[size]();
    case Scheme::kAesKeyWrapPad:
      return kWrapPad[size]();
    default:
      return kCbc[size]();
  }
}

CipherContextPtr context_of(const Secret& key, Scheme scheme, const char* iv, bool encrypts) {
  CipherContextPtr context(EVP_CIPHER_CTX_new());
  FH_CHECK(context != nullptr);
  EVP_CIPHER_CTX_set_flags(context.get(), EVP_CIPHER_CTX_FLAG_WRAP_ALLOW);
  FH_CHECK(EVP_CipherInit_ex(context.get(), cipher_of(scheme, key.size()), nullptr, octets(key.view().data()),
                             iv == nullptr ? nullptr : octets(iv), encrypts ? 1 : 0) == 1);
  EVP_CIPHER_CTX_set_padding(context.get(), 0);
  return context;
}

// PKCS#7 (RFC 5652 section 6.3), looked at in the same time whatever it is: the last block, byte by byte. The length
// without padding; SIZE_MAX: it is none.
std::size_t unpadded_size(BytesView plain) {
  const auto last = static_cast<std::uint32_t>(static_cast<unsigned char>(plain.back()));
  std::uint32_t wrong = ((last - 1) >> 31) | ((static_cast<std::uint32_t>(kBlockBytes) - last) >> 31);
  for (std::uint32_t i = 0; i < kBlockBytes; ++i) {
    const auto byte = static_cast<std::uint32_t>(static_cast<unsigned char>(plain[plain.size() - 1 - i]));
    const std::uint32_t inside = (i - last) >> 31;  // 1 where i < last
    wrong |= inside & (((byte ^ last) + 0xff) >> 8);
  }
  return wrong != 0 ? SIZE_MAX : plain.size() - last;
}

}  // namespace

Secret with_block_padding(const Secret& plain) {
  const std::size_t more = kBlockBytes - plain.size() % kBlockBytes;
  Secret out(plain.size() + more);
  std::copy(plain.view().begin(), plain.view().end(), out.span().begin());
  std::fill(out.span().end() - static_cast<std::ptrdiff_t>(more), out.span().end(), static_cast<char>(more));
  return out;
}

Result<Secret> without_block_padding(const Secret& padded) {
  if (padded.size() < kBlockBytes) return cannot_decrypt();
  const auto length = unpadded_size(padded.view());
  if (length == SIZE_MAX) return cannot_decrypt();
  return Secret(padded.view().substr(0, length));
}

Result<> check_aes_plain(const JoseAlgorithm& algorithm, BytesView plain) {
  if (algorithm.scheme == Scheme::kAesCbc && (plain.empty() || plain.size() % kBlockBytes != 0)) {
    return wrong_input("Without padding the text's length must be a multiple of 16 bytes.");
  }
  return {};
}

Result<> check_aes_encrypted(const JoseAlgorithm& algorithm, const JoseEncrypted& encrypted, BytesView associated) {
  const bool gcm = algorithm.scheme == Scheme::kAesGcm;
  const auto& text = encrypted.text;
  if (encrypted.iv.size() != (gcm ? kGcmIvBytes : kCbcIvBytes)) {
    return wrong_input(gcm ? "'iv' must have 12 bytes." : "'iv' must have 16 bytes.");
  }
  if (gcm && encrypted.tag.size() != kTagBytes) return wrong_input("'tag' must have 16 bytes.");
  if (!gcm && !associated.empty()) return wrong_input("Only AES-GCM takes 'aad'.");
  if (!gcm && (text.empty() || text.size() % kBlockBytes != 0)) return cannot_decrypt();
  return {};
}

Result<> check_aes_wrapping(const JoseAlgorithm& algorithm, const Secret& plain) {
  const bool padded = algorithm.scheme == Scheme::kAesKeyWrapPad;
  const bool whole = plain.size() % kSemiblockBytes == 0 && plain.size() >= 2 * kSemiblockBytes;
  if (plain.empty() || (!padded && !whole)) {
    return wrong_input("A key to be wrapped has a multiple of 8 bytes, and at least 16.");
  }
  return {};
}

Result<> check_aes_wrapped(const JoseAlgorithm& algorithm, BytesView wrapped) {
  const bool padded = algorithm.scheme == Scheme::kAesKeyWrapPad;
  const std::size_t least = (padded ? 2 : 3) * kSemiblockBytes;
  if (wrapped.size() < least || wrapped.size() % kSemiblockBytes != 0) return cannot_decrypt();
  return {};
}

Bytes hmac(const Secret& key, HashName hash, BytesView text) {
  Bytes out(EVP_MAX_MD_SIZE, '\0');
  unsigned size = 0;
  FH_CHECK(HMAC(digest_of(hash), key.view().data(), static_cast<int>(key.size()), octets(text.data()), text.size(),
                octets(out.data()), &size) != nullptr);
  out.resize(size);
  return out;
}

Result<JoseEncrypted> aes_encrypt(const Secret& key, const JoseAlgorithm& algorithm, BytesView plain, Bytes iv,
                                  BytesView associated) {
  FH_CHECK_OK(check_aes_plain(algorithm, plain));
  Secret padded(plain);
  if (algorithm.scheme == Scheme::kAesCbcPad) padded = with_block_padding(padded);
  const auto context = context_of(key, algorithm.scheme, iv.data(), true);
  int size = 0;
  if (!associated.empty()) {
    FH_CHECK(EVP_CipherUpdate(context.get(), nullptr, &size, octets(associated.data()),
                              static_cast<int>(associated.size())) == 1);
  }
  JoseEncrypted out{.text = Bytes(padded.size() + kBlockBytes, '\0'), .iv = std::move(iv)};
  FH_CHECK(EVP_CipherUpdate(context.get(), octets(out.text.data()), &size, octets(padded.view().data()),
                            static_cast<int>(padded.size())) == 1);
  int rest = 0;
  FH_CHECK(EVP_CipherFinal_ex(context.get(), octets(out.text.data()) + size, &rest) == 1);
  out.text.resize(static_cast<std::size_t>(size + rest));
  if (algorithm.scheme != Scheme::kAesGcm) return out;
  out.tag.resize(kTagBytes);
  FH_CHECK(EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_AEAD_GET_TAG, kTagBytes, out.tag.data()) == 1);
  return out;
}

Result<Secret> aes_decrypt(const Secret& key, const JoseAlgorithm& algorithm, const JoseEncrypted& encrypted,
                           BytesView associated) {
  const bool gcm = algorithm.scheme == Scheme::kAesGcm;
  const auto& text = encrypted.text;
  FH_CHECK_OK(check_aes_encrypted(algorithm, encrypted, associated));
  const auto context = context_of(key, algorithm.scheme, encrypted.iv.data(), false);
  int size = 0;
  if (!associated.empty()) {
    FH_CHECK(EVP_CipherUpdate(context.get(), nullptr, &size, octets(associated.data()),
                              static_cast<int>(associated.size())) == 1);
  }
  Secret out(text.size() + kBlockBytes);
  auto* to = octets(out.span().data());
  if (EVP_CipherUpdate(context.get(), to, &size, octets(text.data()), static_cast<int>(text.size())) != 1) {
    return cannot_decrypt();
  }
  if (gcm) {
    Bytes tag = encrypted.tag;
    FH_CHECK(EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_AEAD_SET_TAG, kTagBytes, tag.data()) == 1);
  }
  int rest = 0;
  if (EVP_CipherFinal_ex(context.get(), to + size, &rest) != 1) return cannot_decrypt();
  const auto plain = out.view().substr(0, static_cast<std::size_t>(size + rest));
  if (algorithm.scheme != Scheme::kAesCbcPad) return Secret(plain);
  return without_block_padding(Secret(plain));
}

Result<Bytes> aes_wrap(const Secret& key, const JoseAlgorithm& algorithm, const Secret& plain) {
  FH_CHECK_OK(check_aes_wrapping(algorithm, plain));
  const auto context = context_of(key, algorithm.scheme, nullptr, true);
  Bytes out(plain.size() + 3 * kSemiblockBytes, '\0');
  int size = 0;
  FH_CHECK(EVP_CipherUpdate(context.get(), octets(out.data()), &size, octets(plain.view().data()),
                            static_cast<int>(plain.size())) == 1);
  out.resize(static_cast<std::size_t>(size));
  return out;
}

Result<Secret> aes_unwrap(const Secret& key, const JoseAlgorithm& algorithm, BytesView wrapped) {
  FH_CHECK_OK(check_aes_wrapped(algorithm, wrapped));
  const auto context = context_of(key, algorithm.scheme, nullptr, false);
  Secret out(wrapped.size() + kSemiblockBytes);
  int size = 0;
  const int done = EVP_CipherUpdate(context.get(), octets(out.span().data()), &size, octets(wrapped.data()),
                                    static_cast<int>(wrapped.size()));
  if (done != 1 || size <= 0) return cannot_decrypt();
  return Secret(out.view().substr(0, static_cast<std::size_t>(size)));
}

}  // namespace freehold::crypto
