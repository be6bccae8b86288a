#include "src/session_store.h"

#include <algorithm>

#include "base/encoding.h"
#include "crypto/digest.h"
#include "src/object_row.h"
#include "src/row_json.h"

namespace freehold::directory {
namespace {

constexpr int kVersion = 2;  // 1: one superseded token, `previous`, replaced at `rotated`; no audience
constexpr std::size_t kSecretBytes = 32;
constexpr std::size_t kIdBytes = 16;
constexpr std::size_t kDroppedAtOnce = 500;
constexpr std::size_t kDroppedForRoom = 100;  // of a full tenant: not one by one, since the search looks at all
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
                         {"audience", session.audience},
                         {"current", to_base64(session.current)},
                         {"superseded", row_json::Json::array()}};
  for (const auto& [digest, at] : session.superseded) {
    row_json::Json one = {{"digest", to_base64(digest)}};
    row_json::put_time(one, "at", at);
    json["superseded"].push_back(std::move(one));
  }
  row_json::put_time(json, "rotated", session.rotated);
  row_json::put_time(json, "created", session.created);
  row_json::put_time(json, "expires", session.expires);
  return json.dump();
}

bool take_superseded(const row_json::Json& json, Session& out) {
  if (!json.contains("superseded")) {
    const auto previous = from_base64(row_json::text(json, "previous").value_or("!"));
    if (previous && !previous->empty()) out.superseded.push_back({*previous, out.rotated});
    return previous.has_value();
  }
  for (const auto& item : json["superseded"]) {
    const auto digest = item.is_object() ? from_base64(row_json::text(item, "digest").value_or("!")) : std::nullopt;
    std::optional<WallTime> at;
    if (!digest || !row_json::take_time(item, "at", at) || !at) return false;
    out.superseded.push_back({*digest, *at});
  }
  return json["superseded"].is_array();
}

Result<Session> decode(BytesView key, BytesView row) {
  FH_TRY(const auto json, row_json::parse(row, kVersion));
  const auto id = id_from_bytes<SessionId>(key.substr(1));
  const auto user = row_json::guid<PrincipalId>(json, "user");
  const auto application = row_json::guid<PrincipalId>(json, "application");
  const auto current = from_base64(row_json::text(json, "current").value_or("!"));
  Session out;
  std::optional<WallTime> rotated, created, expires;
  const bool good = id && user && application && current && row_json::take_time(json, "rotated", rotated) &&
                    row_json::take_time(json, "created", created) && row_json::take_time(json, "expires", expires) &&
                    rotated && created && expires && row_json::take_texts(json, "methods", out.methods);
  if (!good) return row_json::corrupt();
  out.id = *id;
  out.user = *user;
  out.application = *application;
  out.audience = row_json::text(json, "audience").value_or("");
  out.current = *current;
  out.rotated = *rotated;
  out.created = *created;
  out.expires = *expires;
  if (!take_superseded(json, out)) return row_json::corrupt();
  return out;
}

// Whose tokens were used longest ago; `most` of them at most.
std::vector<SessionId> least_used(std::vector<const Session*> sessions, std::size_t most) {
  most = std::min(most, sessions.size());
  std::ranges::partial_sort(sessions, sessions.begin() + static_cast<std::ptrdiff_t>(most), {}, &Session::rotated);
  std::vector<SessionId> out;
  for (std::size_t i = 0; i < most; ++i) out.push_back(sessions[i]->id);
  return out;
}

// The next token's digest takes its place; kept are those before that are still good. False: the token was replaced too
// long ago, or is none of the family's, or too many hold one.
bool rotate(Session& session, const Bytes& digest, Bytes next, WallTime now) {
  std::erase_if(session.superseded, [now](const auto& one) { return one.at + SessionStore::kGrace <= now; });
  const bool newest = constant_time_equal(digest, session.current);
  const bool lately =
      std::ranges::any_of(session.superseded, [&](const auto& one) { return constant_time_equal(digest, one.digest); });
  if (!newest && (!lately || session.superseded.size() >= SessionStore::kMaxSuperseded)) return false;
  if (session.superseded.size() >= SessionStore::kMaxSuperseded) session.superseded.erase(session.superseded.begin());
  session.superseded.push_back({std::move(session.current), now});
  session.current = std::move(next);
  session.rotated = now;
  session.expires = now + SessionStore::kLife;
  return true;
}

std::unexpected<Error> no_token() { return fail(ErrorCode::kDenied, "the refresh token is none, or no longer"); }

}  // namespace

