// AES-256-GCM: small messages (seal/open with a random nonce) and bulk content pages (DESIGN section 5).
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>

#include "base/bytes.h"
#include "base/random.h"
#include "base/result.h"
#include "base/secret.h"

namespace freehold::crypto {

inline constexpr std::size_t kAeadKeyBytes = 32;
inline constexpr std::size_t kAeadNonceBytes = 12;
inline constexpr std::size_t kAeadTagBytes = 16;
inline constexpr std::size_t kMaxChunkIdBytes = 32;

// Small messages, at most 2^32 a key: nonce (12) || ciphertext || tag (16). `context` is authenticated, not stored: it
// binds the message to its place (partition and key, say), so that a sealed row moved elsewhere doesn't open.
[[nodiscard]] Bytes seal(const Secret& key, BytesView context, BytesView plain, Random& random);
// kCorrupt if it was altered, moved, or sealed under another key.
[[nodiscard]] Result<Bytes> open(const Secret& key, BytesView context, BytesView sealed);
[[nodiscard]] Result<Secret> open_secret(const Secret& key, BytesView context, BytesView sealed);

// AES-KW (RFC 3394) of key bytes (a multiple of 8, 16..64): deterministic, 8 bytes longer. For blob keys under account
// keys: no nonce to exhaust.
// wrapping_key: 32 bytes.
[[nodiscard]] Bytes wrap_key(const Secret& wrapping_key, const Secret& key);
[[nodiscard]] Result<Secret> unwrap_key(const Secret& wrapping_key, BytesView wrapped);  // kCorrupt

// A content key with its expanded schedule: one chunk's pages. key = HKDF-Expand(blob key, "freehold chunk" || chunk
// id); nonce = page index, 96 bits big-endian; associated data = chunk id (docs/formats/content-page.md). A chunk id is
// never reused and a page of it is sealed once, so no nonce repeats.
//
// Thread-safe after construction. libipsec-mb where the processor has AES-NI and PCLMUL, OpenSSL otherwise.
class ChunkCipher {
 public:
  // blob_key: 32 bytes; chunk_id: 1..kMaxChunkIdBytes. One allocation.
  ChunkCipher(const Secret& blob_key, BytesView chunk_id);
  ~ChunkCipher();
  ChunkCipher(ChunkCipher&&) noexcept;
  ChunkCipher& operator=(ChunkCipher&&) noexcept;

  // out.size() == plain.size() + kAeadTagBytes. `out` may begin where `plain` does (in place).
  void seal_page(std::uint32_t index, BytesView plain, std::span<char> out) const;
  // out.size() == sealed.size() - kAeadTagBytes; false if it doesn't verify (`out` is then wiped). In place allowed.
  [[nodiscard]] bool open_page(std::uint32_t index, BytesView sealed, std::span<char> out) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

enum class AeadEngine { kIpsecMb, kOpenssl };
// Which engine new ciphers use on this machine; tests force one to compare both (a cipher keeps the engine it was made
// with). False if this processor can't run that engine; nullopt goes back to the machine's own choice.
[[nodiscard]] AeadEngine aead_engine();
bool force_aead_engine_for_tests(std::optional<AeadEngine> engine);

}  // namespace freehold::crypto
