#include "src/session_store.h"

#include <algorithm>

#include "base/encoding.h"
#include "crypto/digest.h"
#include "src/object_row.h"
#include "src/row_json.h"

namespace freehold::directory {
namespace {

constexpr int kVersion = 1;
constexpr std::size_t kSecretBytes = 32;
constexpr std::size_t kIdBytes = 16;
constexpr std::size_t kDroppedAtOnce = 500;
constexpr std::string_view kTokenPrefix = "1.";

Bytes row_key_of(SessionId id) { return Bytes(1, kSessionPrefix) + Bytes(id.view()); }
Bytes digest_of(BytesView secret) { return Bytes(crypto::view(crypto::sha256(secret))); }

struct TokenParts {
  TenantId tenant;
  SessionId session;
  Secret secret;
};

std::optional<TokenParts> parse_token(std::string_view token) {
  if (!token.starts_with(kTokenPrefix) || token.size() > 256) return std::nullopt;
  auto raw = from_base64url(token.substr(kTokenPrefix.size()));
  if (!raw || raw->size() != 2 * kIdBytes + kSecretBytes) return std::nullopt;
  const BytesView view = *raw;
  const auto tenant = id_from_bytes<TenantId>(view.substr(0, kIdBytes));
  const auto session = id_from_bytes<SessionId>(view.substr(kIdBytes, kIdBytes));
  TokenParts out{*tenant, *session, Secret(view.substr(2 * kIdBytes))};
  wipe(*raw);
  return out;
}

std::string token_text(TenantId tenant, SessionId session, BytesView secret) {
  Bytes raw = Bytes(tenant.view()) + Bytes(session.view()) + Bytes(secret);
  std::string out = std::string(kTokenPrefix) + to_base64url(raw);
  wipe(raw);
  return out;
}

Bytes encode(const Session& session) {
  row_json::Json json = {{"v", kVersion},
                         {"user", to_string(session.user)},
                         {"application", to_string(session.application)},
                         {"methods", session.methods},
                         {"current", to_base64(session.current)},
                         {"previous", to_base64(session.previous)}};
  row_json::put_time(json, "rotated", session.rotated);
  row_json::put_time(json, "created", session.created);
  row_json::put_time(json, "expires", session.expires);
  return json.dump();
}

Result<Session> decode(BytesView key, BytesView row) {
  FH_TRY(const auto json, row_json::parse(row, kVersion));
  const auto id = id_from_bytes<SessionId>(key.substr(1));
  const auto user = row_json::guid<PrincipalId>(json, "user");
  const auto application = row_json::guid<PrincipalId>(json, "application");
  const auto current = from_base64(row_json::text(json, "current").value_or("!"));
  const auto previous = from_base64(row_json::text(json, "previous").value_or("!"));
  Session out;
  std::optional<WallTime> rotated, created, expires;
  const bool good = id && user && application && current && previous && row_json::take_time(json, "rotated", rotated) &&
                    row_json::take_time(json, "created", created) && row_json::take_time(json, "expires", expires) &&
                    rotated && created && expires && row_json::take_texts(json, "methods", out.methods);
  if (!good) return row_json::corrupt();
  out.id = *id;
  out.user = *user;
  out.application = *application;
  out.current = *current;
  out.previous = *previous;
  out.rotated = *rotated;
  out.created = *created;
  out.expires = *expires;
  return out;
}

std::unexpected<Error> no_token() { return fail(ErrorCode::kDenied, "the refresh token is none, or no longer"); }

}  // namespace

// Whoever has the turn changes; the mutex guards what is read.
struct SessionStore::Table {
  Table(keys::SealedStore store, TenantId id) : tenant(id), rows(store, store::make_partition_id(id, "directory")) {}
  const TenantId tenant;
  const keys::SealedRows rows;
  runtime::Turn turn;
  mutable std::mutex mutex;
  std::map<SessionId, Session> sessions;
  std::map<PrincipalId, std::vector<SessionId>> of_user;  // the oldest first

