#include "src/external_provider.h"

#include <algorithm>

#include "base/encoding.h"
#include "resource/refusal.h"

namespace freehold::directory {
namespace {

using gate::ApiResult;
using gate::resource::ActionAnswer;
using gate::resource::ApprovedChange;
using gate::resource::Json;

using gate::resource::refuse;
using gate::resource::ResourceId;
using gate::resource::Written;

constexpr std::string_view kProvider = "Microsoft.AzureActiveDirectory";
constexpr std::string_view kType = "b2cDirectories";
constexpr std::size_t kMaxLabel = 27;  // Azure's, of what stands before .onmicrosoft.com

// "customers.freehold.localhost": one label before the region's domain.
bool is_domain(std::string_view name, std::string_view domain) {
  if (!name.ends_with(domain) || name.size() <= domain.size() + 1) return false;
  const auto label = name.substr(0, name.size() - domain.size());
  if (!label.ends_with('.') || label.size() - 1 > kMaxLabel) return false;
  const auto good = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); };
  return label.front() >= 'a' && label.front() <= 'z' && std::ranges::all_of(label.substr(0, label.size() - 1), good);
}

ApiResult<> check_members(const Json& json, std::span<const std::string_view> known, std::string_view what) {
  if (json.is_null()) return {};
  if (!json.is_object()) return refuse(400, "InvalidRequestContent", gate::resource::quoted(what) + " is no object.");
  for (const auto& [name, value] : json.items()) {
    if (std::ranges::find(known, name) == known.end()) {
      return refuse(400, "InvalidRequestContent",
                    "There is no " + gate::resource::quoted(name) + " in " + gate::resource::quoted(what) + ".");
    }
  }
  return {};
}

const Json& member(const Json& json, const char* name) {
  static const Json kNull;
  const auto at = json.is_object() ? json.find(name) : json.end();
  return json.is_object() && at != json.end() ? *at : kNull;
}

std::string text(const Json& json, const char* name) {
  const Json& value = member(json, name);
  return value.is_string() ? value.get<std::string>() : std::string();
}

// Which sku says nothing here: it is kept, as clients send it.
ApiResult<std::string> sku_of(const Json& resource) {
  constexpr std::string_view kNames[] = {"Standard", "PremiumP1", "PremiumP2"};
  constexpr std::string_view kKnown[] = {"name", "tier"};
  const Json& sku = member(resource, "sku");
  FH_CHECK_OK(check_members(sku, kKnown, "sku"));
  auto name = text(sku, "name");
  const auto tier = text(sku, "tier");
  if (std::ranges::find(kNames, name) == std::end(kNames) || (!tier.empty() && tier != "A0")) {
    return refuse(400, "InvalidSku", "The sku is Standard, PremiumP1 or PremiumP2, of tier A0.");
  }
  return name;
}

std::map<std::string, std::string> tags_of(const Json& resource) {
  std::map<std::string, std::string> out;
  const Json& tags = member(resource, "tags");
  if (!tags.is_object()) return out;
  for (const auto& [name, value] : tags.items()) out[name] = value.is_string() ? value.get<std::string>() : "";
  return out;
}

ApiResult<> check_shape(const Json& resource) {
  constexpr std::string_view kMembers[] = {"id", "name", "type", "location", "sku", "properties", "tags", "systemData"};
  constexpr std::string_view kProperties[] = {"createTenantProperties", "tenantId"};
  constexpr std::string_view kCreate[] = {"displayName", "countryCode"};
  FH_CHECK_OK(check_members(resource, kMembers, "resource"));
  const Json& properties = member(resource, "properties");
  FH_CHECK_OK(check_members(properties, kProperties, "properties"));
  return check_members(member(properties, "createTenantProperties"), kCreate, "createTenantProperties");
}

// What a directory is called and where its country is, is said when it is made.
ApiResult<> read_creation(const Json& resource, ExternalDirectory& out) {
  const Json& create = member(member(resource, "properties"), "createTenantProperties");
  out.display_name = text(create, "displayName");
  out.country = text(create, "countryCode");
  const auto letter = [](char c) { return c >= 'A' && c <= 'Z'; };
  const bool named =
      !out.display_name.empty() && out.display_name.size() <= kMaxNameBytes && is_valid_utf8(out.display_name);
  if (named && out.country.size() == 2 && std::ranges::all_of(out.country, letter)) return {};
  return refuse(400, "InvalidRequestContent",
                "'properties.createTenantProperties' has a displayName and a countryCode of two capital letters.");
}

ApiResult<> check_same_creation(const Json& resource, const ExternalDirectory& present) {
  const Json& create = member(member(resource, "properties"), "createTenantProperties");
  if (!create.is_object()) return {};
  ExternalDirectory said;
  FH_CHECK_OK(read_creation(resource, said));
  if (said.display_name == present.display_name && said.country == present.country) return {};
  return refuse(400, "PropertyChangeNotAllowed", "'createTenantProperties' of a directory that is there can't change.");
}

Json show(const ExternalDirectory& external) {
  return {{"id", external.resource},
          {"name", external.domain},
          {"type", std::string(kProvider) + "/" + std::string(kType)},
          {"location", external.location},
          {"tags", external.tags},
          {"sku", {{"name", external.sku}, {"tier", "A0"}}},
          {"properties", {{"tenantId", to_string(external.tenant)}}}};
}

