#include "src/vault_row.h"

#include "base/encoding.h"
#include "base/limits.h"
#include "src/json_input.h"
#include "store/json_row.h"

namespace freehold::vault {
namespace {

using store::MemberReader;

constexpr int kVersion = 1;

std::unexpected<Error> corrupt() { return fail(ErrorCode::kCorrupt, "a vault's row is damaged"); }

std::int64_t micros(WallTime time) { return time.time_since_epoch().count(); }

Json policies_json(const std::vector<AccessPolicy>& policies) {
  Json out = Json::array();
  for (const auto& policy : policies) {
    Json one = {{"tenant", to_string(policy.tenant)}, {"object", to_string(policy.object)}, {"may", policy.may}};
    if (policy.application != PrincipalId{}) one["application"] = to_string(policy.application);
    out.push_back(std::move(one));
  }
  return out;
}

Json settings_json(const VaultSettings& s) {
  return {{"location", s.location},
          {"tags", s.tags},
          {"sku", s.sku},
          {"policies", policies_json(s.policies)},
          {"rbac", s.rbac},
          {"purgeProtection", s.purge_protection},
          {"retentionDays", s.retention_days},
          {"forDeployment", s.for_deployment},
          {"forDiskEncryption", s.for_disk_encryption},
          {"forTemplateDeployment", s.for_template_deployment},
          {"publicNetwork", s.public_network},
          {"networkAcls", s.network_acls},
          {"admitsAll", s.admits_all},
          {"bypass", s.bypass},
          {"ipRules", s.ip_rules}};
}

bool read_policies(const Json& settings, std::vector<AccessPolicy>& out) {
  const auto& list = member(settings, "policies");
  if (!list.is_array()) return list.is_null();
  for (const auto& each : list) {
    if (!each.is_object()) return false;
    AccessPolicy policy;
    MemberReader reader(each);
    reader.id("tenant", policy.tenant).id("object", policy.object).id("application", policy.application);
    reader.take("may", policy.may);
    if (!reader.ok()) return false;
    out.push_back(std::move(policy));
  }
  return true;
}

bool read_settings(const Json& json, VaultSettings& s) {
  if (!json.is_object()) return false;
  MemberReader reader(json);
  reader.take("location", s.location).take("tags", s.tags).take("sku", s.sku).take("rbac", s.rbac);
  reader.take("purgeProtection", s.purge_protection).take("retentionDays", s.retention_days);
  reader.take("forDeployment", s.for_deployment).take("forDiskEncryption", s.for_disk_encryption);
  reader.take("forTemplateDeployment", s.for_template_deployment).take("publicNetwork", s.public_network);
  reader.take("networkAcls", s.network_acls).take("admitsAll", s.admits_all).take("bypass", s.bypass);
  reader.take("ipRules", s.ip_rules);
  return reader.ok() && read_policies(json, s.policies);
}

Json pool_json(const PoolSettings& pool) {
  Json administrators = Json::array();
  for (const auto& each : pool.administrators) administrators.push_back(to_string(each));
  return {{"administrators", std::move(administrators)},
          {"activated", pool.activated},
          {"keysByArm", pool.keys_by_arm},
          {"token", pool.token},
          {"secondPlace", pool.second_place},
          {"secrets", to_base64(pool.wrapped_secrets)}};
}

bool read_pool(const Json& json, std::optional<PoolSettings>& out) {
  if (json.is_null()) return true;
  if (!json.is_object()) return false;
  PoolSettings pool;
  std::vector<std::string> administrators;
  std::string secrets;
  MemberReader reader(json);
  reader.take("administrators", administrators).take("activated", pool.activated);
  reader.take("keysByArm", pool.keys_by_arm).take("secrets", secrets);
  reader.take("token", pool.token).take("secondPlace", pool.second_place);
  auto wrapped = from_base64(secrets);
  if (!reader.ok() || !wrapped) return false;
  for (const auto& each : administrators) {
    const auto id = parse_guid<PrincipalId>(each);
    if (!id) return false;
    pool.administrators.push_back(*id);
  }
  pool.wrapped_secrets = std::move(*wrapped);
  out = std::move(pool);
  return true;
}

std::string_view name_of(VaultState state) {
  switch (state) {
    case VaultState::kActive:
      return "active";
    case VaultState::kDeleted:
      return "deleted";
    case VaultState::kPurging:
      return "purging";
  }
  return "";
}

}  // namespace

bool fits_row(const Vault& vault) { return encode_vault(vault).size() <= limits::kInlineContentBytes; }

bool leaves_room(const Vault& vault) {
  Vault bare = vault;
  bare.wrapped_key.clear();
  if (bare.pool) {
    bare.pool->token.clear();
    bare.pool->wrapped_secrets.clear();
  }
  return encode_vault(bare).size() + kRowRoom <= limits::kInlineContentBytes;
}

Bytes encode_vault(const Vault& vault) {
  Json json = {{"v", kVersion},
               {"id", to_string(vault.id)},
               {"tenant", to_string(vault.tenant)},
               {"name", vault.name},
               {"subscription", to_string(vault.subscription)},
               {"group", vault.resource_group},
               {"settings", settings_json(vault.settings)},
               {"created", micros(vault.created)},
               {"updated", micros(vault.updated)},
               {"createdBy", to_string(vault.created_by)},
               {"updatedBy", to_string(vault.updated_by)},
               {"state", name_of(vault.state)},
               {"deleted", micros(vault.deleted)},
               {"purgeAt", micros(vault.purge_at)},
               {"key", to_base64(vault.wrapped_key)},
               {"erasure", to_string(vault.erasure)}};
  if (vault.pool) json["pool"] = pool_json(*vault.pool);
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

Result<Vault> decode_vault(BytesView row) {
  FH_TRY(const Json json, store::parse_json_row(row, kVersion, "a vault's row"));
  Vault vault;
  std::string state;
  std::string key;
  MemberReader reader(json);
  reader.id("id", vault.id).id("tenant", vault.tenant).take("name", vault.name);
  reader.id("subscription", vault.subscription).take("group", vault.resource_group);
  reader.time("created", vault.created).time("updated", vault.updated);
  reader.id("createdBy", vault.created_by).id("updatedBy", vault.updated_by);
  reader.time("deleted", vault.deleted).time("purgeAt", vault.purge_at).take("state", state).take("key", key);
  reader.id("erasure", vault.erasure);
  auto wrapped = from_base64(key);
  if (!reader.ok() || !wrapped || !read_settings(member(json, "settings"), vault.settings) ||
      !read_pool(member(json, "pool"), vault.pool)) {
    return corrupt();
  }
  vault.wrapped_key = std::move(*wrapped);
  bool known = false;
  for (const auto each : {VaultState::kActive, VaultState::kDeleted, VaultState::kPurging}) {
    if (name_of(each) != state) continue;
    vault.state = each;
    known = true;
  }
  if (!known || !is_vault_name(vault.name)) return corrupt();
  return vault;
}

}  // namespace freehold::vault