  std::optional<Session> find(SessionId id) const {
    const std::lock_guard lock(mutex);
    const auto at = sessions.find(id);
    return at == sessions.end() ? std::nullopt : std::optional(at->second);
  }
  void put(const Session& session) {
    const std::lock_guard lock(mutex);
    if (sessions.insert_or_assign(session.id, session).second) of_user[session.user].push_back(session.id);
  }
  void erase(SessionId id) {
    const std::lock_guard lock(mutex);
    const auto at = sessions.find(id);
    if (at == sessions.end()) return;
    const auto mine = of_user.find(at->second.user);
    std::erase(mine->second, id);
    if (mine->second.empty()) of_user.erase(mine);
    sessions.erase(at);
  }
  std::vector<SessionId> of(PrincipalId user) const {
    const std::lock_guard lock(mutex);
    const auto at = of_user.find(user);
    return at == of_user.end() ? std::vector<SessionId>() : at->second;
  }
};

runtime::Task<Result<>> SessionStore::open(TenantId tenant) {
  auto table = std::make_shared<Table>(store_, tenant);
  FH_CO_TRY(const auto rows, co_await table->rows.load(Bytes(1, kSessionPrefix), kMaxSessions));
  std::vector<Session> found;
  for (const auto& row : rows) {
    FH_CO_TRY(auto session, decode(row.key, row.value));
    found.push_back(std::move(session));
  }
  std::ranges::sort(found, {}, &Session::created);
  for (const auto& session : found) table->put(session);
  const std::unique_lock lock(mutex_);
  tables_[tenant] = std::move(table);
  co_return Result<>();
}

std::shared_ptr<SessionStore::Table> SessionStore::table_of(TenantId tenant) const {
  const std::shared_lock lock(mutex_);
  const auto at = tables_.find(tenant);
  return at == tables_.end() ? nullptr : at->second;
}

std::size_t SessionStore::count(TenantId tenant) const {
  const auto table = table_of(tenant);
  if (!table) return 0;
  const std::lock_guard lock(table->mutex);
  return table->sessions.size();
}

runtime::Task<Result<SessionStore::Begun>> SessionStore::begin(TenantId tenant, PrincipalId user,
                                                               PrincipalId application,
                                                               std::vector<std::string> methods, WallTime now) {
  const auto table = table_of(tenant);
  if (!table) co_return no_token();
  FH_CO_TRY(const auto turn, co_await table->turn.take());
  const auto mine = table->of(user);
  keys::RowChange change;
  std::optional<SessionId> oldest;
  if (mine.size() >= kMaxSessionsOfUser) {
    oldest = mine.front();
    change.deletes.push_back(row_key_of(*oldest));
  } else if (count(tenant) >= kMaxSessions) {
    co_return fail(ErrorCode::kExhausted, "too many are signed in");
  }
  const Bytes secret = store_.random.bytes(kSecretBytes);
  const Session made{.id = random_id<SessionId>(store_.random),
                     .user = user,
                     .application = application,
                     .methods = std::move(methods),
                     .current = digest_of(secret),
                     .rotated = now,
                     .created = now,
                     .expires = now + kLife};
  change.puts.push_back({row_key_of(made.id), encode(made)});
  FH_CO_CHECK_OK(co_await table->rows.change(std::move(change)));
  if (oldest) table->erase(*oldest);
  table->put(made);
  co_return Begun{made.id, token_text(tenant, made.id, secret)};
}

runtime::Task<Result<SessionStore::Renewed>> SessionStore::renew(std::string token, PrincipalId application,
                                                                 WallTime now) {
  const auto parts = parse_token(token);
  const auto table = parts ? table_of(parts->tenant) : nullptr;
  if (!table) co_return no_token();
  FH_CO_TRY(const auto turn, co_await table->turn.take());
  auto session = table->find(parts->session);
  if (!session || session->application != application || session->expires <= now) co_return no_token();
  const Bytes digest = digest_of(parts->secret.view());
  const bool newest = constant_time_equal(digest, session->current);
  const bool before = !session->previous.empty() && constant_time_equal(digest, session->previous);
  if (!newest && !(before && session->rotated + kGrace > now)) {
    FH_CO_CHECK_OK(co_await drop(table, {session->id}));
    co_return no_token();
  }
  const Bytes secret = store_.random.bytes(kSecretBytes);
  // Who comes again with the one before gets a new one too, and the one that it replaces stays good for the grace.
  session->previous = newest ? digest : session->current;
  session->current = digest_of(secret);
  session->rotated = now;
  session->expires = now + kLife;
  keys::RowChange change;
  change.puts.push_back({row_key_of(session->id), encode(*session)});
  FH_CO_CHECK_OK(co_await table->rows.change(std::move(change)));
  table->put(*session);
  co_return Renewed{*session, token_text(parts->tenant, session->id, secret)};
}

std::optional<TenantId> SessionStore::tenant_of(std::string_view token) {
  const auto parts = parse_token(token);
  return parts ? std::optional(parts->tenant) : std::nullopt;
}

runtime::Task<Result<>> SessionStore::drop(std::shared_ptr<Table> table, std::vector<SessionId> gone) {
  keys::RowChange change;
  for (const SessionId id : gone) change.deletes.push_back(row_key_of(id));
  if (!gone.empty()) {
    FH_CO_CHECK_OK(co_await table->rows.change(std::move(change)));
  }
  for (const SessionId id : gone) table->erase(id);
  co_return Result<>();
}

runtime::Task<Result<>> SessionStore::revoke(TenantId tenant, SessionId session) {
  const auto table = table_of(tenant);
  if (!table) co_return Result<>();
  FH_CO_TRY(const auto turn, co_await table->turn.take());
  if (!table->find(session)) co_return Result<>();
  co_return co_await drop(table, {session});
}

runtime::Task<Result<>> SessionStore::revoke_all(TenantId tenant, PrincipalId user) {
  const auto table = table_of(tenant);
  if (!table) co_return Result<>();
  FH_CO_TRY(const auto turn, co_await table->turn.take());
  co_return co_await drop(table, table->of(user));
}

runtime::Task<Result<>> SessionStore::forget_old(TenantId tenant, WallTime now) {
  const auto table = table_of(tenant);
  if (!table) co_return Result<>();
  FH_CO_TRY(const auto turn, co_await table->turn.take());
  std::vector<SessionId> old;
  {
    const std::lock_guard lock(table->mutex);
    for (const auto& [id, session] : table->sessions) {
      if (session.expires <= now && old.size() < kDroppedAtOnce) old.push_back(id);
    }
  }
  co_return co_await drop(table, std::move(old));
}

}  // namespace freehold::directory
