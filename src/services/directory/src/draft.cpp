#include "src/draft.h"

#include <algorithm>

#include "src/object_row.h"

namespace freehold::directory {
namespace {

constexpr std::size_t kMaxRowBytes = 60'000;  // a value of the store is at most 64 KiB, sealed

}  // namespace

// The last word on a row counts: an object may be put twice in one change.
void Draft::put_row(Bytes key, Bytes value) {
  std::erase(rows_.deletes, key);
  const auto at = std::ranges::find(rows_.puts, key, &store::KeyValue::key);
  if (at != rows_.puts.end()) {
    at->value = std::move(value);
  } else {
    rows_.puts.push_back({std::move(key), std::move(value)});
  }
}

void Draft::delete_row(Bytes key) {
  std::erase_if(rows_.puts, [&key](const store::KeyValue& row) { return row.key == key; });
  rows_.deletes.push_back(std::move(key));
}

void Draft::put(User user) {
  put_row(row_key(kUserPrefix, user.object), encode(user));
  put_row(row_key(kPersonalPrefix, user.object), encode_personal(user));
  put_row(row_key(kCredentialPrefix, user.object), encode_credentials(user));
  objects_.users[user.object] = std::make_shared<const User>(std::move(user));
}

void Draft::put(Group group) {
  put_row(row_key(kGroupPrefix, group.object), encode(group));
  objects_.groups[group.object] = std::make_shared<const Group>(std::move(group));
}

void Draft::put(Device device) {
  put_row(row_key(kDevicePrefix, device.object), encode(device));
  put_row(row_key(kPersonalPrefix, device.object), encode_personal(device));
  objects_.devices[device.object] = std::make_shared<const Device>(std::move(device));
}

void Draft::put(Application application) {
  put_row(row_key(kApplicationPrefix, application.object), encode(application));
  objects_.applications[application.object] = std::make_shared<const Application>(std::move(application));
}

void Draft::put(ServicePrincipal principal) {
  put_row(row_key(kServicePrincipalPrefix, principal.object), encode(principal));
  objects_.principals[principal.object] = std::make_shared<const ServicePrincipal>(std::move(principal));
}

void Draft::put(ExternalDirectory external) {
  const TenantId id = external.tenant;
  put_row(row_key(id), encode(external));
  objects_.externals[id] = std::make_shared<const ExternalDirectory>(std::move(external));
}

void Draft::remove_external(TenantId external) {
  if (objects_.externals.erase(external) != 0) delete_row(row_key(external));
}

void Draft::remove(PrincipalId object) {
  if (objects_.users.erase(object) != 0) {
    for (const char prefix : {kPersonalPrefix, kCredentialPrefix, kUserPrefix}) delete_row(row_key(prefix, object));
  }
  if (objects_.devices.erase(object) != 0) {
    for (const char prefix : {kPersonalPrefix, kDevicePrefix}) delete_row(row_key(prefix, object));
  }
  if (objects_.groups.erase(object) != 0) delete_row(row_key(kGroupPrefix, object));
  if (objects_.applications.erase(object) != 0) delete_row(row_key(kApplicationPrefix, object));
  if (objects_.principals.erase(object) != 0) delete_row(row_key(kServicePrincipalPrefix, object));
  std::vector<Group> left;
  for (const auto& [id, group] : objects_.groups) {
    if (std::ranges::find(group->members, object) == group->members.end()) continue;
    left.push_back(*group);
    std::erase(left.back().members, object);
  }
  for (auto& group : left) put(std::move(group));
}

Result<keys::RowChange> Draft::take_rows() {
  for (const auto& row : rows_.puts) {
    if (row.value.size() > kMaxRowBytes) return fail(ErrorCode::kExhausted, "the object would be too large");
  }
  return std::move(rows_);
}

}  // namespace freehold::directory
