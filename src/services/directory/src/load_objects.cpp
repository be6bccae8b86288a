#include "src/load_objects.h"

#include "base/secret.h"
#include "src/object_row.h"

namespace freehold::directory {
namespace {

template <class Object>
using Working = std::map<PrincipalId, Object>;

template <class Object, class Decode>
runtime::Task<Result<Working<Object>>> load(keys::SealedRows rows, char prefix, std::size_t most, Decode decode) {
  FH_CO_TRY(const auto stored, co_await rows.load(Bytes(1, prefix), most));
  Working<Object> out;
  for (const auto& row : stored) {
    FH_CO_TRY(auto object, decode(row.key, row.value));
    out.emplace(object.object, std::move(object));
  }
  co_return out;
}

template <class Object>
ObjectMap<Object> shared(Working<Object> objects) {
  ObjectMap<Object> out;
  for (auto& [id, object] : objects) out.emplace_hint(out.end(), id, std::make_shared<const Object>(std::move(object)));
  return out;
}

template <class Object>
Object* find(Working<Object>& objects, BytesView key) {
  const auto id = id_from_bytes<PrincipalId>(key.substr(1));
  const auto at = id ? objects.find(*id) : objects.end();
  return at == objects.end() ? nullptr : &at->second;
}

}  // namespace

runtime::Task<Result<Objects>> load_objects(keys::SealedRows rows, PersonalRows& personal_rows) {
  Objects out;
  FH_CO_TRY(auto users, co_await load<User>(rows, kUserPrefix, kMaxUsers, decode_user));
  FH_CO_TRY(auto devices, co_await load<Device>(rows, kDevicePrefix, kMaxDevices, decode_device));
  FH_CO_TRY(auto sealed, co_await rows.load(Bytes(1, kPersonalPrefix), kMaxUsers + kMaxDevices));
  FH_CO_TRY(const auto personal, co_await personal_rows.open(std::move(sealed)));
  for (const auto& row : personal) {
    auto* user = find(users, row.key);
    auto* device = find(devices, row.key);
    if (user == nullptr && device == nullptr) continue;
    FH_CO_CHECK_OK(decode_personal(row.value, user != nullptr ? user->attributes : device->attributes));
  }
  FH_CO_TRY(auto credentials, co_await rows.load(Bytes(1, kCredentialPrefix), kMaxUsers));
  for (auto& row : credentials) {
    if (auto* user = find(users, row.key)) {
      FH_CO_CHECK_OK(decode_credentials(row.value, *user));
    }
    wipe(row.value);
  }
  out.users = shared(std::move(users));
  out.devices = shared(std::move(devices));
  FH_CO_TRY(auto groups, co_await load<Group>(rows, kGroupPrefix, kMaxGroups, decode_group));
  out.groups = shared(std::move(groups));
  FH_CO_TRY(auto applications,
            co_await load<Application>(rows, kApplicationPrefix, kMaxApplications, decode_application));
  out.applications = shared(std::move(applications));
  FH_CO_TRY(auto principals, co_await load<ServicePrincipal>(rows, kServicePrincipalPrefix, kMaxServicePrincipals,
                                                             decode_service_principal));
  out.principals = shared(std::move(principals));
  FH_CO_TRY(const auto externals, co_await rows.load(Bytes(1, kExternalPrefix), kMaxExternalDirectories));
  for (const auto& row : externals) {
    FH_CO_TRY(auto external, decode_external(row.key, row.value));
    const TenantId id = external.tenant;
    out.externals.emplace(id, std::make_shared<const ExternalDirectory>(std::move(external)));
  }
  co_return out;
}

}  // namespace freehold::directory
