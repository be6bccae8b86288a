#include "src/pin_seal.h"

#include "base/check.h"
#include "crypto/aead.h"
#include "crypto/digest.h"
#include "src/openssl_ptr.h"

namespace freehold::crypto {
namespace {

constexpr std::uint8_t kVersion = 1;
constexpr std::size_t kSaltBytes = 16;
constexpr std::size_t kHeaderBytes = kPinSealMagicBytes + 1 + kSaltBytes;
constexpr std::size_t kDigestBytes = sizeof(Sha256Digest);
// Fixed by the version, so that a hostile header can't ask for memory: 32 MiB, about 0.1 s.
constexpr std::uint64_t kScryptN = 1 << 15;
constexpr std::uint64_t kScryptR = 8;
constexpr std::uint64_t kScryptP = 1;
constexpr std::uint64_t kScryptMaxMemory = 64 << 20;

Result<Secret> derive(const Secret& pin, BytesView salt) {
  Secret key(kAeadKeyBytes);
  const int ok = EVP_PBE_scrypt(pin.view().data(), pin.size(), octets(salt.data()), salt.size(), kScryptN, kScryptR,
                                kScryptP, kScryptMaxMemory, octets(key.span().data()), key.size());
  if (ok != 1) return fail(ErrorCode::kExhausted, "no memory to derive a key from the PIN");
  return key;
}

}  // namespace

Result<Bytes> pin_seal(BytesView magic, const Secret& pin, BytesView plain, Random& random) {
  FH_CHECK(magic.size() == kPinSealMagicBytes);
  Bytes out(magic);
  append_u8(out, kVersion);
  out += random.bytes(kSaltBytes);
  const Bytes header = out;
  FH_TRY(const Secret key, derive(pin, BytesView(header).substr(header.size() - kSaltBytes)));
  out += seal(key, header, plain, random);
  out += view(sha256(out));
  return out;
}

Result<Secret> pin_open(BytesView magic, const Secret& pin, BytesView sealed) {
  FH_CHECK(magic.size() == kPinSealMagicBytes);
  if (sealed.size() < kHeaderBytes + kDigestBytes || !sealed.starts_with(magic)) {
    return fail(ErrorCode::kCorrupt, "not a message sealed under a PIN");
  }
  const BytesView body = sealed.substr(0, sealed.size() - kDigestBytes);
  if (view(sha256(body)) != sealed.substr(body.size())) return fail(ErrorCode::kCorrupt, "its checksum doesn't match");
  if (static_cast<std::uint8_t>(body[kPinSealMagicBytes]) != kVersion) {
    return fail(ErrorCode::kUnsupported, "written by a newer version");
  }
  const BytesView header = body.substr(0, kHeaderBytes);
  FH_TRY(const Secret key, derive(pin, header.substr(kPinSealMagicBytes + 1)));
  auto plain = open_secret(key, header, body.substr(kHeaderBytes));
  if (!plain) return fail(ErrorCode::kDenied, "sealed under another PIN (or forged)");
  return plain;
}

}  // namespace freehold::crypto