// Whoever has the turn changes; the mutex guards what is read.
struct SessionStore::Table {
  Table(keys::SealedStore store, TenantId id) : tenant(id), rows(store, store::make_partition_id(id, "directory")) {}
  const TenantId tenant;
  const keys::SealedRows rows;
  runtime::Turn turn;
  bool closed = false;  // guarded by the turn
  mutable std::mutex mutex;
  std::map<SessionId, Session> sessions;
  std::map<PrincipalId, std::vector<SessionId>> of_user;

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
  std::vector<SessionId> least_used_of(PrincipalId user, std::size_t most) const {
    const std::lock_guard lock(mutex);
    std::vector<const Session*> found;
    const auto mine = of_user.find(user);
    if (mine == of_user.end()) return {};
    for (const SessionId id : mine->second) found.push_back(&sessions.at(id));
    return least_used(std::move(found), most);
  }
  std::vector<SessionId> least_used_of_all(std::size_t most) const {
    const std::lock_guard lock(mutex);
    std::vector<const Session*> found;
    for (const auto& [id, session] : sessions) found.push_back(&session);
    return least_used(std::move(found), most);
  }
  std::vector<SessionId> over(WallTime now, std::size_t most) const {
    const std::lock_guard lock(mutex);
    std::vector<SessionId> old;
    for (const auto& [id, session] : sessions) {
      if (session.expires <= now && old.size() < most) old.push_back(id);
    }
    return old;
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

runtime::Task<Result<>> SessionStore::make_room(std::shared_ptr<Table> table, WallTime now) {
  if (count(table->tenant) < kMaxSessions) co_return Result<>();
  auto gone = table->over(now, kDroppedAtOnce);
  if (gone.empty()) gone = table->least_used_of_all(kDroppedForRoom);
  co_return co_await drop(table, std::move(gone));
}

runtime::Task<Result<SessionStore::Begun>> SessionStore::begin(TenantId tenant, NewSession asked, WallTime now) {
  const auto table = table_of(tenant);
  if (!table) co_return no_token();
  FH_CO_TRY(const auto turn, co_await table->turn.take());
  if (table->closed) co_return no_token();
  FH_CO_CHECK_OK(co_await make_room(table, now));
  keys::RowChange change;
  std::vector<SessionId> gone;
  if (table->of(asked.user).size() >= kMaxSessionsOfUser) gone = table->least_used_of(asked.user, 1);
  for (const SessionId id : gone) change.deletes.push_back(row_key_of(id));
  const Bytes secret = store_.random.bytes(kSecretBytes);
  const Session made{.id = random_id<SessionId>(store_.random),
                     .user = asked.user,
                     .application = asked.application,
                     .methods = std::move(asked.methods),
                     .audience = std::move(asked.audience),
                     .current = digest_of(secret),
                     .rotated = now,
                     .created = asked.created,
                     .expires = now + kLife};
  change.puts.push_back({row_key_of(made.id), encode(made)});
  FH_CO_CHECK_OK(co_await table->rows.change(std::move(change)));
  for (const SessionId id : gone) table->erase(id);
  table->put(made);
  co_return Begun{made.id, token_text(tenant, made.id, secret)};
}

std::optional<Session> SessionStore::look(std::string_view token) const {
  const auto parts = parse_token(token);
  const auto table = parts ? table_of(parts->tenant) : nullptr;
  return table ? table->find(parts->session) : std::nullopt;
}

runtime::Task<Result<SessionStore::Renewed>> SessionStore::renew(std::string token, PrincipalId application,
                                                                 WallTime now) {
  const auto parts = parse_token(token);
  const auto table = parts ? table_of(parts->tenant) : nullptr;
  if (!table) co_return no_token();
  FH_CO_TRY(const auto turn, co_await table->turn.take());
  auto session = table->closed ? std::nullopt : table->find(parts->session);
  if (!session || session->application != application || session->expires <= now) co_return no_token();
  const Bytes secret = store_.random.bytes(kSecretBytes);
  if (!rotate(*session, digest_of(parts->secret.view()), digest_of(secret), now)) {
    FH_CO_CHECK_OK(co_await drop(table, {session->id}));
    co_return no_token();
  }
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

runtime::Task<Result<>> SessionStore::close(TenantId tenant) {
  const auto table = table_of(tenant);
  if (!table) co_return Result<>();
  FH_CO_TRY(const auto turn, co_await table->turn.take());
  table->closed = true;
  const std::unique_lock lock(mutex_);
  tables_.erase(tenant);
  co_return Result<>();
}

runtime::Task<Result<>> SessionStore::forget_old(TenantId tenant, WallTime now) {
  const auto table = table_of(tenant);
  if (!table) co_return Result<>();
  FH_CO_TRY(const auto turn, co_await table->turn.take());
  co_return co_await drop(table, table->over(now, kDroppedAtOnce));
}

}  // namespace freehold::directory
