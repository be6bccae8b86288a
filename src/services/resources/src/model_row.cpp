#include "src/model_row.h"

#include "base/encoding.h"
#include "store/json_row.h"

namespace freehold::resources {
namespace {

using Json = nlohmann::json;
using store::MemberReader;

constexpr int kVersion = 1;

std::unexpected<Error> corrupt() { return fail(ErrorCode::kCorrupt, "a row of the resource manager is damaged"); }

std::int64_t micros(WallTime time) { return time.time_since_epoch().count(); }

Result<Json> parse(BytesView row) { return store::parse_json_row(row, kVersion, "a row of the resource manager"); }

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
                     {"alias", subscription.alias},
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
                     {"version", group.version},
                     {"deleting", group.deleting ? "yes" : ""}};
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
  FH_TRY(const Json json, parse(row));
  MemberReader reader(json);
  Subscription out{.id = {}, .tenant = tenant, .name = {}};
  std::string state;
  reader.id("id", out.id).take("name", out.name).take("state", state).take("parent", out.parent);
  reader.take("tags", out.tags).take("unregistered", out.unregistered).take("tagNames", out.tag_names);
  if (json.contains("alias")) reader.take("alias", out.alias);
  out.enabled = state == "Enabled";
  if (!reader.ok() || out.id == SubscriptionId{}) return corrupt();
  return out;
}

Result<ManagementGroup> decode_management_group(BytesView row) {
  FH_TRY(const Json json, parse(row));
  MemberReader reader(json);
  ManagementGroup out;
  std::int64_t version = 1;
  reader.take("name", out.name).take("displayName", out.display_name).take("parent", out.parent);
  reader.time("updated", out.updated).id("updatedBy", out.updated_by).take("version", version);
  if (!reader.ok() || out.name.empty() || version < 1) return corrupt();
  out.version = static_cast<std::uint64_t>(version);
  out.deleting = json.contains("deleting") && json["deleting"] == "yes";
  return out;
}

Result<ResourceGroup> decode_group(BytesView row) {
  FH_TRY(const Json json, parse(row));
  MemberReader reader(json);
  ResourceGroup out;
  reader.id("subscription", out.subscription).take("name", out.name).take("location", out.location);
  reader.take("tags", out.tags).take("managedBy", out.managed_by).id("deletion", out.deletion);
  reader.time("created", out.created).time("changed", out.changed);
  if (!reader.ok() || out.name.empty() || out.subscription == SubscriptionId{}) return corrupt();
  return out;
}

Result<Lock> decode_lock(BytesView row) {
  FH_TRY(const Json json, parse(row));
  MemberReader reader(json);
  Lock out;
  std::string level;
  reader.take("scope", out.scope).take("name", out.name).take("level", level).take("notes", out.notes);
  reader.take("owners", out.owners).time("created", out.created).id("createdBy", out.created_by);
  // A lock that can't be read must not become a weaker one.
  if (!reader.ok() || out.scope.empty() || out.name.empty()) return corrupt();
  if (level != "ReadOnly" && level != "CanNotDelete") return corrupt();
  out.level = level == "ReadOnly" ? LockLevel::kReadOnly : LockLevel::kCanNotDelete;
  return out;
}

Result<Operation> decode_operation(BytesView row) {
  FH_TRY(const Json json, parse(row));
  MemberReader reader(json);
  Operation out;
  std::string state;
  reader.id("id", out.id).id("subscription", out.subscription).take("kind", out.kind).take("resource", out.resource);
  reader.id("caller", out.caller).take("state", state).take("code", out.code).take("message", out.message);
  reader.time("started", out.started).time("ended", out.ended);
  if (!reader.ok() || out.id == OperationId{}) return corrupt();
  out.state = state == "Running"     ? Operation::State::kRunning
              : state == "Succeeded" ? Operation::State::kSucceeded
                                     : Operation::State::kFailed;
  return out;
}

}  // namespace freehold::resources
