// Pseudonyms of callers and addresses, and the map back, kept apart from the records (R4).
#pragma once

#include <map>
#include <string>
#include <unordered_map>
#include <vector>

#include "audit/audit.h"
#include "base/random.h"
#include "store/hybrid_clock.h"

namespace freehold::gate::audit {

enum class PseudonymKind : std::uint8_t { kErased = 0, kCaller = 1, kAddress = 2 };

// pseudonym = HMAC-SHA256(key of the tenant, kind || generation || value), 16 bytes, base64url. The map's rows stand in
// a partition of their own, sealed under the tenant's key, written once when a pseudonym first occurs. Erasing one
// leaves a sealed mark, so that the same value later gets the next generation's pseudonym and not the old one again.
//
// Owned by the log and guarded by it (one thread at a time). Blocks on the store where a value is new to the cache.
class Pseudonyms {
 public:
  Pseudonyms(store::PartitionStore& store, TenantAuditKeys& keys, Random& random, store::HybridClock& hybrid,
             store::Epoch epoch)
      : store_(store), keys_(keys), random_(random), hybrid_(hybrid), epoch_(epoch) {}

  // The pseudonym of a value; empty for an empty value. A new one's map row waits for write_new().
  [[nodiscard]] Result<std::string> of(TenantId tenant, PseudonymKind kind, std::string_view value);
  // Makes the map rows of new pseudonyms durable; what fails is tried again by the next call.
  [[nodiscard]] Result<> write_new();
  [[nodiscard]] Result<std::string> resolve(TenantId tenant, std::string_view pseudonym);
  [[nodiscard]] Result<> erase(TenantId tenant, std::string_view pseudonym);

 private:
  struct TextHash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const noexcept { return std::hash<std::string_view>{}(text); }
  };
  using Cache = std::unordered_map<std::string, std::string, TextHash, std::equal_to<>>;
  struct TenantCache {
    Cache callers;
    Cache addresses;
  };
  struct Keys {
    Secret name;  // makes pseudonyms
    Secret seal;  // seals the map
  };
  struct Row {
    PseudonymKind kind = PseudonymKind::kErased;
    std::string value;
  };

  [[nodiscard]] Result<Keys> keys_of(TenantId tenant);
  [[nodiscard]] Result<std::string> find_or_make(TenantId tenant, PseudonymKind kind, std::string_view value);
  [[nodiscard]] Result<std::optional<Row>> read(const Keys& keys, TenantId tenant, const Bytes& name);
  [[nodiscard]] Bytes sealed_row(const Keys& keys, TenantId tenant, const Bytes& name, const Row& row);
  [[nodiscard]] Result<> write(TenantId tenant, std::vector<store::KeyValue> rows);

  store::PartitionStore& store_;
  TenantAuditKeys& keys_;
  Random& random_;
  store::HybridClock& hybrid_;
  store::Epoch epoch_;
  std::unordered_map<TenantId, TenantCache> cache_;
  std::size_t cached_ = 0;
  std::map<TenantId, std::map<Bytes, Bytes>> new_;  // name to sealed row
};

}  // namespace freehold::gate::audit
