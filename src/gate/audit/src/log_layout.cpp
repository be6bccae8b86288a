#include "audit/log_layout.h"

#include "audit/audit.h"
#include "base/check.h"
#include "base/limits.h"

namespace freehold::gate::audit {
namespace {
constexpr std::uint8_t kSettledVersion = 1;
}

store::PartitionId log_partition(std::string_view front_end) {
  return store::make_partition_id(TenantId{}, Bytes("audit/log/") + Bytes(front_end));
}

store::PartitionId spool_partition(std::string_view front_end) {
  return store::make_partition_id(TenantId{}, Bytes("audit/spool/") + Bytes(front_end));
}

store::PartitionId pseudonym_partition(TenantId tenant) { return store::make_partition_id(tenant, "audit/pseudonyms"); }

Bytes indexed_key(std::string_view prefix, std::uint64_t index) {
  Bytes key(prefix);
  append_u64(key, index);
  return key;
}

std::optional<std::uint64_t> index_of_key(std::string_view prefix, BytesView key) {
  if (key.size() != prefix.size() + 8 || !key.starts_with(prefix)) return std::nullopt;
  return ByteReader(key.substr(prefix.size())).u64();
}

Bytes after_prefix(std::string_view prefix) {
  Bytes end(prefix);
  FH_CHECK(!end.empty() && end.back() != '\xff');
  end.back() = static_cast<char>(static_cast<unsigned char>(end.back()) + 1);
  return end;
}

Bytes tile_key(unsigned level, std::uint64_t index) {
  auto digits = std::to_string(index);
  digits.insert(0, (3 - digits.size() % 3) % 3, '0');
  Bytes key = "tile/" + std::to_string(level);
  for (std::size_t at = 0; at < digits.size(); at += 3) {
    key += at + 3 < digits.size() ? "/x" : "/";
    key += digits.substr(at, 3);
  }
  return key;
}

Bytes encode_settled(const std::vector<SettledRow>& rows) {
  Bytes out;
  append_u8(out, kSettledVersion);
  for (const auto& row : rows) {
    append_sized(out, row.partition.value);
    append_u32(out, static_cast<std::uint32_t>(row.keys.size()));
    for (const auto& key : row.keys) out += BytesView(key).substr(kAttachedPrefix.size());
  }
  return out;
}

std::optional<std::vector<SettledRow>> decode_settled(BytesView bytes) {
  ByteReader in(bytes);
  if (in.u8() != kSettledVersion) return std::nullopt;
  std::vector<SettledRow> rows;
  while (in.ok() && !in.rest().empty()) {
    SettledRow row{{Bytes(in.sized(limits::kPartitionIdBytes))}, {}};
    const auto count = in.u32();
    for (std::uint32_t i = 0; i < count && in.ok(); ++i) {
      row.keys.push_back(Bytes(kAttachedPrefix) + Bytes(in.take(kAttachedIdBytes)));
    }
    rows.push_back(std::move(row));
  }
  if (!in.done()) return std::nullopt;
  return rows;
}

}  // namespace freehold::gate::audit
