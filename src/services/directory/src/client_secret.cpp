#include "src/client_secret.h"

#include "base/encoding.h"
#include "crypto/digest.h"
#include "directory/secret_text.h"

namespace freehold::directory {
namespace {

constexpr std::size_t kSecretBytes = 30;
constexpr std::size_t kSaltBytes = 16;
constexpr std::size_t kHintBytes = 3;

Secret digest_of(BytesView salt, BytesView text) {
  const auto extracted = crypto::hmac_sha256(salt, text);  // RFC 5869 section 2.2
  return crypto::hkdf_expand(crypto::view(extracted), "freehold client secret", 32);
}

}  // namespace

ClientSecret keep(const Secret& text, Random& random, std::optional<WallTime> expiry) {
  ClientSecret kept{.id = random_id<SecretId>(random), .salt = random.bytes(kSaltBytes), .digest = {}};
  kept.digest = digest_of(kept.salt, text.view()).view();
  kept.hint = text.view().substr(0, kHintBytes);
  kept.expiry = expiry;
  return kept;
}

Secret make_secret_text(Random& random) {
  Bytes raw = random.bytes(kSecretBytes);
  raw[0] = static_cast<char>(raw[0] & 0x7f);  // the first six bits are below 32 then: A to Z, a to f
  Bytes text = to_base64url(raw);
  Secret out{BytesView(text)};
  wipe(raw);
  wipe(text);
  return out;
}

NewSecret make_secret(Random& random, std::optional<WallTime> expiry) {
  NewSecret out{make_secret_text(random), {}};
  out.kept = keep(out.text, random, expiry);
  return out;
}

bool is_secret(const ClientSecret& kept, BytesView text) {
  return constant_time_equal(digest_of(kept.salt, text).view(), kept.digest);
}

}  // namespace freehold::directory
