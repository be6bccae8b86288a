#include "src/vault_rules.h"

#include <algorithm>

#include "base/encoding.h"
#include "src/provider_errors.h"

namespace freehold::vault {
namespace {

using provider_errors::bad_request;
using provider_errors::unsupported;

constexpr std::size_t kTagNameBytes = 512;
constexpr std::size_t kTagValueBytes = 256;
constexpr std::string_view kNotHere = "this cloud doesn't have it yet.";

// The result of a reader of members, as the resource manager says it.
template <class T>
ApiResult<T> said(Result<T> result) {
  if (!result) return provider_errors::of(result.error());
  return std::move(*result);
}

template <class Id>
ApiResult<Id> id_member(const Json& object, std::string_view name) {
  FH_TRY(const auto text, said(text_member(object, name)));
  const auto id = text ? parse_guid<Id>(*text) : std::nullopt;
  if (!id) return bad_request("'" + std::string(name) + "' must be a GUID.");
  return *id;
}

ApiResult<PermissionMask> read_mask(const Json& permissions, PermissionKind kind) {
  FH_TRY(const auto* names, said(array_member(permissions, name_of(kind), 64)));
  PermissionMask mask = 0;
  if (names == nullptr) return mask;
  for (const auto& name : *names) {
    const auto bit = name.is_string() ? permission(kind, name.get_ref<const std::string&>()) : std::nullopt;
    if (!bit) return bad_request("there is no such permission for " + std::string(name_of(kind)) + ".");
    mask |= *bit;
  }
  return mask;
}

ApiResult<AccessPolicy> read_policy(const Json& json, TenantId tenant) {
  if (!json.is_object()) return bad_request("an access policy is an object.");
  AccessPolicy policy;
  FH_TRY(policy.tenant, id_member<TenantId>(json, "tenantId"));
  FH_TRY(policy.object, id_member<PrincipalId>(json, "objectId"));
  if (policy.tenant != tenant) return provider_errors::wrong_tenant();
  if (!member(json, "applicationId").is_null()) {
    FH_TRY(policy.application, id_member<PrincipalId>(json, "applicationId"));
  }
  FH_TRY(const auto* permissions, said(object_member(json, "permissions")));
  if (permissions == nullptr) return bad_request("'permissions' of an access policy is required.");
  for (std::size_t i = 0; i < kPermissionKinds; ++i) {
    FH_TRY(policy.may[i], read_mask(*permissions, static_cast<PermissionKind>(i)));
  }
  return policy;
}

bool of_one_principal(const AccessPolicy& a, const AccessPolicy& b) {
  return a.tenant == b.tenant && a.object == b.object && a.application == b.application;
}

ApiResult<std::vector<AccessPolicy>> read_policies(const Json& list, TenantId tenant) {
  std::vector<AccessPolicy> out;
  for (const auto& each : list) {
    FH_TRY(auto policy, read_policy(each, tenant));
    if (std::ranges::any_of(out, [&](const auto& other) { return of_one_principal(other, policy); })) {
      return bad_request("an access policy names a principal that another one names too.");
    }
    out.push_back(std::move(policy));
  }
  return out;
}

ApiResult<> read_ip_rules(const Json& acls, VaultSettings& settings) {
  FH_TRY(const auto* rules, said(array_member(acls, "ipRules", kMaxIpRules)));
  settings.ip_rules.clear();
  if (rules == nullptr) return {};
  for (const auto& rule : *rules) {
    FH_TRY(const auto text, said(text_member(rule, "value", 64)));
    if (!text || !gate::parse_ip_network(*text)) {
      return bad_request("a rule of 'ipRules' is no address and no network in CIDR notation.");
    }
    settings.ip_rules.push_back(*text);
  }
  return {};
}

ApiResult<> read_sku(const Json& properties, const Asked& asked, VaultSettings& settings) {
  FH_TRY(const auto* sku, said(object_member(properties, "sku")));
  if (sku == nullptr) return asked.create ? ApiResult<>(bad_request("'properties.sku' is required.")) : ApiResult<>();
  FH_TRY(const auto family, said(word_member(*sku, "family", {"A"})));
  FH_TRY(const auto name, said(word_member(*sku, "name", {"standard", "premium"})));
  if (!name) return bad_request("'properties.sku.name' is required.");
  settings.sku = *name;
  return {};
}

ApiResult<> read_switches(const Json& properties, const Asked& asked, VaultSettings& settings) {
  FH_TRY(const auto rbac, said(bool_member(properties, "enableRbacAuthorization")));
  if (rbac) settings.rbac = *rbac;
  if (!rbac && asked.create) settings.rbac = asked.api_version >= "2026-02-01";  // Azure's default from then on
  FH_TRY(const auto deployment, said(bool_member(properties, "enabledForDeployment")));
  if (deployment) settings.for_deployment = *deployment;
  FH_TRY(const auto disks, said(bool_member(properties, "enabledForDiskEncryption")));
  if (disks) settings.for_disk_encryption = *disks;
  FH_TRY(const auto templates, said(bool_member(properties, "enabledForTemplateDeployment")));
  if (templates) settings.for_template_deployment = *templates;
  return {};
}

ApiResult<> check_members(const Json& properties) {
  constexpr std::string_view kTaken[] = {"tenantId",
                                         "sku",
                                         "accessPolicies",
                                         "vaultUri",
                                         "enabledForDeployment",
                                         "enabledForDiskEncryption",
                                         "enabledForTemplateDeployment",
                                         "enableSoftDelete",
                                         "softDeleteRetentionInDays",
                                         "enableRbacAuthorization",
                                         "createMode",
                                         "enablePurgeProtection",
                                         "networkAcls",
                                         "publicNetworkAccess",
                                         "provisioningState",
                                         "hsmPoolResourceId",
                                         "privateEndpointConnections"};
  for (const auto& [name, value] : properties.items()) {
    if (std::ranges::find(kTaken, name) == std::end(kTaken)) {
      return bad_request("there is no property '" + name.substr(0, 128) + "' that could be set.");
    }
  }
  const auto& pool = member(properties, "hsmPoolResourceId");
  return pool.is_null() ? ApiResult<>() : ApiResult<>(unsupported("hsmPoolResourceId", kNotHere));
}

}  // namespace

ApiResult<> read_resource_tags(const Json& resource, VaultSettings& settings) {
  FH_TRY(const auto* tags, said(object_member(resource, "tags")));
  settings.tags.clear();
  if (tags == nullptr) return {};
  if (tags->size() > 50) return bad_request("a resource has at most 50 tags.");
  for (const auto& [name, value] : tags->items()) {
    if (!value.is_string() && !value.is_null()) return bad_request("the value of a tag must be a text.");
    auto text = value.is_null() ? std::string() : value.get<std::string>();
    if (name.empty() || name.size() > kTagNameBytes || text.size() > kTagValueBytes) {
      return bad_request("a tag's name has at most 512 characters and its value 256.");
    }
    settings.tags[name] = std::move(text);
  }
  return {};
}

ApiResult<> read_network(const Json& properties, VaultSettings& settings) {
  FH_TRY(const auto open, said(word_member(properties, "publicNetworkAccess", {"Enabled", "Disabled"})));
  if (open) settings.public_network = *open == "Enabled";
  FH_TRY(const auto* acls, said(object_member(properties, "networkAcls")));
  if (acls == nullptr) return {};
  FH_TRY(const auto* networks, said(array_member(*acls, "virtualNetworkRules", 400)));
  if (networks != nullptr && !networks->empty()) return unsupported("networkAcls.virtualNetworkRules", kNotHere);
  FH_TRY(const auto bypass, said(word_member(*acls, "bypass", {"None", "AzureServices"})));
  FH_TRY(const auto fallback, said(word_member(*acls, "defaultAction", {"Allow", "Deny"})));
  settings.network_acls = true;
  if (bypass) settings.bypass = *bypass;
  settings.admits_all = !fallback || *fallback == "Allow";
  return read_ip_rules(*acls, settings);
}

// Once on, protection stays on: nobody can be talked into taking it off.
ApiResult<> read_protection(const Json& properties, const Asked& asked, VaultSettings& settings) {
  FH_TRY(const auto soft, said(bool_member(properties, "enableSoftDelete")));
  if (soft && !*soft) return bad_request("The property \"enableSoftDelete\" can't be set to false.");
  FH_TRY(const auto purge, said(bool_member(properties, "enablePurgeProtection")));
  if (purge && !*purge && !asked.create && settings.purge_protection) {
    return bad_request("The property \"enablePurgeProtection\" cannot be set to false: enabling it can't be undone.");
  }
  if (purge && *purge) settings.purge_protection = true;
  FH_TRY(const auto days, said(number_member(properties, "softDeleteRetentionInDays")));
  if (!days) return {};
  if (*days < kLeastRetentionDays || *days > kMostRetentionDays) {
    return bad_request("The property \"softDeleteRetentionInDays\" must be between 7 and 90.");
  }
  if (!asked.create && *days != settings.retention_days) {
    return bad_request("The property \"softDeleteRetentionInDays\" has been set already and it can't be modified.");
  }
  settings.retention_days = static_cast<int>(*days);
  return {};
}

ApiResult<bool> asks_to_recover(const Json& resource) {
  FH_TRY(const auto mode, said(word_member(member(resource, "properties"), "createMode", {"default", "recover"})));
  return mode && *mode == "recover";
}

ApiResult<VaultSettings> read_vault(VaultSettings settings, const Json& resource, const Asked& asked) {
  FH_CHECK_OK(read_resource_tags(resource, settings));
  FH_TRY(const auto* given, said(object_member(resource, "properties")));
  const Json properties = given == nullptr ? Json::object() : *given;
  FH_CHECK_OK(check_members(properties));
  if (asked.create || !member(properties, "tenantId").is_null()) {
    FH_TRY(const auto tenant, id_member<TenantId>(properties, "tenantId"));
    if (tenant != asked.tenant) return provider_errors::wrong_tenant();
  }
  FH_CHECK_OK(read_sku(properties, asked, settings));
  FH_TRY(const auto* policies, said(array_member(properties, "accessPolicies", kMaxPolicies)));
  if (policies != nullptr) {
    FH_TRY(settings.policies, read_policies(*policies, asked.tenant));
  }
  FH_CHECK_OK(read_protection(properties, asked, settings));
  FH_CHECK_OK(read_switches(properties, asked, settings));
  FH_CHECK_OK(read_network(properties, settings));
  return settings;
}

ApiResult<PolicyChange> policy_change(std::string_view word) {
  if (equals_ignoring_case(word, "add")) return PolicyChange::kAdd;
  if (equals_ignoring_case(word, "replace")) return PolicyChange::kReplace;
  if (equals_ignoring_case(word, "remove")) return PolicyChange::kRemove;
  return bad_request("access policies can be added, replaced and removed: .../accessPolicies/add.");
}

ApiResult<std::vector<AccessPolicy>> change_policies(std::vector<AccessPolicy> has, const Json& body,
                                                     PolicyChange change, TenantId tenant) {
  FH_TRY(const auto* list, said(array_member(member(body, "properties"), "accessPolicies", kMaxPolicies)));
  if (list == nullptr) return bad_request("'properties.accessPolicies' is required.");
  FH_TRY(const auto given, read_policies(*list, tenant));
  for (const auto& policy : given) {
    const auto at = std::ranges::find_if(has, [&](const auto& other) { return of_one_principal(other, policy); });
    if (at == has.end()) {
      if (change != PolicyChange::kRemove) has.push_back(policy);
      continue;
    }
    for (std::size_t i = 0; i < kPermissionKinds; ++i) {
      if (change == PolicyChange::kAdd) at->may[i] |= policy.may[i];
      if (change == PolicyChange::kReplace) at->may[i] = policy.may[i];
      if (change == PolicyChange::kRemove) at->may[i] &= ~policy.may[i];
    }
  }
  std::erase_if(has, [](const auto& policy) { return policy.may == decltype(policy.may){}; });
  if (has.size() > kMaxPolicies) return bad_request("a vault has at most 1024 access policies.");
  return has;
}

}  // namespace freehold::vault
