#include "src/embedded/system_keys.h"

#include <cstring>

#include "base/check.h"
#include "base/limits.h"

namespace freehold::store::embedded {
namespace {

// Length before name: no partition's keys lie inside another's.
void append_partition(Bytes& out, const PartitionId& partition) {
  append_u8(out, static_cast<std::uint8_t>(partition.value.size()));
  out.append(partition.value);
}

void append_keys(Bytes& out, const std::vector<Bytes>& keys) {
  append_u32(out, static_cast<std::uint32_t>(keys.size()));
  for (const auto& key : keys) append_sized(out, key);
}

std::vector<Bytes> read_keys(ByteReader& reader) {
  const std::uint32_t count = reader.u32();
  std::vector<Bytes> keys;
  for (std::uint32_t i = 0; i < count && reader.ok(); ++i) keys.emplace_back(reader.sized(limits::kKeyBytes));
  return keys;
}

}  // namespace

Bytes space_key(Space space) { return Bytes(1, static_cast<char>(space)); }

Bytes local_key(BytesView name) { return space_key(Space::kLocal).append(name); }

Bytes touched_key(std::uint64_t sequence) {
  Bytes key = space_key(Space::kTouched);
  append_u64(key, sequence);
  return key;
}

Bytes chunk_key(ChunkId id) {
  Bytes key = space_key(Space::kChunk);
  append_u64(key, id.hybrid_time);
  append_u64(key, id.random);
  return key;
}

Bytes dead_key(std::uint32_t extent, std::uint64_t offset) {
  Bytes key = space_key(Space::kDead);
  append_u32(key, extent);
  append_u64(key, offset);
  return key;
}

Bytes epoch_key(BytesView name) { return space_key(Space::kEpoch).append(name); }

Bytes partition_key(const PartitionId& partition) {
  Bytes key = space_key(Space::kPartition);
  append_partition(key, partition);
  return key;
}

Bytes change_key(const PartitionId& partition, std::uint64_t sequence) {
  Bytes key = space_key(Space::kChange);
  append_partition(key, partition);
  append_u64(key, sequence);
  return key;
}

Bytes row_prefix(const PartitionId& partition) {
  Bytes key = space_key(Space::kRow);
  append_partition(key, partition);
  return key;
}

Bytes transaction_key(TransactionId transaction, const PartitionId& partition) {
  Bytes key = transaction_bound(transaction.hybrid_time);
  append_u64(key, transaction.random);
  append_partition(key, partition);
  return key;
}

Bytes transaction_bound(std::uint64_t hybrid_time) {
  Bytes key = space_key(Space::kTransaction);
  append_u64(key, hybrid_time);
  return key;
}

Bytes prefix_end(Bytes prefix) {
  while (!prefix.empty() && prefix.back() == '\xff') prefix.pop_back();
  FH_CHECK(!prefix.empty());
  prefix.back() = static_cast<char>(static_cast<unsigned char>(prefix.back()) + 1);
  return prefix;
}

Bytes encode(const Position& position) {
  Bytes out;
  append_u64(out, position.term);
  append_u64(out, position.sequence);
  return out;
}

std::optional<Position> decode_position(BytesView bytes) {
  ByteReader reader(bytes);
  const Position position{reader.u64(), reader.u64()};
  return reader.done() ? std::optional(position) : std::nullopt;
}

void append_touched(Bytes& out, BytesView key, BytesView end) {
  append_sized(out, key);
  append_sized(out, end);
}

std::optional<Touched> decode_touched(BytesView bytes) {
  ByteReader reader(bytes);
  Touched touched;
  touched.term = reader.u64();
  while (reader.ok() && !reader.rest().empty()) {
    const BytesView key = reader.sized(2 * limits::kKeyBytes);
    touched.keys.push_back({Bytes(key), Bytes(reader.sized(2 * limits::kKeyBytes))});
  }
  return reader.ok() ? std::optional(std::move(touched)) : std::nullopt;
}

Bytes encode(const PartitionMeta& meta) { return encode(Position{meta.epoch, meta.changes}); }

std::optional<PartitionMeta> decode_partition_meta(BytesView bytes) {
  const auto pair = decode_position(bytes);
  return pair ? std::optional(PartitionMeta{pair->term, pair->sequence}) : std::nullopt;
}

Bytes encode(const disk::ExtentAddress& address) {
  Bytes out;
  append_u32(out, address.extent);
  append_u64(out, address.offset);
  append_u32(out, address.length);
  return out;
}

std::optional<disk::ExtentAddress> decode_address(BytesView bytes) {
  ByteReader reader(bytes);
  const disk::ExtentAddress address{reader.u32(), reader.u64(), reader.u32()};
  return reader.done() ? std::optional(address) : std::nullopt;
}

Bytes encode_dead(ChunkId id, std::uint32_t length) {
  Bytes out = to_bytes(id);
  append_u32(out, length);
  return out;
}

std::optional<DeadChunk> decode_dead(BytesView key, BytesView value) {
  ByteReader k(key.substr(std::min<std::size_t>(1, key.size())));
  ByteReader v(value);
  const DeadChunk dead{{v.u64(), v.u64()}, {k.u32(), k.u64(), v.u32()}};
  return k.done() && v.done() ? std::optional(dead) : std::nullopt;
}

Bytes encode(const Change& change) {
  Bytes out;
  append_u64(out, change.transaction.hybrid_time);
  append_u64(out, change.transaction.random);
  append_keys(out, change.put_keys);
  append_keys(out, change.deleted_keys);
  return out;
}

std::optional<Change> decode_change(std::uint64_t sequence, BytesView bytes) {
  ByteReader reader(bytes);
  Change change{sequence, {reader.u64(), reader.u64()}, {}, {}};
  change.put_keys = read_keys(reader);
  change.deleted_keys = read_keys(reader);
  return reader.done() ? std::optional(std::move(change)) : std::nullopt;
}

Bytes encode_number(std::uint64_t value) {
  Bytes out;
  append_u64(out, value);
  return out;
}

std::optional<std::uint64_t> decode_number(BytesView bytes) {
  ByteReader reader(bytes);
  const std::uint64_t value = reader.u64();
  return reader.done() ? std::optional(value) : std::nullopt;
}

disk::ChunkKey extent_key(ChunkId id) {
  const Bytes bytes = to_bytes(id);
  disk::ChunkKey key;
  std::memcpy(key.data(), bytes.data(), key.size());
  return key;
}

ChunkId chunk_id(const disk::ChunkKey& key) {
  return *chunk_id_from_bytes({reinterpret_cast<const char*>(key.data()), key.size()});
}

std::optional<ChunkId> chunk_id_of_key(BytesView key) {
  return key.empty() ? std::nullopt : chunk_id_from_bytes(key.substr(1));
}

}  // namespace freehold::store::embedded
