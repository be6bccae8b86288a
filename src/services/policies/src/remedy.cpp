#include "src/remedy.h"

#include <fmt/format.h>

#include "base/encoding.h"
#include "crypto/digest.h"
#include "src/policy_check.h"
#include "src/related_lookup.h"

namespace freehold::policies {
namespace {

using gate::policy::Compliance;
using gate::policy::Finding;
using gate::resource::ScopeKind;
using http::Method;
using LanguageJson = gate::policy::Json;

constexpr std::string_view kDeployments = "2022-09-01";
constexpr std::string_view kGroups = "2021-04-01";
constexpr std::chrono::milliseconds kFirstLook{100};
constexpr std::chrono::milliseconds kSlowestLook{5'000};
constexpr std::chrono::hours kLongest{2};
constexpr int kMostFetches = 4;

RemedyEnd failed(Json error, std::string deployment = {}) {
  return {.kind = RemedyEnd::Kind::kFailed, .deployment = std::move(deployment), .error = std::move(error)};
}

// As its provider has it; null: there is none.
Task<Result<Json>> read_resource(ScanParts parts, TenantId tenant, ResourceId id, WallTime now) {
  if (id.kind() == ScopeKind::kSubscription) co_return parts.scopes.subscription_json(tenant, *id.subscription);
  if (id.kind() == ScopeKind::kResourceGroup) co_return parts.scopes.group_json(tenant, *id.subscription, id.group);
  const auto* type = parts.registry.find(id.type());
  if (type == nullptr) co_return Json(nullptr);
  const gate::resource::Reading reading{
      .api_version = type->api_versions.front(),
      .caller = {.tenant = tenant, .object = {}, .application = {}, .now = now, .origin = {}}};
  auto found = co_await type->behind->get(std::move(id), reading);
  if (!found) co_return fail(ErrorCode::kUnavailable, "the resource can't be read", found.error().message);
  co_return std::move(*found);
}

// What the finding of a sick resource says is to be done.
Diagnosis prescription(const Finding& finding, const TenantPolicies& policies, Diagnosis out) {
  const auto unknown = [](std::string why) {
    return Diagnosis{.kind = Diagnosis::Kind::kUnknown, .why = std::move(why)};
  };
  const auto assignment = policies.find(Kind::kAssignment, finding.assignment->id);
  if (assignment != nullptr) out.identity = assignment->identity;
  out.kind = Diagnosis::Kind::kSick;
  if (finding.effect == gate::policy::Effect::kDeployIfNotExists) {
    out.deployment = Json(finding.deployment);
    out.at_subscription = finding.deploys_at_subscription;
    out.group = finding.deployment_group.empty() ? out.id.group : finding.deployment_group;
    return out;
  }
  if (finding.effect != gate::policy::Effect::kModify) return Diagnosis{};
  auto after = gate::policy::with_changes(LanguageJson(out.before), finding.changes, finding.definition->aliases());
  if (!after) return unknown(after.error().message);
  out.after = Json(*after);
  return out;
}

// {"properties": {...}} of a deployment as its caller would send it: what a policy may say of one.
Result<Json> deployment_body(const Diagnosis& sick) {
  const auto properties = sick.deployment.is_object() ? sick.deployment.find("properties") : sick.deployment.end();
  if (!sick.deployment.is_object() || properties == sick.deployment.end() || !properties->is_object()) {
    return fail(ErrorCode::kInvalidArgument, "The deployment of the policy has no properties.");
  }
  Json out = {{"properties", {{"mode", "Incremental"}}}};
  for (const auto& [name, value] : properties->items()) {
    const bool known = name == "mode" || name == "template" || name == "parameters";
    if (!known) {
      return fail(ErrorCode::kInvalidArgument,
                  fmt::format("The deployment of a policy has a mode, a template and parameters, and no '{}'.", name));
    }
    out["properties"][name] = value;
  }
  if (!sick.at_subscription) return out;
  const auto location = sick.deployment.find("location");
  if (location == sick.deployment.end()) {
    return fail(ErrorCode::kInvalidArgument, "A deployment at the subscription needs a location.");
  }
  out["location"] = *location;
  return out;
}

Result<std::string> deployment_id(const Diagnosis& sick, const RemedyTask& task) {
  ResourceId scope{.subscription = sick.id.subscription};
  if (!sick.at_subscription) {
    if (sick.group.empty()) {
      return fail(ErrorCode::kInvalidArgument, "The policy doesn't say in which resource group it deploys.");
    }
    scope.group = sick.group;
  }
  return scope.text() + "/providers/Microsoft.Resources/deployments/" + deployment_name(task);
}

std::string state_of(const Json& deployment) {
  const auto properties = deployment.is_object() ? deployment.find("properties") : deployment.end();
  if (!deployment.is_object() || properties == deployment.end() || !properties->is_object()) return {};
  return properties->value("provisioningState", std::string());
}

// To its end.
Task<RemedyEnd> await_deployment(std::string id, AskManager ask, Sleep sleep) {
  auto pause = kFirstLook;
  for (std::chrono::milliseconds waited{0}; waited < kLongest; waited += pause) {
    if (!co_await sleep(pause)) co_return RemedyEnd{.kind = RemedyEnd::Kind::kStopped, .deployment = id};
    pause = std::min(pause * 2, kSlowestLook);
    const auto seen = co_await ask(Method::kGet, id, std::string(kDeployments), nullptr);
    if (seen.may_pass()) continue;
    if (!seen.good()) co_return failed(seen.error(), id);
    const auto state = state_of(seen.body);
    if (state == "Succeeded") co_return RemedyEnd{.deployment = id};
    if (state != "Failed" && state != "Canceled") continue;
    const auto& properties = seen.body["properties"];
    const auto error = properties.find("error");
    co_return failed(error != properties.end() && error->is_object()
                         ? bounded_error(*error)
                         : error_of("DeploymentFailed", "The deployment ended as " + state + "."),
                     id);
  }
  co_return failed(error_of("DeploymentTimedOut", "The deployment lasted too long to be waited for."), id);
}

Task<RemedyEnd> deploy(Diagnosis sick, RemedyTask task, AskManager ask, Sleep sleep) {
  const auto body = deployment_body(sick);
  if (!body) co_return failed(error_of("InvalidTemplateDeployment", body.error().message));
  const auto id = deployment_id(sick, task);
  if (!id) co_return failed(error_of("InvalidTemplateDeployment", id.error().message));
  const auto begun = co_await ask(Method::kPut, *id, std::string(kDeployments), *body);
  const auto error = begun.error();
  // An earlier attempt's, which goes on.
  const bool runs = begun.status == 409 && error["code"] == "DeploymentActive";
  if (begun.may_pass()) co_return RemedyEnd{.kind = RemedyEnd::Kind::kLater};
  if (!begun.good() && !runs) co_return failed(error);
  co_return co_await await_deployment(*id, std::move(ask), std::move(sleep));
}

RemedyEnd end_of(const ManagerAnswer& answer) {
  if (answer.may_pass()) return {.kind = RemedyEnd::Kind::kLater};
  return answer.good() ? RemedyEnd{} : failed(answer.error());
}

// Tags alone take no more than the right to tags.
Task<RemedyEnd> alter_tags(std::string id, Json before, Json after, AskManager ask) {
  Json gone = Json::object();
  Json merged = Json::object();
  for (const auto& [name, value] : before.items()) {
    if (!after.contains(name)) gone[name] = value;
  }
  for (const auto& [name, value] : after.items()) {
    if (!before.contains(name) || before[name] != value) merged[name] = value;
  }
  const auto send = [&](std::string_view operation, Json tags) {
    return ask(Method::kPatch, id + "/providers/Microsoft.Resources/tags/default", std::string(kGroups),
               {{"operation", operation}, {"properties", {{"tags", std::move(tags)}}}});
  };
  if (!merged.empty()) {
    const auto done = end_of(co_await send("Merge", merged));
    if (done.kind != RemedyEnd::Kind::kDone) co_return done;
  }
  if (!gone.empty()) co_return end_of(co_await send("Delete", gone));
  co_return RemedyEnd{};
}

Json tags_of(const Json& resource) {
  const auto at = resource.find("tags");
  return at != resource.end() && at->is_object() ? *at : Json::object();
}

Task<RemedyEnd> alter(Diagnosis sick, AskManager ask) {
  const auto patch = patch_between(sick.before, sick.after);
  if (patch.empty()) {
    co_return failed(error_of("ModifyNotPossible", "The policy's operations don't change the resource."));
  }
  const auto id = sick.id.text();
  if (patch.size() == 1 && patch.contains("tags")) {
    co_return co_await alter_tags(id, tags_of(sick.before), tags_of(sick.after), std::move(ask));
  }
  if (sick.type == nullptr) co_return end_of(co_await ask(Method::kPatch, id, std::string(kGroups), patch));
  const auto version = sick.type->api_versions.front();
  if ((sick.type->verbs & gate::resource::kPatch) != 0) {
    co_return end_of(co_await ask(Method::kPatch, id, version, patch));
  }
  Json whole = sick.after;
  for (const auto* name : {"id", "name", "type", "etag", "systemData"}) whole.erase(name);
  co_return end_of(co_await ask(Method::kPut, id, version, std::move(whole)));
}

}  // namespace

Json error_of(std::string_view code, std::string message) { return {{"code", code}, {"message", std::move(message)}}; }

std::string deployment_name(const RemedyTask& task) {
  const auto digest = crypto::sha256(task.correlation + "\n" + to_lower(task.resource));
  std::uint64_t number = 0;
  for (const char byte : crypto::view(digest).substr(0, 8)) number = number << 8 | static_cast<unsigned char>(byte);
  return fmt::format("PolicyDeployment_{}", number);
}

Json patch_between(const Json& before, const Json& after) {
  Json out = Json::object();
  for (const auto& [name, value] : after.items()) {
    const auto old = before.find(name);
    if (old != before.end() && *old == value) continue;
    const bool inside = old != before.end() && old->is_object() && value.is_object() && name != "tags";
    out[name] = inside ? patch_between(*old, value) : value;
  }
  for (const auto& [name, value] : before.items()) {
    if (!after.contains(name)) out[name] = nullptr;
  }
  return out;
}

Task<Diagnosis> diagnose(ScanParts parts, RemedyTask task) {
  using D = Diagnosis;
  const auto id = gate::resource::parse_resource_id(task.resource);
  if (!id || !id->subscription) co_return D{.kind = D::Kind::kGone};
  const WallTime now = parts.clock.now();
  auto resource = co_await read_resource(parts, task.tenant, *id, now);
  if (!resource) co_return D{.kind = D::Kind::kUnknown, .why = resource.error().message};
  if (resource->is_null()) co_return D{.kind = D::Kind::kGone};
  const auto* type = id->parts.empty() ? nullptr : parts.registry.find(id->type());
  const auto policies = parts.store.state(task.tenant);
  SeenResource seen;
  see_resource(seen, *id, type, *resource, task.tenant, now, parts.tree, parts.scopes);
  RelatedLookup related(parts.registry, parts.scopes, task.tenant, now);
  for (int fetches = 0;; ++fetches) {
    const auto decision = policies->compiled().scan_one(seen.target, &related, task.assignment_id, task.reference_id);
    const auto fetched = co_await related.fetch();
    if (!fetched) co_return D{.kind = D::Kind::kUnknown, .why = fetched.error().message};
    if (*fetched && fetches < kMostFetches) continue;
    for (const auto& finding : decision.findings) {
      if (finding.compliance == Compliance::kError || finding.compliance == Compliance::kConflict) {
        co_return D{.kind = D::Kind::kUnknown, .why = finding.error};
      }
      if (finding.compliance != Compliance::kNonCompliant) continue;
      if (task.enforced_only && !finding.assignment->enforced) continue;
      co_return prescription(finding, *policies, D{.id = *id, .before = std::move(*resource), .type = type});
    }
    co_return D{};
  }
}

Task<RemedyEnd> cure(Diagnosis sick, RemedyTask task, AskManager ask, Sleep sleep) {
  if (sick.deployment.is_null()) co_return co_await alter(std::move(sick), std::move(ask));
  co_return co_await deploy(std::move(sick), std::move(task), std::move(ask), std::move(sleep));
}

}  // namespace freehold::policies
