#include "src/signing_keys.h"

#include <algorithm>

#include "base/log.h"
#include "crypto/jwt.h"

namespace freehold::directory {
namespace {

constexpr char kPrefix = 'k';
constexpr std::uint8_t kVersion = 1;
constexpr std::size_t kMaxKeys = 64;
constexpr std::chrono::days kRollAfter{90};
// Tokens live an hour and are believed a few minutes longer; a day leaves room for a clock that was set.
constexpr std::chrono::days kVerifyAfterRoll{1};

struct Kept {
  Bytes row_key;
  WallTime made;
  std::shared_ptr<const crypto::RsaSigningKey> key;
};

Bytes row_key_of(WallTime made) {
  Bytes key(1, kPrefix);
  append_u64(key, static_cast<std::uint64_t>(made.time_since_epoch().count()));
  return key;
}

// Row: version, microseconds since 1970, PKCS#1 (docs/formats/directory-rows.md).
Bytes encode(const crypto::RsaSigningKey& key, WallTime made) {
  Bytes out;
  append_u8(out, kVersion);
  append_u64(out, static_cast<std::uint64_t>(made.time_since_epoch().count()));
  const Secret der = key.der();
  append_sized(out, der.view());
  return out;
}

Result<Kept> decode(const store::KeyValue& row) {
  ByteReader in(row.value);
  const auto version = in.u8();
  const auto made = in.u64();
  const Secret der(in.sized(64 * 1024));
  if (!in.ok()) return fail(ErrorCode::kCorrupt, "a token signing key's row is cut short");
  if (version != kVersion) return fail(ErrorCode::kUnsupported, "a token signing key's row needs a newer program");
  FH_TRY(auto key, crypto::RsaSigningKey::from_der(der));
  return Kept{row.key, WallTime(std::chrono::microseconds(made)),
              std::make_shared<const crypto::RsaSigningKey>(std::move(key))};
}

// Oldest first. A key is needed as long as it is the newest, or its successor is young.
std::vector<Bytes> forget_old(std::vector<Kept>& kept, WallTime now) {
  std::vector<Bytes> gone;
  while (kept.size() > 1 && kept[1].made + kVerifyAfterRoll < now) {
    gone.push_back(std::move(kept.front().row_key));
    kept.erase(kept.begin());
  }
  return gone;
}

}  // namespace

runtime::Task<Result<SigningKeys>> SigningKeys::open(keys::SealedStore store, WallTime now) {
  const keys::SealedRows rows(store, store::make_partition_id(TenantId{}, "directory"));
  FH_CO_TRY(auto stored, co_await rows.load(Bytes(1, kPrefix), kMaxKeys));
  std::vector<Kept> kept;
  for (auto& row : stored) {
    FH_CO_TRY(auto key, decode(row));
    wipe(row.value);
    kept.push_back(std::move(key));
  }
  keys::RowChange change;
  change.deletes = forget_old(kept, now);
  std::optional<Kept> fresh;
  if (kept.empty() || kept.back().made + kRollAfter < now) {
    FH_CO_TRY(auto made, crypto::RsaSigningKey::generate());
    // Rows are in order of their making; a clock that was set back must not put the newest before another.
    const WallTime time = kept.empty() ? now : std::max(now, WallTime(kept.back().made + std::chrono::microseconds(1)));
    change.puts.push_back({row_key_of(time), encode(made, time)});
    fresh = {row_key_of(time), time, std::make_shared<const crypto::RsaSigningKey>(std::move(made))};
  }
  if (fresh || !change.deletes.empty()) {
    const auto stored_now = co_await rows.change(std::move(change));
    // A region that can't write serves on with the key it has.
    if (!stored_now && kept.empty()) co_return std::unexpected(stored_now.error());
    if (!stored_now) log_warning("the token signing keys can't be rolled now", {{"error", stored_now.error().message}});
    if (stored_now && fresh) kept.push_back(std::move(*fresh));
  }
  SigningKeys out;
  out.signer_ = kept.back().key;
  std::vector<crypto::RsaPublicKey> published;
  for (const auto& key : kept) {
    out.keys_.emplace(key.key->public_key().thumbprint(), key.key->public_key());
    published.insert(published.begin(), key.key->public_key());
  }
  out.jwks_ = crypto::jwks_json(published);
  co_return out;
}

std::string SigningKeys::sign(std::string_view claims) const { return crypto::sign_jwt(*signer_, claims); }

std::optional<crypto::RsaPublicKey> SigningKeys::key(std::string_view id) const {
  const auto at = keys_.find(id);
  if (at == keys_.end()) return std::nullopt;
  return at->second;
}

}  // namespace freehold::directory
