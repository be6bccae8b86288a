// Small sealed messages.
#include "base/check.h"
#include "crypto/aead.h"
#include "src/gcm_key.h"

namespace freehold::crypto {
namespace {

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

}  // namespace freehold::crypto
