#include "src/model_row.h"

#include <nlohmann/json.hpp>

#include "base/encoding.h"

namespace freehold::resources {
namespace {

using Json = nlohmann::json;

constexpr int kVersion = 1;

std::unexpected<Error> corrupt() { return fail(ErrorCode::kCorrupt, "a row of the resource manager is damaged"); }

std::int64_t micros(WallTime time) { return time.time_since_epoch().count(); }

// Takes members one by one and remembers whether each was what it has to be. Absent ones keep their default.
class Reader {
 public:
  static Result<Reader> of(BytesView row) {
    Json json = Json::parse(row, nullptr, false);
    if (!json.is_object() || !json.contains("v") || !json["v"].is_number_integer()) return corrupt();
    if (json["v"] != kVersion) {
      return fail(ErrorCode::kUnsupported, "a row of the resource manager needs a newer program");
    }
    return Reader(std::move(json));
  }
  Reader& text(const char* name, std::string& out) {
    const auto at = json_.find(name);
    if (at == json_.end()) return *this;
    if (at->is_string()) {
      out = at->get<std::string>();
    } else {
      ok_ = false;
    }
    return *this;
  }
  template <class Id>
  Reader& id(const char* name, Id& out) {
    std::string value;
    text(name, value);
    const auto parsed = parse_guid<Id>(value);
    if (parsed) out = *parsed;
    ok_ = ok_ && (parsed || value.empty());
    return *this;
  }
  Reader& time(const char* name, WallTime& out) {
    std::int64_t value = 0;
    number(name, value);
    out = WallTime(std::chrono::microseconds(value));
    return *this;
  }
  Reader& number(const char* name, std::int64_t& out) {
    const auto at = json_.find(name);
    if (at == json_.end()) return *this;
    ok_ = ok_ && at->is_number_integer();
    if (ok_) out = at->get<std::int64_t>();
    return *this;
  }
  Reader& texts(const char* name, std::vector<std::string>& out) {
    const auto at = json_.find(name);
    if (at != json_.end()) ok_ = take_texts(*at, out) && ok_;
    return *this;
  }
  Reader& tags(const char* name, Tags& out) {
    const auto at = json_.find(name);
    if (at == json_.end()) return *this;
    ok_ = ok_ && at->is_object();
    for (const auto& [key, value] : at->items()) {
      ok_ = ok_ && value.is_string();
      if (ok_) out.emplace(key, value.get<std::string>());
    }
    return *this;
  }
  Reader& lists(const char* name, std::map<std::string, std::vector<std::string>>& out) {
    const auto at = json_.find(name);
    if (at == json_.end()) return *this;
    ok_ = ok_ && at->is_object();
    for (const auto& [key, value] : at->items()) ok_ = take_texts(value, out[key]) && ok_;
    return *this;
  }
  [[nodiscard]] bool ok() const { return ok_; }

