#include "src/item_rules.h"

#include "base/encoding.h"

namespace freehold::vault {
namespace {

using vault_errors::bad_parameter;

constexpr std::int64_t kLastSecond = 253'402'300'799;  // of the year 9999
constexpr std::size_t kTagBytes = 256;

ApiResult<> read_time(const Json& attributes, std::string_view name, std::optional<std::int64_t>& out) {
  FH_TRY(const auto seconds, said(number_member(attributes, name)));
  if (!seconds) return {};
  if (*seconds < 0 || *seconds > kLastSecond) {
    return bad_parameter("'" + std::string(name) + "' must be a time in seconds since 1970.");
  }
  out = *seconds;
  return {};
}

// "Key Vault soft-delete overview", DeletionRecoveryLevel.
std::string recovery_level(const VaultSettings& vault) {
  const std::string front = vault.retention_days < kMostRetentionDays ? "CustomizedRecoverable" : "Recoverable";
  return vault.purge_protection ? front : front + "+Purgeable";
}

Json with_attributes(const VaultCall& call, Json shown, const ItemVersion& version) {
  shown["attributes"] = show_attributes(version.attributes, call.vault->settings);
  if (!version.tags.empty()) shown["tags"] = version.tags;
  if (version.managed) shown["managed"] = true;
  return shown;
}

Json with_deletion(const VaultCall& call, const KindApi& api, Json shown, const ItemHead& head) {
  shown["recoveryId"] = call.origin + "/" + std::string(api.deleted) + "/" + head.name;
  shown["deletedDate"] = head.deleted;
  shown["scheduledPurgeDate"] = head.purge_at;
  return shown;
}

}  // namespace

std::string item_id(const VaultCall& call, const KindApi& api, std::string_view name, std::string_view version) {
  std::string id = call.origin + "/" + std::string(api.collection) + "/" + std::string(name);
  if (!version.empty()) id.append("/").append(version);
  return id;
}

ApiResult<> read_attributes(const Json& body, ItemAttributes& attributes) {
  FH_TRY(const auto* given, said(object_member(body, "attributes")));
  if (given == nullptr) return {};
  FH_TRY(const auto enabled, said(bool_member(*given, "enabled")));
  if (enabled) attributes.enabled = *enabled;
  FH_CHECK_OK(read_time(*given, "nbf", attributes.not_before));
  FH_CHECK_OK(read_time(*given, "exp", attributes.expires));
  if (attributes.not_before && attributes.expires && *attributes.not_before >= *attributes.expires) {
    return bad_parameter("'nbf' must be before 'exp'.");
  }
  return {};
}

ApiResult<> read_tags(const Json& body, std::map<std::string, std::string>& tags) {
  FH_TRY(const auto* given, said(object_member(body, "tags")));
  if (given == nullptr) return {};
  if (given->size() > kMaxItemTags) return bad_parameter("An object has at most 15 tags.");
  tags.clear();
  for (const auto& [name, value] : given->items()) {
    if (!value.is_string() || name.size() > kTagBytes || value.get_ref<const std::string&>().size() > kTagBytes) {
      return bad_parameter("The name and the value of a tag are texts of at most 256 characters.");
    }
    tags[name] = value.get<std::string>();
  }
  return {};
}

Json show_attributes(const ItemAttributes& attributes, const VaultSettings& vault) {
  Json out = {{"enabled", attributes.enabled},
              {"created", attributes.created},
              {"updated", attributes.updated},
              {"recoveryLevel", recovery_level(vault)},
              {"recoverableDays", vault.retention_days}};
  if (attributes.not_before) out["nbf"] = *attributes.not_before;
  if (attributes.expires) out["exp"] = *attributes.expires;
  if (attributes.exportable) out["exportable"] = true;
  return out;
}

Json show_item(const VaultCall& call, const KindApi& api, std::string_view name, const ItemVersion& version) {
  return with_attributes(call, api.show(version, item_id(call, api, name, version.version)), version);
}

Json show_deleted(const VaultCall& call, const KindApi& api, const ItemHead& head) {
  return with_deletion(call, api, show_item(call, api, head.name, head.current), head);
}

Json show_listed(const VaultCall& call, const KindApi& api, const ItemHead& head) {
  return with_attributes(call, api.show_listed(head.current, item_id(call, api, head.name)), head.current);
}

Json show_listed_version(const VaultCall& call, const KindApi& api, std::string_view name, const ItemVersion& version) {
  return with_attributes(call, api.show_listed(version, item_id(call, api, name, version.version)), version);
}

Json show_listed_deleted(const VaultCall& call, const KindApi& api, const ItemHead& head) {
  return with_deletion(call, api, show_listed(call, api, head), head);
}

ApiResult<std::string> name_in(const VaultCall& call) {
  const auto name = call.segment(1);
  if (!is_item_name(name)) return vault_errors::invalid_name(name);
  return std::string(name);
}

ApiResult<std::string> version_in(const VaultCall& call, const KindApi& api) {
  const auto version = call.segment(2);
  if (version.empty() || is_item_version(version)) return to_lower(version);
  return vault_errors::not_found(api.kind, std::string(call.segment(1)) + "/" + std::string(version));
}

ApiResult<PageAsked> page_asked(const VaultCall& call) {
  PageAsked asked;
  if (call.request.has_parameter("maxresults")) {
    const auto limit = parse_u64(call.request.parameter("maxresults"));
    if (!limit || *limit == 0 || *limit > 25) return bad_parameter("maxresults must be between 1 and 25.");
    asked.limit = static_cast<std::uint32_t>(*limit);
  }
  const auto token = call.request.parameter("$skiptoken");
  if (token.empty()) return asked;
  auto from = from_base64url(token);
  if (!from || !is_item_name(*from)) return bad_parameter("$skiptoken is not one of this service's.");
  asked.from = to_lower(*from);
  return asked;
}

Json page_json(const VaultCall& call, const PageAsked& asked, Json items, std::string_view next) {
  Json out = {{"value", std::move(items)}, {"nextLink", nullptr}};
  if (next.empty()) return out;
  out["nextLink"] = call.origin + call.request.path +
                    "?api-version=" + percent_encode(call.request.parameter("api-version")) +
                    "&$skiptoken=" + to_base64url(next) + "&maxresults=" + std::to_string(asked.limit);
  return out;
}

}  // namespace freehold::vault
