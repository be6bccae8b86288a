#include "src/key_material.h"

#include "src/key_cache.h"

namespace freehold::vault {

runtime::FairKey fair_key(TenantId tenant) { return std::hash<TenantId>{}(tenant) | 1; }

ItemContent content_of(const crypto::JoseKey& key, const std::vector<std::string>& key_ops, std::string version,
                       const ItemAttributes& attributes) {
  const auto& numbers = key.numbers();
  Json shown = show_jwk(numbers, key_ops);
  if (numbers.type == crypto::KeyType::kOct) shown["bits"] = numbers.bits;
  return {.shown = {.version = std::move(version), .attributes = attributes, .open = shown.dump()},
          .material = key.secret()};
}

Task<Result<crypto::JoseKey>> make_key(VaultParts& parts, TenantId tenant, KeySpec spec) {
  Random* random = &parts.random;
  co_return co_await parts.making.run(fair_key(tenant), [spec, random]() -> Result<crypto::JoseKey> {
    switch (spec.type) {
      case crypto::KeyType::kRsa:
        return crypto::JoseKey::generate_rsa(spec.bits, spec.exponent);
      case crypto::KeyType::kEc:
        return crypto::JoseKey::generate_ec(spec.curve);
      case crypto::KeyType::kOct:
        break;
    }
    return crypto::JoseKey::generate_oct(spec.bits, *random);
  });
}

Result<crypto::JoseKey> open_key(KeyCache& cache, VaultId vault, const ItemContent& content, std::uint64_t purges) {
  if (auto known = cache.find(vault, content.shown.version)) return std::move(*known);
  const Json shown = Json::parse(content.shown.open, nullptr, false);
  if (content.protection == Protection::kToken) {
    FH_TRY(const auto open, public_numbers_of(shown));
    FH_TRY(auto half, crypto::JoseKey::from_public(open));
    cache.put(vault, content.shown.version, half, purges);
    return half;
  }
  FH_TRY(auto key, crypto::JoseKey::from_secret(type_of(shown), content.material));
  cache.put(vault, content.shown.version, key, purges);
  return key;
}

}  // namespace freehold::vault
