#include "crypto/password_hash.h"

#include <argon2.h>

#include "base/secret.h"

namespace freehold::crypto {
namespace {

// OWASP's Password Storage Cheat Sheet: 19 MiB, two passes, one lane.
constexpr std::uint32_t kMemoryKib = 19 * 1'024;
constexpr std::uint32_t kPasses = 2;
constexpr std::uint32_t kMaxMemoryKib = 256 * 1'024;
constexpr std::uint32_t kMaxPasses = 16;
constexpr std::size_t kSaltBytes = 16;
constexpr std::size_t kDigestBytes = 32;

bool digest_into(const PasswordHash& how, BytesView password, Bytes& out) {
  out.assign(kDigestBytes, '\0');
  return argon2id_hash_raw(how.passes, how.memory_kib, 1, password.data(), password.size(), how.salt.data(),
                           how.salt.size(), out.data(), out.size()) == ARGON2_OK;
}

}  // namespace

Result<PasswordHash> hash_password(BytesView password, Random& random) {
  if (password.size() > kMaxPasswordBytes) return fail(ErrorCode::kInvalidArgument, "the password is too long");
  PasswordHash out{.memory_kib = kMemoryKib, .passes = kPasses, .salt = random.bytes(kSaltBytes), .digest = {}};
  if (!digest_into(out, password, out.digest)) return fail(ErrorCode::kExhausted, "no memory to hash a password");
  return out;
}

bool is_password(const PasswordHash& kept, BytesView password) {
  const bool ours = kept.memory_kib <= kMaxMemoryKib && kept.passes <= kMaxPasses && kept.salt.size() == kSaltBytes &&
                    kept.digest.size() == kDigestBytes && password.size() <= kMaxPasswordBytes;
  Bytes digest;
  if (!ours || !digest_into(kept, password, digest)) return false;
  const bool right = constant_time_equal(digest, kept.digest);
  wipe(digest);
  return right;
}

}  // namespace freehold::crypto
