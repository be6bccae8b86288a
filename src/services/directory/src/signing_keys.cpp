#include "src/signing_keys.h"

#include <algorithm>

#include "base/log.h"
#include "crypto/jwt.h"

namespace freehold::directory {
namespace {

constexpr char kPrefix = 'k';
constexpr std::uint8_t kVersion = 1;
constexpr std::size_t kMaxKeys = 64;

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

}  // namespace

SigningKeys::SigningKeys(keys::SealedStore store, runtime::Pool& pool)
    : rows_(store, store::make_partition_id(TenantId{}, "directory")), pool_(pool) {}

Result<SigningKeys::Kept> SigningKeys::decode(const store::KeyValue& row) {
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

runtime::Task<Result<std::unique_ptr<SigningKeys>>> SigningKeys::open(keys::SealedStore store, WallTime now,
                                                                      runtime::Pool& pool) {
  std::unique_ptr<SigningKeys> out(new SigningKeys(store, pool));
  FH_CO_TRY(auto stored, co_await out->rows_.load(Bytes(1, kPrefix), kMaxKeys));
  std::vector<Kept> kept;
  for (auto& row : stored) {
    FH_CO_TRY(auto key, decode(row));
    wipe(row.value);
    kept.push_back(std::move(key));
  }
  const bool some = !kept.empty();
  if (some) out->publish(std::move(kept));
  const auto rolled = co_await out->roll(now);
  // A region that can't write serves on with the keys it has.
  if (!rolled && !some) co_return std::unexpected(rolled.error());
  if (!rolled) log_warning("the token signing keys can't be rolled now", {{"error", rolled.error().message}});
  co_return out;
}

runtime::Task<Result<>> SigningKeys::roll(WallTime now) {
  FH_CO_TRY(const auto turn, co_await turn_.take());
  auto next = kept();
  keys::RowChange change;
  // Oldest first. A key is needed as long as it is the newest, or its successor hasn't signed for a day.
  while (next.size() > 1 && next[1].made + kPublishedAhead + kVerifyAfterRoll < now) {
    change.deletes.push_back(std::move(next.front().row_key));
    next.erase(next.begin());
  }
  if (next.empty() || next.back().made + kRollAfter < now) {
    FH_CO_TRY(auto made, co_await pool_.run(0, [] { return crypto::RsaSigningKey::generate(); }));
    // Rows are in order of their making; a clock that was set back must not put the newest before another.
    const WallTime time = next.empty() ? now : std::max(now, WallTime(next.back().made + std::chrono::microseconds(1)));
    change.puts.push_back({row_key_of(time), encode(made, time)});
    next.push_back({row_key_of(time), time, std::make_shared<const crypto::RsaSigningKey>(std::move(made))});
  }
  if (change.puts.empty() && change.deletes.empty()) co_return Result<>();
  FH_CO_CHECK_OK(co_await rows_.change(std::move(change)));
  publish(std::move(next));
  co_return Result<>();
}

std::vector<SigningKeys::Kept> SigningKeys::kept() const {
  const std::shared_lock lock(mutex_);
  return kept_;
}

void SigningKeys::publish(std::vector<Kept> kept) {
  std::vector<crypto::RsaPublicKey> published;
  for (const auto& key : kept) published.insert(published.begin(), key.key->public_key());
  const std::unique_lock lock(mutex_);
  kept_ = std::move(kept);
  jwks_ = crypto::jwks_json(published);
}

// The newest that has been published for long enough, or else the oldest.
const SigningKeys::Kept& SigningKeys::signer(const std::vector<Kept>& kept, WallTime now) {
  for (auto key = kept.rbegin(); key != kept.rend(); ++key) {
    if (key->made + kPublishedAhead <= now) return *key;
  }
  return kept.front();
}

std::string SigningKeys::sign(std::string_view claims, WallTime now) const {
  const auto all = kept();
  return crypto::sign_jwt(*signer(all, now).key, claims);
}

std::optional<crypto::RsaPublicKey> SigningKeys::key(std::string_view id) const {
  const std::shared_lock lock(mutex_);
  for (const auto& key : kept_) {
    if (key.key->public_key().thumbprint() == id) return key.key->public_key();
  }
  return std::nullopt;
}

std::string SigningKeys::jwks() const {
  const std::shared_lock lock(mutex_);
  return jwks_;
}

}  // namespace freehold::directory