gate::resource::Refusal refused(const Error& error, std::string_view domain) {
  switch (error.code) {
    case ErrorCode::kConflict:
      return refuse(409, "Conflict", "The directory " + gate::resource::quoted(domain) + ": " + error.message + ".");
    case ErrorCode::kExhausted:
      return refuse(409, "QuotaExceeded", "There are as many directories as there may be: " + error.message + ".");
    case ErrorCode::kInvalidArgument:
      return refuse(400, "InvalidAdministrator", "The directory has no administrator: " + error.message + ".");
    default:
      return gate::resource::refuse_for(error);
  }
}

}  // namespace

void ExternalProvider::add_types(gate::resource::Registry& registry) {
  using Action = gate::resource::ResourceAction;
  registry.add({.provider = std::string(kProvider),
                .type = std::string(kType),
                .api_versions = {"2023-05-17-preview", "2023-01-18-preview", "2021-04-01", "2020-05-01-preview",
                                 "2019-01-01-preview"},
                .actions = {{.name = "checkNameAvailability",
                             .at = Action::At::kSubscription,
                             .action = "Microsoft.AzureActiveDirectory/b2cDirectories/read"}},
                .residency = gate::resource::Residency::kGeo,
                .behind = this});
}

std::shared_ptr<const ExternalDirectory> ExternalProvider::find(TenantId tenant, const ResourceId& id) const {
  for (auto& external : directories_.of(tenant)) {
    const auto own = gate::resource::parse_resource_id(external->resource);
    if (own && key_of(*own) == key_of(id)) return std::move(external);
  }
  return nullptr;
}

Task<ApiResult<Json>> ExternalProvider::get(ResourceId id, gate::resource::Reading reading) {
  const auto found = find(reading.caller.tenant, id);
  co_return found ? show(*found) : Json(nullptr);
}

Task<ApiResult<std::vector<Json>>> ExternalProvider::list(const gate::resource::ResourceType&,
                                                          gate::resource::ListScope scope, gate::resource::Reading) {
  std::vector<Json> out;
  for (const auto& external : directories_.of(scope.tenant)) {
    const auto id = gate::resource::parse_resource_id(external->resource);
    const bool here = id && id->subscription == scope.subscription &&
                      (scope.group.empty() || equals_ignoring_case(id->group, scope.group));
    if (here) out.push_back(show(*external));
  }
  co_return out;
}

Task<ApiResult<Written>> ExternalProvider::put(ApprovedChange change) {
  const auto& caller = change->caller;
  const auto there = find(caller.tenant, change->id);
  FH_CO_CHECK_OK(check_conditions(*change, there != nullptr));
  FH_CO_CHECK_OK(check_shape(change->after));
  FH_CO_TRY(auto sku, sku_of(change->after));
  if (there) {
    FH_CO_CHECK_OK(check_same_creation(change->after, *there));
    ExternalDirectory next = *there;
    next.sku = std::move(sku);
    next.tags = tags_of(change->after);
    const auto done = co_await directories_.change(next);
    if (!done) co_return refused(done.error(), next.domain);
    co_return Written{.status = 200, .resource = show(next)};
  }
  const std::string domain = to_lower(change->id.name());
  if (!is_domain(domain, domain_)) {
    co_return refuse(400, "InvalidResourceName",
                     gate::resource::quoted(change->id.name()) +
                         " is no name of a directory: one of at most 27 letters and digits before '." + domain_ + "'.");
  }
  ExternalDirectory wanted{.tenant = {},
                           .resource = change->id.text(),
                           .domain = domain,
                           .display_name = {},
                           .country = {},
                           .sku = std::move(sku),
                           .location = text(change->after, "location"),
                           .tags = tags_of(change->after),
                           .administrator = {caller.tenant, caller.object},
                           .created = caller.now};
  FH_CO_CHECK_OK(read_creation(change->after, wanted));
  const auto made = co_await directories_.make(std::move(wanted));
  if (!made) co_return refused(made.error(), domain);
  co_return Written{.status = 201, .resource = show(**made)};
}

Task<ApiResult<Written>> ExternalProvider::remove(ApprovedChange change) {
  const auto there = find(change->caller.tenant, change->id);
  FH_CO_CHECK_OK(check_conditions(*change, there != nullptr));
  if (!there) co_return Written{.status = 204};
  const auto done = co_await directories_.remove(there);
  if (!done) co_return refused(done.error(), there->domain);
  co_return Written{.status = 200};
}

Task<ApiResult<ActionAnswer>> ExternalProvider::act(gate::resource::ActionCall call) {
  if (call.action != "checkNameAvailability") co_return refuse(404, "NotFound", "There is no such action.");
  const std::string name = to_lower(text(call.body, "name"));
  Json answer = {{"nameAvailable", true}};
  if (!is_domain(name, domain_)) {
    answer = {{"nameAvailable", false}, {"reason", "Invalid"}, {"message", "It is no name under " + domain_ + "."}};
  } else if (directories_.find(name)) {
    answer = {{"nameAvailable", false}, {"reason", "AlreadyExists"}, {"message", "The name is taken."}};
  }
  co_return ActionAnswer{.status = 200, .body = std::move(answer)};
}

}  // namespace freehold::directory
