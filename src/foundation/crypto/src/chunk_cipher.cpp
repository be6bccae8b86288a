#include <cstring>

#include "base/check.h"
#include "crypto/aead.h"
#include "crypto/digest.h"
#include "src/gcm_key.h"

namespace freehold::crypto {
namespace {

constexpr BytesView kChunkInfo = "freehold chunk";

Secret chunk_key(const Secret& blob_key, BytesView chunk_id) {
  FH_CHECK(blob_key.size() == kAeadKeyBytes && !chunk_id.empty() && chunk_id.size() <= kMaxChunkIdBytes);
  std::array<char, kChunkInfo.size() + kMaxChunkIdBytes> info;
  std::memcpy(info.data(), kChunkInfo.data(), kChunkInfo.size());
  std::memcpy(info.data() + kChunkInfo.size(), chunk_id.data(), chunk_id.size());
  return hkdf_expand(blob_key.view(), {info.data(), kChunkInfo.size() + chunk_id.size()}, kAeadKeyBytes);
}

// 96 bits, big-endian.
struct PageNonce {
  explicit PageNonce(std::uint32_t index) {
    for (std::size_t i = 0; i < 4; ++i) bytes[bytes.size() - 1 - i] = static_cast<char>(index >> (8 * i));
  }
  [[nodiscard]] BytesView view() const { return {bytes.data(), bytes.size()}; }
  std::array<char, kAeadNonceBytes> bytes{};
};

}  // namespace

// The one allocation of a cipher: schedule and chunk id together.
struct ChunkCipher::State {
  State(const Secret& blob_key, BytesView chunk_id)
      : key(aead_engine(), chunk_key(blob_key, chunk_id).view()), id_size(chunk_id.size()) {
    std::memcpy(id.data(), chunk_id.data(), chunk_id.size());
  }
  [[nodiscard]] BytesView chunk_id() const { return {id.data(), id_size}; }

  GcmKey key;
  std::size_t id_size;
  std::array<char, kMaxChunkIdBytes> id{};
};

ChunkCipher::ChunkCipher(const Secret& blob_key, BytesView chunk_id)
    : state_(std::make_unique<State>(blob_key, chunk_id)) {}
ChunkCipher::~ChunkCipher() = default;
ChunkCipher::ChunkCipher(ChunkCipher&&) noexcept = default;
ChunkCipher& ChunkCipher::operator=(ChunkCipher&&) noexcept = default;

void ChunkCipher::seal_page(std::uint32_t index, BytesView plain, std::span<char> out) const {
  state_->key.seal(PageNonce(index).view(), state_->chunk_id(), plain, out);
}

bool ChunkCipher::open_page(std::uint32_t index, BytesView sealed, std::span<char> out) const {
  return state_->key.open(PageNonce(index).view(), state_->chunk_id(), sealed, out);
}

}  // namespace freehold::crypto
