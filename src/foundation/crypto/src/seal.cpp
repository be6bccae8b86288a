// Small sealed messages and key wrapping.
#include "base/check.h"
#include "crypto/aead.h"
#include "src/gcm_key.h"
#include "src/openssl_ptr.h"

namespace freehold::crypto {
namespace {

constexpr std::size_t kKeyWrapOverhead = 8;
constexpr std::size_t kMinWrappedKey = 16;
constexpr std::size_t kMaxWrappedKey = 64;

std::unexpected<Error> does_not_open() {
  return fail(ErrorCode::kCorrupt, "the stored bytes are damaged or don't belong here", "AEAD tag mismatch");
}

// `out` is a Bytes or a Secret of the plain text's size.
bool open_into(const Secret& key, BytesView context, BytesView sealed, std::span<char> out) {
  const GcmKey gcm(aead_engine(), key.view());
  return gcm.open(sealed.substr(0, kAeadNonceBytes), context, sealed.substr(kAeadNonceBytes), out);
}

bool long_enough(BytesView sealed) { return sealed.size() >= kAeadNonceBytes + kAeadTagBytes; }

std::size_t plain_size(BytesView sealed) { return sealed.size() - kAeadNonceBytes - kAeadTagBytes; }

// RFC 3394 is rare (once a blob), so its context is made and wiped each time.
CipherContextPtr key_wrap_context(const Secret& wrapping_key, int encrypting) {
  FH_CHECK(wrapping_key.size() == kAeadKeyBytes);
  static const EVP_CIPHER* const cipher = EVP_CIPHER_fetch(nullptr, "AES-256-WRAP", nullptr);
  CipherContextPtr context(EVP_CIPHER_CTX_new());
  FH_CHECK(cipher != nullptr && context != nullptr);
  EVP_CIPHER_CTX_set_flags(context.get(), EVP_CIPHER_CTX_FLAG_WRAP_ALLOW);
  FH_CHECK(EVP_CipherInit_ex(context.get(), cipher, nullptr, octets(wrapping_key.view().data()), nullptr, encrypting) ==
           1);
  return context;
}

}  // namespace

Bytes seal(const Secret& key, BytesView context, BytesView plain, Random& random) {
  Bytes out(kAeadNonceBytes + plain.size() + kAeadTagBytes, '\0');
  random.fill(std::span(out).first(kAeadNonceBytes));
  const GcmKey gcm(aead_engine(), key.view());
  gcm.seal(BytesView(out).substr(0, kAeadNonceBytes), context, plain, std::span(out).subspan(kAeadNonceBytes));
  return out;
}

Result<Bytes> open(const Secret& key, BytesView context, BytesView sealed) {
  if (!long_enough(sealed)) return does_not_open();
  Bytes plain(plain_size(sealed), '\0');
  if (!open_into(key, context, sealed, plain)) return does_not_open();
  return plain;
}

Result<Secret> open_secret(const Secret& key, BytesView context, BytesView sealed) {
  if (!long_enough(sealed)) return does_not_open();
  Secret plain(plain_size(sealed));
  if (!open_into(key, context, sealed, plain.span())) return does_not_open();
  return plain;
}

Bytes wrap_key(const Secret& wrapping_key, const Secret& key) {
  FH_CHECK(key.size() % 8 == 0 && key.size() >= kMinWrappedKey && key.size() <= kMaxWrappedKey);
  const CipherContextPtr context = key_wrap_context(wrapping_key, 1);
  Bytes out(key.size() + kKeyWrapOverhead, '\0');
  int done = 0;
  FH_CHECK(EVP_CipherUpdate(context.get(), octets(out.data()), &done, octets(key.view().data()),
                            static_cast<int>(key.size())) == 1);
  FH_CHECK(static_cast<std::size_t>(done) == out.size());
  return out;
}

Result<Secret> unwrap_key(const Secret& wrapping_key, BytesView wrapped) {
  const bool plausible = wrapped.size() % 8 == 0 && wrapped.size() >= kMinWrappedKey + kKeyWrapOverhead &&
                         wrapped.size() <= kMaxWrappedKey + kKeyWrapOverhead;
  if (!plausible) return fail(ErrorCode::kCorrupt, "a wrapped key has an impossible length");
  const CipherContextPtr context = key_wrap_context(wrapping_key, 0);
  Secret work(wrapped.size());  // OpenSSL uses eight bytes more than the key takes
  int done = 0;
  const int ok = EVP_CipherUpdate(context.get(), octets(work.span().data()), &done, octets(wrapped.data()),
                                  static_cast<int>(wrapped.size()));
  if (ok != 1 || static_cast<std::size_t>(done) != wrapped.size() - kKeyWrapOverhead) {
    return fail(ErrorCode::kCorrupt, "a wrapped key is damaged or belongs to another wrapping key");
  }
  return Secret(work.view().substr(0, static_cast<std::size_t>(done)));
}

}  // namespace freehold::crypto