 private:
  explicit Reader(Json json) : json_(std::move(json)) {}
  static bool take_texts(const Json& json, std::vector<std::string>& out) {
    if (!json.is_array()) return false;
    for (const auto& value : json) {
      if (!value.is_string()) return false;
      out.push_back(value.get<std::string>());
    }
    return true;
  }
  Json json_;
  bool ok_ = true;
};

}  // namespace

Bytes row_key(const Subscription& subscription) {
  return Bytes(1, kSubscriptionPrefix) + Bytes(subscription.id.view());
}
Bytes row_key(const ManagementGroup& group) { return Bytes(1, kManagementGroupPrefix) + to_lower(group.name); }
Bytes row_key(const ResourceGroup& group) {
  return Bytes(1, kGroupPrefix) + Bytes(group.subscription.view()) + to_lower(group.name);
}
Bytes row_key(const Lock& lock) { return Bytes(1, kLockPrefix) + lock_key(lock.scope, lock.name); }
Bytes row_key(const Operation& operation) { return Bytes(1, kOperationPrefix) + Bytes(operation.id.view()); }

Bytes encode(const Subscription& subscription) {
  const Json json = {{"v", kVersion},
                     {"id", to_string(subscription.id)},
                     {"name", subscription.name},
                     {"state", subscription.enabled ? "Enabled" : "Disabled"},
                     {"parent", subscription.parent},
                     {"tags", subscription.tags},
                     {"tagNames", subscription.tag_names},
                     {"unregistered", subscription.unregistered}};
  return json.dump();
}

Bytes encode(const ManagementGroup& group) {
  const Json json = {{"v", kVersion},
                     {"name", group.name},
                     {"displayName", group.display_name},
                     {"parent", group.parent},
                     {"updated", micros(group.updated)},
                     {"updatedBy", to_string(group.updated_by)},
                     {"version", group.version}};
  return json.dump();
}

Bytes encode(const ResourceGroup& group) {
  Json json = {{"v", kVersion},
               {"subscription", to_string(group.subscription)},
               {"name", group.name},
               {"location", group.location},
               {"tags", group.tags},
               {"managedBy", group.managed_by},
               {"created", micros(group.created)},
               {"changed", micros(group.changed)}};
  if (group.deleting()) json["deletion"] = to_string(group.deletion);
  return json.dump();
}

Bytes encode(const Lock& lock) {
  const Json json = {{"v", kVersion},
                     {"scope", lock.scope},
                     {"name", lock.name},
                     {"level", lock.level == LockLevel::kReadOnly ? "ReadOnly" : "CanNotDelete"},
                     {"notes", lock.notes},
                     {"owners", lock.owners},
                     {"created", micros(lock.created)},
                     {"createdBy", to_string(lock.created_by)}};
  return json.dump();
}

Bytes encode(const Operation& operation) {
  constexpr std::string_view kStates[] = {"Running", "Succeeded", "Failed"};
  const Json json = {{"v", kVersion},
                     {"id", to_string(operation.id)},
                     {"subscription", to_string(operation.subscription)},
                     {"kind", operation.kind},
                     {"resource", operation.resource},
                     {"caller", to_string(operation.caller)},
                     {"state", kStates[static_cast<std::size_t>(operation.state)]},
                     {"code", operation.code},
                     {"message", operation.message},
                     {"started", micros(operation.started)},
                     {"ended", micros(operation.ended)}};
  return json.dump();
}

Result<Subscription> decode_subscription(TenantId tenant, BytesView row) {
  FH_TRY(auto reader, Reader::of(row));
  Subscription out{.id = {}, .tenant = tenant, .name = {}};
  std::string state;
  reader.id("id", out.id).text("name", out.name).text("state", state).text("parent", out.parent);
  reader.tags("tags", out.tags).texts("unregistered", out.unregistered).lists("tagNames", out.tag_names);
  out.enabled = state == "Enabled";
  if (!reader.ok() || out.id == SubscriptionId{}) return corrupt();
  return out;
}

Result<ManagementGroup> decode_management_group(BytesView row) {
  FH_TRY(auto reader, Reader::of(row));
  ManagementGroup out;
  std::int64_t version = 1;
  reader.text("name", out.name).text("displayName", out.display_name).text("parent", out.parent);
  reader.time("updated", out.updated).id("updatedBy", out.updated_by).number("version", version);
  if (!reader.ok() || out.name.empty() || version < 1) return corrupt();
  out.version = static_cast<std::uint64_t>(version);
  return out;
}

Result<ResourceGroup> decode_group(BytesView row) {
  FH_TRY(auto reader, Reader::of(row));
  ResourceGroup out;
  reader.id("subscription", out.subscription).text("name", out.name).text("location", out.location);
  reader.tags("tags", out.tags).text("managedBy", out.managed_by).id("deletion", out.deletion);
  reader.time("created", out.created).time("changed", out.changed);
  if (!reader.ok() || out.name.empty() || out.subscription == SubscriptionId{}) return corrupt();
  return out;
}

Result<Lock> decode_lock(BytesView row) {
  FH_TRY(auto reader, Reader::of(row));
  Lock out;
  std::string level;
  reader.text("scope", out.scope).text("name", out.name).text("level", level).text("notes", out.notes);
  reader.texts("owners", out.owners).time("created", out.created).id("createdBy", out.created_by);
  // A lock that can't be read must not become a weaker one.
  if (!reader.ok() || out.scope.empty() || out.name.empty()) return corrupt();
  if (level != "ReadOnly" && level != "CanNotDelete") return corrupt();
  out.level = level == "ReadOnly" ? LockLevel::kReadOnly : LockLevel::kCanNotDelete;
  return out;
}

Result<Operation> decode_operation(BytesView row) {
  FH_TRY(auto reader, Reader::of(row));
  Operation out;
  std::string state;
  reader.id("id", out.id).id("subscription", out.subscription).text("kind", out.kind).text("resource", out.resource);
  reader.id("caller", out.caller).text("state", state).text("code", out.code).text("message", out.message);
  reader.time("started", out.started).time("ended", out.ended);
  if (!reader.ok() || out.id == OperationId{}) return corrupt();
  out.state = state == "Running"     ? Operation::State::kRunning
              : state == "Succeeded" ? Operation::State::kSucceeded
                                     : Operation::State::kFailed;
  return out;
}

}  // namespace freehold::resources
