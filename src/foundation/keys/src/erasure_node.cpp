#include "src/erasure_node.h"

#include <cstring>

#include "base/check.h"

namespace freehold::keys {
namespace {

constexpr std::size_t kIdBytes = sizeof(ErasureId::bytes);

std::unexpected<Error> damaged() { return fail(ErrorCode::kCorrupt, "a node of the erasure tree is damaged"); }

// Fills memory that wipes itself.
class Writer {
 public:
  explicit Writer(Secret& out) : rest_(out.span()) {}
  void write(BytesView bytes) {
    FH_CHECK(bytes.size() <= rest_.size());
    std::memcpy(rest_.data(), bytes.data(), bytes.size());
    rest_ = rest_.subspan(bytes.size());
  }

 private:
  std::span<char> rest_;
};

}  // namespace

std::span<char> ErasureNode::at(std::uint8_t index) {
  return keys_.span().subspan(index * kErasureSecretBytes, kErasureSecretBytes);
}

ErasureNode ErasureNode::clone() const {
  ErasureNode out;
  out.keys_ = keys_.clone();
  out.there_ = there_;
  return out;
}

Secret ErasureNode::key(std::uint8_t index) const {
  FH_CHECK(has(index));
  return Secret(keys_.view().substr(index * kErasureSecretBytes, kErasureSecretBytes));
}

void ErasureNode::renew(std::uint8_t index, Random& random) {
  random.fill(at(index));
  there_.set(index);
}

void ErasureNode::remove(std::uint8_t index) {
  wipe(at(index).data(), at(index).size());
  there_.reset(index);
}

// u8 which of the 256 there are, as a bit each, then their keys in order.
Secret ErasureNode::encode() const {
  constexpr std::size_t kMapBytes = kErasureFanOut / 8;
  Bytes map(kMapBytes, '\0');
  for (std::size_t i = 0; i < kErasureFanOut; ++i) {
    if (there_[i]) map[i / 8] = static_cast<char>(map[i / 8] | (0x80 >> (i % 8)));
  }
  Secret out(kMapBytes + there_.count() * kErasureSecretBytes);
  Writer writer(out);
  writer.write(map);
  for (std::size_t i = 0; i < kErasureFanOut; ++i) {
    if (there_[i]) writer.write(keys_.view().substr(i * kErasureSecretBytes, kErasureSecretBytes));
  }
  return out;
}

Result<ErasureNode> ErasureNode::decode(BytesView plain) {
  ByteReader reader(plain);
  const BytesView map = reader.take(kErasureFanOut / 8);
  ErasureNode out;
  for (std::size_t i = 0; reader.ok() && i < kErasureFanOut; ++i) {
    if ((map[i / 8] & (0x80 >> (i % 8))) == 0) continue;
    const BytesView key = reader.take(kErasureSecretBytes);
    if (!reader.ok()) break;
    const auto index = static_cast<std::uint8_t>(i);
    std::memcpy(out.at(index).data(), key.data(), key.size());
    out.there_.set(index);
  }
  if (!reader.done()) return damaged();
  return out;
}

ErasureLeaf ErasureLeaf::clone() const {
  ErasureLeaf out;
  for (const auto& [id, secret] : secrets_) out.secrets_.emplace(id, secret.clone());
  return out;
}

const Secret* ErasureLeaf::find(ErasureId id) const {
  const auto found = secrets_.find(id);
  return found == secrets_.end() ? nullptr : &found->second;
}

// Names and secrets in turn, in order of the names.
Secret ErasureLeaf::encode() const {
  Secret out(secrets_.size() * (kIdBytes + kErasureSecretBytes));
  Writer writer(out);
  for (const auto& [id, secret] : secrets_) {
    writer.write(id.view());
    writer.write(secret.view());
  }
  return out;
}

Result<ErasureLeaf> ErasureLeaf::decode(BytesView plain) {
  ErasureLeaf out;
  if (plain.size() > kLeafSecrets * (kIdBytes + kErasureSecretBytes)) return damaged();
  ByteReader reader(plain);
  while (reader.ok() && !reader.done()) {
    const BytesView id = reader.take(kIdBytes);
    const BytesView secret = reader.take(kErasureSecretBytes);
    if (!reader.ok()) return damaged();
    Erasable read{{}, Secret(secret)};
    std::memcpy(read.id.bytes.data(), id.data(), id.size());
    out.put(std::move(read));
  }
  return out;
}

}  // namespace freehold::keys
