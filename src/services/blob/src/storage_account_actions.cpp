// What may be asked of storage accounts besides: keys, SAS, names, SKUs, usage.
#include <algorithm>

#include "authn/signing.h"
#include "base/encoding.h"
#include "route/storage_target.h"
#include "src/json_input.h"
#include "src/storage_provider.h"
#include "src/storage_provider_errors.h"

namespace freehold::blob {
namespace {

using gate::resource::ActionAnswer;
using gate::resource::ActionCall;
using provider_errors::invalid_value;
using provider_errors::missing_property;

constexpr std::size_t kKeyBytes = 64;
constexpr std::string_view kSasVersion = "2022-11-02";
constexpr std::size_t kSasFieldBytes = 1'024;

Json show_keys(const AccountRecord& record) {
  Json keys = Json::array();
  for (std::size_t i = 0; i < 2; ++i) {
    keys.push_back({{"keyName", "key" + std::to_string(i + 1)},
                    {"value", to_base64(record.account->keys[i].view())},
                    {"permissions", "FULL"},
                    {"creationTime", rfc3339_ticks(record.keys_created[i])}});
  }
  return {{"keys", std::move(keys)}};
}

// "key1" and "key2" alone: there is no Kerberos here.
ApiResult<std::size_t> read_key_name(const Json& body, std::string_view name, bool needed) {
  FH_TRY(const auto text, text_member(body, name));
  if (!text && needed) return missing_property(name);
  if (!text || equals_ignoring_case(*text, "key1")) return std::size_t{0};
  if (equals_ignoring_case(*text, "key2")) return std::size_t{1};
  return invalid_value(name);
}

// A field of a SAS: what the caller leaves out stays empty. A line feed would make one field of the string that is
// signed into two.
ApiResult<std::string> sas_field(const Json& body, std::string_view name) {
  FH_TRY(auto text, text_member(body, name, kSasFieldBytes));
  if (text && std::ranges::any_of(*text, [](char c) { return static_cast<unsigned char>(c) < ' ' || c == '\x7f'; })) {
    return invalid_value(name);
  }
  return std::move(text).value_or(std::string());
}

ApiResult<std::string> sas_time(const Json& body, std::string_view name) {
  FH_TRY(const auto text, sas_field(body, name));
  if (text.empty()) return text;
  const auto time = parse_iso8601(text);
  if (!time) return invalid_value(name);
  return rfc3339(*time);
}

ApiResult<std::string> letters(const Json& body, std::string_view name, std::string_view known) {
  FH_TRY(auto text, sas_field(body, name));
  if (text.empty()) return missing_property(name);
  if (text.find_first_not_of(known) != text.npos) return invalid_value(name);
  return text;
}

ApiResult<Json> account_sas(const gate::StorageAccount& account, const Json& body) {
  gate::AccountSasFields fields;
  fields.version = kSasVersion;
  FH_TRY(fields.services, letters(body, "signedServices", "bqtf"));
  FH_TRY(fields.resource_types, letters(body, "signedResourceTypes", "sco"));
  FH_TRY(fields.permissions, letters(body, "signedPermission", "rwdxylacuptfi"));
  FH_TRY(fields.ip_range, sas_field(body, "signedIp"));
  FH_TRY(fields.protocol, sas_field(body, "signedProtocol"));
  FH_TRY(fields.start, sas_time(body, "signedStart"));
  FH_TRY(fields.expiry, sas_time(body, "signedExpiry"));
  if (fields.expiry.empty()) return missing_property("signedExpiry");
  FH_TRY(const auto key, read_key_name(body, "keyToSign", false));
  return Json{{"accountSasToken", gate::account_sas_query(fields, account.name, account.keys[key].view())}};
}

ApiResult<gate::ResponseOverrides> read_overrides(const Json& body) {
  gate::ResponseOverrides out;
  FH_TRY(out.cache_control, sas_field(body, "rscc"));
  FH_TRY(out.content_disposition, sas_field(body, "rscd"));
  FH_TRY(out.content_encoding, sas_field(body, "rsce"));
  FH_TRY(out.content_language, sas_field(body, "rscl"));
  FH_TRY(out.content_type, sas_field(body, "rsct"));
  return out;
}

// Of this account's blobs and containers: "/blob/ACCOUNT/CONTAINER[/BLOB]".
ApiResult<std::string> read_resource(const gate::StorageAccount& account, const Json& body) {
  FH_TRY(const auto text, text_member(body, "canonicalizedResource", 2'048));
  if (!text) return missing_property("canonicalizedResource");
  const std::string prefix = "/blob/" + account.name + "/";
  if (!text->starts_with(prefix) || text->size() == prefix.size()) return invalid_value("canonicalizedResource");
  return *text;
}

ApiResult<Json> service_sas(const gate::StorageAccount& account, const Json& body) {
  gate::ResourceSasFields fields;
  fields.version = kSasVersion;
  FH_TRY(const auto resource, read_resource(account, body));
  FH_TRY(fields.resource, sas_field(body, "signedResource"));
  if (fields.resource != "b" && fields.resource != "c") return invalid_value("signedResource");
  FH_TRY(fields.permissions, sas_field(body, "signedPermission"));
  FH_TRY(fields.ip_range, sas_field(body, "signedIp"));
  FH_TRY(fields.protocol, sas_field(body, "signedProtocol"));
  FH_TRY(fields.start, sas_time(body, "signedStart"));
  FH_TRY(fields.expiry, sas_time(body, "signedExpiry"));
  FH_TRY(fields.identifier, sas_field(body, "signedIdentifier"));
  FH_TRY(fields.overrides, read_overrides(body));
  if (fields.identifier.empty() && fields.expiry.empty()) return missing_property("signedExpiry");
  for (const std::string_view name : {"startPk", "endPk", "startRk", "endRk"}) {
    if (!member(body, name).is_null()) return invalid_value(name);  // of tables
  }
  FH_TRY(const auto key, read_key_name(body, "keyToSign", false));
  return Json{{"serviceSasToken", gate::service_sas_query(fields, resource, account.keys[key].view())}};
}

Json show_operation(std::string name, std::string_view resource, std::string_view operation, bool data) {
  return {{"name", std::move(name)},
          {"isDataAction", data},
          {"origin", "user,system"},
          {"display",
           {{"provider", "Microsoft Storage"},
            {"resource", resource},
            {"operation", operation},
            {"description", std::string(operation)}}}};
}

Json operations() {
  const std::string account = "Microsoft.Storage/storageAccounts/";
  const std::string container = account + "blobServices/containers/";
  Json out = Json::array();
  for (const std::string_view verb : {"read", "write", "delete"}) {
    const std::string word(verb);
    out.push_back(show_operation(account + word, "Storage Accounts", word + " a storage account", false));
    out.push_back(show_operation(container + word, "Blob Containers", word + " a container", false));
    out.push_back(show_operation(container + "blobs/" + word, "Blobs", word + " a blob", true));
  }
  for (const std::string_view verb : {"read", "write"}) {
    out.push_back(show_operation(account + "blobServices/" + std::string(verb), "Blob Service",
                                 std::string(verb) + " the blob service's properties", false));
  }
  for (const std::string_view action :
       {"listkeys", "regeneratekey", "listAccountSas", "listServiceSas", "revokeUserDelegationKeys"}) {
    out.push_back(
        show_operation(account + std::string(action) + "/action", "Storage Accounts", std::string(action), false));
  }
  out.push_back(show_operation(account + "blobServices/generateUserDelegationKey/action", "Blob Service",
                               "get a user delegation key", false));
  return {{"value", std::move(out)}};
}

}  // namespace

Task<ApiResult<Json>> StorageAccountProvider::regenerate_key(std::shared_ptr<const AccountRecord> record, Json body) {
  FH_CO_TRY(const auto which, read_key_name(body, "keyName", true));
  Secret key(kKeyBytes);
  parts_.random.fill(key.span());
  const auto name = record->account->name;
  const auto done = co_await parts_.accounts.replace_key(record->account->id, which, std::move(key));
  if (!done) co_return provider_errors::of(done.error());
  const auto now = parts_.accounts.find_record(name);
  if (!now) co_return provider_errors::conflict();
  co_return show_keys(*now);
}

Task<ApiResult<Json>> StorageAccountProvider::revoke_delegation_keys(std::shared_ptr<const AccountRecord> record) {
  const auto done = co_await parts_.accounts.revoke_delegation_keys(record->account->id);
  if (!done) co_return provider_errors::of(done.error());
  co_return Json(nullptr);
}

ApiResult<Json> StorageAccountProvider::check_name(const Json& body) const {
  FH_TRY(const auto name, text_member(body, "name"));
  FH_TRY(const auto type, text_member(body, "type"));
  if (!name) return missing_property("name");
  if (!type || !equals_ignoring_case(*type, "Microsoft.Storage/storageAccounts")) return invalid_value("type");
  if (!gate::is_account_name(*name)) {
    return Json{{"nameAvailable", false},
                {"reason", "AccountNameInvalid"},
                {"message", provider_errors::account_name_invalid(*name).error().message}};
  }
  if (parts_.accounts.is_taken(*name)) {
    return Json{{"nameAvailable", false},
                {"reason", "AlreadyExists"},
                {"message", provider_errors::name_taken(*name).error().message}};
  }
  return Json{{"nameAvailable", true}};
}

Json StorageAccountProvider::skus() const {
  Json out = Json::array();
  for (const auto& sku : place_.skus) {
    for (const std::string_view kind : {"StorageV2", "Storage", "BlobStorage"}) {
      out.push_back({{"resourceType", "storageAccounts"},
                     {"name", sku},
                     {"tier", tier_of_sku(sku)},
                     {"kind", kind},
                     {"locations", Json::array({place_.location})},
                     {"locationInfo", Json::array()},
                     {"capabilities", Json::array()},
                     {"restrictions", Json::array()}});
    }
  }
  return {{"value", std::move(out)}};
}

Json StorageAccountProvider::usages(SubscriptionId subscription, TenantId tenant) const {
  const Json name = {{"value", "StorageAccounts"}, {"localizedValue", "Storage Accounts"}};
  const Json usage = {{"unit", "Count"},
                      {"currentValue", count(subscription, tenant)},
                      {"limit", kAccountsPerSubscription},
                      {"name", name}};
  return {{"value", Json::array({usage})}};
}

Task<ApiResult<ActionAnswer>> StorageAccountProvider::act(ActionCall call) {
  if (call.action == "operations") co_return ActionAnswer{.body = operations()};
  if (call.action == "skus") co_return ActionAnswer{.body = skus()};
  if (call.action == "checkNameAvailability") {
    FH_CO_TRY(auto answer, check_name(call.body));
    co_return ActionAnswer{.body = std::move(answer)};
  }
  if (call.action.ends_with("usages")) {
    const std::string elsewhere = "/locations/";
    const auto at = call.path.find(elsewhere);
    const auto location =
        at == call.path.npos ? "" : call.path.substr(at + elsewhere.size(), place_.location.size() + 1);
    if (at != call.path.npos && !equals_ignoring_case(location, place_.location + "/")) {
      co_return invalid_value("location");
    }
    co_return ActionAnswer{.body = usages(call.id.subscription.value_or(SubscriptionId{}), call.caller.tenant)};
  }
  const auto record = find_account(parts_.accounts, call.id, call.caller.tenant);
  if (!record) {
    const bool named = !call.id.parts.empty() && !call.id.parts.front().names.empty();
    co_return provider_errors::account_not_found(named ? call.id.parts.front().names.front() : "");
  }
  ApiResult<Json> answer = provider_errors::invalid_content("there is no such action.");
  if (call.action == "listKeys") answer = show_keys(*record);
  if (call.action == "ListAccountSas") answer = account_sas(*record->account, call.body);
  if (call.action == "ListServiceSas") answer = service_sas(*record->account, call.body);
  if (call.action == "regenerateKey") answer = co_await regenerate_key(record, std::move(call.body));
  if (call.action == "revokeUserDelegationKeys") answer = co_await revoke_delegation_keys(record);
  if (!answer) co_return std::unexpected(std::move(answer.error()));
  co_return ActionAnswer{.body = std::move(*answer)};
}

}  // namespace freehold::blob
