#include "audit_format/leaf.h"

#include "base/check.h"

namespace freehold::gate::audit {
namespace {

constexpr BytesView kMagic = "FHAL";
constexpr std::uint8_t kVersion = 1;

std::uint64_t micros(WallTime time) { return static_cast<std::uint64_t>(time.time_since_epoch().count()); }

WallTime from_micros(std::uint64_t us) { return WallTime(std::chrono::microseconds(static_cast<std::int64_t>(us))); }

Hash take_hash(ByteReader& in) {
  Hash hash{};
  const auto bytes = in.take(hash.size());
  if (bytes.size() == hash.size()) std::memcpy(hash.data(), bytes.data(), hash.size());
  return hash;
}

}  // namespace

Bytes encode_leaf(const Leaf& leaf) {
  Bytes out;
  out.reserve(kLeafBytes);
  out += kMagic;
  append_u8(out, kVersion);
  out += leaf.tenant.view();
  append_u64(out, leaf.index);
  out += crypto::view(leaf.sub_root);
  append_u32(out, leaf.count);
  append_u64(out, micros(leaf.first));
  append_u64(out, micros(leaf.last));
  out += crypto::view(leaf.sealed_hash);
  append_u32(out, leaf.text_bytes);
  append_u32(out, 0);  // reserved, so that the next version can keep the length
  FH_CHECK(out.size() == kLeafBytes);
  return out;
}

std::optional<Leaf> decode_leaf(BytesView bytes) {
  ByteReader in(bytes);
  if (in.take(kMagic.size()) != kMagic || in.u8() != kVersion) return std::nullopt;
  Leaf leaf;
  const auto tenant = id_from_bytes<TenantId>(in.take(16));
  if (!tenant) return std::nullopt;
  leaf.tenant = *tenant;
  leaf.index = in.u64();
  leaf.sub_root = take_hash(in);
  leaf.count = in.u32();
  leaf.first = from_micros(in.u64());
  leaf.last = from_micros(in.u64());
  leaf.sealed_hash = take_hash(in);
  leaf.text_bytes = in.u32();
  const bool right =
      in.u32() == 0 && in.done() && leaf.count >= 1 && leaf.count <= kBatchRecords && leaf.first <= leaf.last;
  if (!right) return std::nullopt;
  return leaf;
}

Result<RecordProof> prove_record(std::span<const Hash> batch, std::uint64_t position, const Leaf& leaf,
                                 const NodeSource& log, std::uint64_t log_size) {
  RecordProof proof{.position = position, .in_batch = {}, .leaf = leaf, .in_log = {}, .log_size = log_size};
  FH_TRY(proof.in_batch, inclusion_proof(LeafSpan(batch), position, batch.size()));
  FH_TRY(proof.in_log, inclusion_proof(log, leaf.index, log_size));
  return proof;
}

bool verify_record(BytesView text, const RecordProof& proof, const Hash& log_root) {
  return verify_inclusion(proof.position, proof.leaf.count, leaf_hash(text), proof.in_batch, proof.leaf.sub_root) &&
         verify_inclusion(proof.leaf.index, proof.log_size, leaf_hash(encode_leaf(proof.leaf)), proof.in_log, log_root);
}

}  // namespace freehold::gate::audit
