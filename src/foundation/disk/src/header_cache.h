// Checksums of headers that were read and verified, so that a range read costs one disk access and not two.
#pragma once

#include <array>
#include <memory>
#include <mutex>
#include <unordered_map>

#include "src/extent_header.h"

namespace freehold::disk {

// Thread-safe. Bounded: a shard that is full is emptied (the next reads fill it with what is asked for now).
class HeaderCache {
 public:
  using Entry = std::shared_ptr<const ExtentHeader>;

  [[nodiscard]] Entry find(const ExtentAddress& address) {
    Shard& shard = shard_of(address.extent, address.offset);
    const std::lock_guard lock(shard.mutex);
    const auto found = shard.entries.find(Place{address.extent, address.offset});
    return found == shard.entries.end() ? nullptr : found->second;
  }

  Entry insert(ExtentHeader header) {
    Shard& shard = shard_of(header.address.extent, header.address.offset);
    auto entry = std::make_shared<const ExtentHeader>(std::move(header));
    const std::size_t cost = kEntryBytes + entry->crc32c.size() * sizeof(std::uint32_t);
    const std::lock_guard lock(shard.mutex);
    if (shard.bytes + cost > kShardBytes) {
      shard.entries.clear();
      shard.bytes = 0;
    }
    if (shard.entries.insert_or_assign(Place{entry->address.extent, entry->address.offset}, entry).second) {
      shard.bytes += cost;
    }
    return entry;
  }

  // The bytes stay counted until the shard is emptied: the bound holds, only sooner.
  void erase(const ExtentAddress& address) {
    Shard& shard = shard_of(address.extent, address.offset);
    const std::lock_guard lock(shard.mutex);
    shard.entries.erase(Place{address.extent, address.offset});
  }

  void erase_extent(std::uint32_t extent) {
    for (Shard& shard : shards_) {
      const std::lock_guard lock(shard.mutex);
      std::erase_if(shard.entries, [extent](const auto& entry) { return entry.first.extent == extent; });
    }
  }

 private:
  static constexpr std::size_t kShards = 16;
  static constexpr std::size_t kShardBytes = 512 * 1024;  // 8 MiB for a fault domain
  static constexpr std::size_t kEntryBytes = 192;         // an entry's nodes and header, about

  struct Place {
    std::uint32_t extent;
    std::uint64_t offset;
    bool operator==(const Place&) const = default;
  };
  struct Hash {
    std::size_t operator()(const Place& place) const {
      return (place.offset / kDirectAlignment + place.extent * 0x9E3779B97F4A7C15ull) * 0xBF58476D1CE4E5B9ull >> 20;
    }
  };
  struct Shard {
    std::mutex mutex;
    std::unordered_map<Place, Entry, Hash> entries;
    std::size_t bytes = 0;
  };
  Shard& shard_of(std::uint32_t extent, std::uint64_t offset) {
    return shards_[Hash{}(Place{extent, offset}) % kShards];
  }

  std::array<Shard, kShards> shards_;
};

}  // namespace freehold::disk
