#include "src/setting_store.h"

#include "base/encoding.h"
#include "resource/refusal.h"

namespace freehold::insights {
namespace {

constexpr char kSetting = 's';
constexpr char kCursor = 'c';
constexpr char kQueue = 'q';
constexpr std::size_t kIdBytes = 16;
constexpr std::size_t kTimeBytes = 8;
constexpr std::uint32_t kForgetAtOnce = 1'000;

Bytes row_key(char prefix, SettingId id) { return Bytes(1, prefix) + Bytes(id.view()); }

// Earlier times sort first.
Bytes time_bytes(WallTime time) {
  Bytes out;
  append_u64(out, static_cast<std::uint64_t>(std::max<std::int64_t>(0, time.time_since_epoch().count())));
  return out;
}

std::unexpected<Error> corrupt() { return fail(ErrorCode::kCorrupt, "a queued event is not as it was written"); }

Result<SettingId> setting_of(BytesView key) {
  const auto id = key.size() > 1 ? id_from_bytes<SettingId>(key.substr(1, kIdBytes)) : std::nullopt;
  if (!id) return corrupt();
  return *id;
}

}  // namespace

Bytes event_tag(const ActivityEvent& event) {
  return Bytes(event.request.view()) + Bytes(1, event.ended ? '\1' : '\0');
}

store::KeyValue queued_row(SettingId setting, const ActivityEvent& event) {
  return {row_key(kQueue, setting) + time_bytes(event.time) + key_of(event), encode(event)};
}

SettingStore::SettingStore(keys::SealedStore store, TenantId tenant)
    : tenant_(tenant), store_(store), rows_(store, store::make_partition_id(tenant, "activity")) {}

Task<Result<>> SettingStore::load() {
  FH_CO_TRY(const auto settings, co_await rows_.load(Bytes(1, kSetting), kSettingsPerTenant));
  FH_CO_TRY(const auto cursors, co_await rows_.load(Bytes(1, kCursor), 2 * kSettingsPerTenant));
  std::map<SettingId, DeliveryCursor> where;
  for (const auto& row : cursors) {
    FH_CO_TRY(const auto id, setting_of(row.key));
    FH_CO_TRY(where[id], decode_cursor(row.value));
  }
  FH_CO_CHECK_OK(take_in(settings, std::move(where)));
  // A removal whose outcome wasn't known may have left one behind.
  keys::RowChange change;
  for (const auto& row : cursors) {
    FH_CO_TRY(const auto id, setting_of(row.key));
    if (!has(id)) change.deletes.push_back(row.key);
  }
  if (!change.deletes.empty()) {
    FH_CO_CHECK_OK(co_await rows_.change(std::move(change)));
  }
  co_return Result<>();
}

Result<> SettingStore::take_in(const std::vector<store::KeyValue>& settings,
                               std::map<SettingId, DeliveryCursor> where) {
  const std::lock_guard lock(mutex_);
  for (const auto& row : settings) {
    FH_TRY(const auto id, setting_of(row.key));
    FH_TRY(auto setting, decode_setting(id, row.value));
    const auto at = where.find(id);
    if (at == where.end()) return fail(ErrorCode::kCorrupt, "a diagnostic setting has no cursor");
    const auto key = setting.key();
    keys_[id] = key;
    entries_[key] = {std::make_shared<const DiagnosticSetting>(std::move(setting)), std::move(at->second)};
  }
  return {};
}

std::vector<SettingPtr> SettingStore::all() const {
  const std::lock_guard lock(mutex_);
  std::vector<SettingPtr> out;
  for (const auto& [key, entry] : entries_) out.push_back(entry.setting);
  return out;
}

SettingPtr SettingStore::find(const std::string& key) const {
  const std::lock_guard lock(mutex_);
  const auto at = entries_.find(key);
  return at == entries_.end() ? nullptr : at->second.setting;
}

std::vector<SettingPtr> SettingStore::with_front(const std::string& front) const {
  const std::lock_guard lock(mutex_);
  std::vector<SettingPtr> out;
  for (auto at = entries_.lower_bound(front); at != entries_.end() && at->first.starts_with(front); ++at) {
    out.push_back(at->second.setting);
  }
  return out;
}

std::vector<SettingPtr> SettingStore::at_and_below(const std::string& resource) const {
  return with_front(resource == "/" ? resource : resource + "/");
}

std::vector<SettingPtr> SettingStore::of(const std::string& resource) const {
  return with_front(resource + "/providers/microsoft.insights/diagnosticsettings/");
}

std::vector<SettingId> SettingStore::wanting(const std::optional<SubscriptionId>& subscription) const {
  std::vector<SettingId> out;
  if (!subscription) return out;
  for (const auto& each : of(key_of(gate::resource::ResourceId{.subscription = subscription}))) {
    if (!each->enabled().empty()) out.push_back(each->id);
  }
  return out;
}

Task<gate::ApiResult<SettingPtr>> SettingStore::put(DiagnosticSetting setting, LogPosition begin, SettingId fresh) {
  using gate::resource::refuse;
  auto turn = co_await turn_.take();
  if (!turn) co_return gate::resource::refuse_for(turn.error());
  const auto key = setting.key();
  const auto before = find(key);
  auto others = of(key_of(setting.resource));
  std::erase(others, before);
  FH_CO_CHECK_OK(check_beside(setting, others));
  if (!before && all().size() >= kSettingsPerTenant) {
    co_return refuse(409, "Conflict",
                     "A tenant has at most " + std::to_string(kSettingsPerTenant) + " diagnostic settings.");
  }
  setting.id = before ? before->id : fresh;
  DeliveryCursor where = before ? cursor(before->id) : DeliveryCursor{.at = begin};
  // What was on its way to another account is delivered to this one.
  if (before && !(before->account == setting.account)) where.plan.reset();
  keys::RowChange change;
  change.puts.push_back({row_key(kSetting, setting.id), encode(setting)});
  change.puts.push_back({row_key(kCursor, setting.id), encode(where)});
  const auto kept = co_await rows_.change(std::move(change));
  if (!kept) co_return gate::resource::refuse_for(kept.error());
  auto out = std::make_shared<const DiagnosticSetting>(std::move(setting));
  const std::lock_guard lock(mutex_);
  keys_[out->id] = key;
  entries_[key] = {out, std::move(where)};
  co_return SettingPtr(std::move(out));
}

Task<Result<>> SettingStore::remove(std::string key) {
  FH_CO_TRY(const auto turn, co_await turn_.take());
  const auto setting = find(key);
  if (setting == nullptr) co_return Result<>();
  keys::RowChange change;
  change.deletes = {row_key(kSetting, setting->id), row_key(kCursor, setting->id)};
  FH_CO_CHECK_OK(co_await rows_.change(std::move(change)));
  const std::lock_guard lock(mutex_);
  keys_.erase(setting->id);
  entries_.erase(key);
  co_return Result<>();
}

bool SettingStore::has(SettingId setting) const {
  const std::lock_guard lock(mutex_);
  return keys_.contains(setting);
}

DeliveryCursor SettingStore::cursor(SettingId setting) const {
  const std::lock_guard lock(mutex_);
  const auto at = keys_.find(setting);
  return at == keys_.end() ? DeliveryCursor{} : entries_.find(at->second)->second.cursor;
}

void SettingStore::pass_by(SettingId setting, LogPosition where) {
  const std::lock_guard lock(mutex_);
  const auto at = keys_.find(setting);
  if (at != keys_.end()) entries_.find(at->second)->second.cursor.at = where;
}

Task<Result<bool>> SettingStore::keep(SettingId setting, DeliveryCursor cursor, std::vector<Bytes> delivered) {
  FH_CO_TRY(const auto turn, co_await turn_.take());
  if (!has(setting)) co_return false;
  keys::RowChange change;
  change.puts.push_back({row_key(kCursor, setting), encode(cursor)});
  change.deletes = std::move(delivered);
  FH_CO_CHECK_OK(co_await rows_.change(std::move(change)));
  const std::lock_guard lock(mutex_);
  entries_.find(keys_.at(setting))->second.cursor = std::move(cursor);
  co_return true;
}

Task<Result<std::vector<QueuedEvent>>> SettingStore::queued(SettingId setting, std::uint32_t limit) const {
  const Bytes from = row_key(kQueue, setting);
  FH_CO_TRY(const auto page,
            co_await keys::sealed_page(store_, rows_.partition(), from, from + Bytes(kTimeBytes + 1, '\xff'), limit));
  std::vector<QueuedEvent> out;
  for (const auto& row : page.rows) {
    if (row.key.size() <= 1 + kIdBytes + kTimeBytes) co_return corrupt();
    FH_CO_TRY(auto event, decode(BytesView(row.key).substr(1 + kIdBytes + kTimeBytes), row.value));
    out.push_back({row.key, std::move(event)});
  }
  co_return out;
}

Task<Result<std::size_t>> SettingStore::forget_of(SettingId setting, Bytes end) const {
  std::size_t forgotten = 0;
  for (bool more = true; more;) {
    FH_CO_TRY(const auto page,
              co_await keys::sealed_page(store_, rows_.partition(), row_key(kQueue, setting), end, kForgetAtOnce));
    keys::RowChange change;
    for (const auto& row : page.rows) change.deletes.push_back(row.key);
    more = page.more;
    if (change.deletes.empty()) break;
    forgotten += change.deletes.size();
    FH_CO_CHECK_OK(co_await rows_.change(std::move(change)));
  }
  co_return forgotten;
}

Task<Result<std::size_t>> SettingStore::forget_queued(WallTime before) const {
  std::size_t lost = 0;
  Bytes from(1, kQueue);
  while (true) {
    FH_CO_TRY(const auto first, co_await keys::sealed_page(store_, rows_.partition(), from, Bytes(1, kQueue + 1), 1));
    if (first.rows.empty()) co_return lost;
    FH_CO_TRY(const auto setting, setting_of(first.rows.front().key));
    const Bytes end = row_key(kQueue, setting) + Bytes(kTimeBytes + 1, '\xff');
    const bool there = has(setting);
    FH_CO_TRY(const auto forgotten,
              co_await forget_of(setting, there ? row_key(kQueue, setting) + time_bytes(before) : end));
    if (there) lost += forgotten;
    from = end;
  }
}

}  // namespace freehold::insights
