#include "src/row_keys.h"

#include "base/encoding.h"
#include "src/notes.h"

namespace freehold::blob::row_keys {
namespace {
constexpr std::string_view kNameEnd{"\x00\x01", 2};
constexpr char kBaseSuffix = '\xF0';
constexpr char kSnapshotSuffix = '\x10';

Bytes with_id(char prefix, store::ChunkId id) { return Bytes(1, prefix) + store::to_bytes(id); }
}  // namespace

store::PartitionId container_partition(TenantId tenant, AccountId account, ContainerId container) {
  Bytes rest = "b";
  rest += account.view();
  rest += container.view();
  return store::make_partition_id(tenant, rest);
}

std::optional<ContainerId> container_of(const store::PartitionId& partition) {
  constexpr std::size_t kBefore = 16 + 1 + 16;
  const BytesView bytes(partition.value);
  if (bytes.size() != kBefore + 16 || bytes[16] != 'b') return std::nullopt;
  return id_from_bytes<ContainerId>(bytes.substr(kBefore));
}

std::optional<AccountId> account_of(const store::PartitionId& partition) {
  constexpr std::size_t kBefore = 16 + 1;
  const BytesView bytes(partition.value);
  if (bytes.size() < kBefore + 16 || (bytes[16] != 'a' && bytes[16] != 'b')) return std::nullopt;
  return id_from_bytes<AccountId>(bytes.substr(kBefore, 16));
}

store::PartitionId account_partition(TenantId tenant, AccountId account) {
  Bytes rest = "a";
  rest += account.view();
  return store::make_partition_id(tenant, rest);
}

store::PartitionId registry_partition() { return store::make_partition_id(TenantId{}, "rblob"); }

Bytes escape_name(std::string_view name) {
  if (name.find('\0') == name.npos) return Bytes(name);
  Bytes out;
  for (const char c : name) {
    out += c;
    if (c == '\0') out += '\xFF';
  }
  return out;
}

std::optional<std::string> unescape_name(BytesView& key) {
  std::string name;
  for (std::size_t i = 0; i < key.size(); ++i) {
    if (key[i] != '\0') {
      name += key[i];
      continue;
    }
    if (i + 1 == key.size()) return std::nullopt;
    if (key[i + 1] == '\x01') {
      key.remove_prefix(i + 2);
      return name;
    }
    if (key[i + 1] != '\xFF') return std::nullopt;
    name += '\0';
    ++i;
  }
  return std::nullopt;
}

Bytes blob(std::string_view name, std::uint64_t snapshot) {
  Bytes key(1, kBlobPrefix);
  key.reserve(name.size() + 12);
  key += escape_name(name);
  key += kNameEnd;
  if (snapshot == 0) {
    key += kBaseSuffix;
  } else {
    key += kSnapshotSuffix;
    append_u64(key, snapshot);
  }
  return key;
}

std::optional<BlobKey> parse_blob(BytesView key) {
  if (key.empty() || key.front() != kBlobPrefix) return std::nullopt;
  key.remove_prefix(1);
  auto name = unescape_name(key);
  if (!name || key.empty()) return std::nullopt;
  if (key == BytesView(&kBaseSuffix, 1)) return BlobKey{std::move(*name), 0};
  if (key.front() != kSnapshotSuffix) return std::nullopt;
  ByteReader in(key.substr(1));
  const auto snapshot = in.u64();
  if (!in.done() || snapshot == 0) return std::nullopt;
  return BlobKey{std::move(*name), snapshot};
}

Bytes snapshots_from(std::string_view name) {
  auto key = blob(name);
  key.back() = kSnapshotSuffix;
  return key;
}
Bytes snapshots_after(std::string_view name) { return after_prefix(snapshots_from(name)); }

Bytes blobs_from(std::string_view prefix) { return Bytes(1, kBlobPrefix) + escape_name(prefix); }
Bytes blobs_after(std::string_view prefix) { return after_prefix(blobs_from(prefix)); }

Bytes content(store::ChunkId id) { return with_id(kContentPrefix, id); }
Bytes garbage(store::ChunkId id) { return with_id(kGarbagePrefix, id); }

Bytes shared_garbage(std::string_view name, store::ChunkId id) {
  Bytes key(1, kSharedGarbagePrefix);
  key += escape_name(name);
  key += kNameEnd;
  key += store::to_bytes(id);
  return key;
}

Bytes pending_copy(std::string_view name) {
  Bytes key(1, kPendingCopyPrefix);
  key += escape_name(name);
  key += kNameEnd;
  return key;
}

Bytes staged(std::string_view name, std::uint64_t generation) {
  Bytes key(1, kStagedPrefix);
  key += escape_name(name);
  key += kNameEnd;
  append_u64(key, generation);
  return key;
}

Bytes staged(std::string_view name, std::uint64_t generation, BytesView block_id) {
  return staged(name, generation) + Bytes(block_id);
}

std::optional<StagedKey> parse_staged(BytesView key) {
  if (key.empty() || key.front() != kStagedPrefix) return std::nullopt;
  key.remove_prefix(1);
  auto name = unescape_name(key);
  if (!name || key.size() < sizeof(std::uint64_t)) return std::nullopt;
  ByteReader in(key);
  return StagedKey{std::move(*name), in.u64()};
}

Bytes tags_marked(BytesView mark) { return Bytes(1, kTagPrefix) + Bytes(mark); }

Bytes tag(BytesView mark, std::string_view name) { return tags_marked(mark) + Bytes(name); }

std::optional<TagKey> parse_tag(BytesView key) {
  if (key.size() <= 1 + kTagMarkBytes || key.front() != kTagPrefix) return std::nullopt;
  key.remove_prefix(1);
  return TagKey{Bytes(key.substr(0, kTagMarkBytes)), std::string(key.substr(kTagMarkBytes))};
}

Bytes clear_tag_values(std::string_view key) {
  Bytes out(1, kClearTagPrefix);
  out += escape_name(key);
  out += kNameEnd;
  return out;
}

Bytes clear_tag_value(std::string_view key, std::string_view value) {
  auto out = clear_tag_values(key);
  out += escape_name(value);
  out += kNameEnd;
  return out;
}

Bytes clear_tag(std::string_view key, std::string_view value, std::string_view name) {
  auto out = clear_tag_value(key, value);
  out += escape_name(name);
  out += kNameEnd;
  return out;
}

std::optional<ClearTagKey> parse_clear_tag(BytesView key) {
  if (key.empty() || key.front() != kClearTagPrefix) return std::nullopt;
  key.remove_prefix(1);
  auto tag_key = unescape_name(key);
  auto value = tag_key ? unescape_name(key) : std::nullopt;
  auto name = value ? unescape_name(key) : std::nullopt;
  if (!name || !key.empty()) return std::nullopt;
  return ClearTagKey{std::move(*tag_key), std::move(*value), std::move(*name)};
}

Bytes pages(std::string_view name, std::uint64_t generation) {
  Bytes key(1, kPagePrefix);
  key += escape_name(name);
  key += kNameEnd;
  append_u64(key, generation);
  return key;
}

Bytes page_window(std::string_view name, std::uint64_t generation, std::uint32_t window, std::uint64_t version) {
  auto key = pages(name, generation);
  append_u32(key, window);
  append_u64(key, ~version);
  return key;
}

Bytes after_window(std::string_view name, std::uint64_t generation, std::uint32_t window) {
  return page_window(name, generation, window, 0) + '\0';
}

std::optional<PagePlace> page_place(BytesView key) {
  constexpr std::size_t kPlaceBytes = 4 + 8;
  if (key.size() < kPlaceBytes || key.front() != kPagePrefix) return std::nullopt;
  ByteReader in(key.substr(key.size() - kPlaceBytes));
  PagePlace place;
  place.window = in.u32();
  place.version = ~in.u64();
  return place;
}

Bytes container(std::string_view name) { return "n" + Bytes(name); }
Bytes scope(std::string_view name) { return "e" + to_lower(name); }
Bytes deleted_container(ContainerId id) { return "d" + Bytes(id.view()); }

Bytes after_prefix(Bytes prefix) {
  while (!prefix.empty() && prefix.back() == '\xFF') prefix.pop_back();
  if (!prefix.empty()) prefix.back() = static_cast<char>(static_cast<unsigned char>(prefix.back()) + 1);
  return prefix;
}

}  // namespace freehold::blob::row_keys
