#include "src/deployment_notes.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/encoding.h"
#include "src/arm_errors.h"
#include "src/metadata.h"

namespace freehold::resources {
namespace {

using gate::expression::find_member;

// As .NET calls a status.
std::string status_name(int status) {
  switch (status) {
    case 200:
      return "OK";
    case 201:
      return "Created";
    case 202:
      return "Accepted";
    case 204:
      return "NoContent";
    case 400:
      return "BadRequest";
    case 403:
      return "Forbidden";
    case 404:
      return "NotFound";
    case 409:
      return "Conflict";
    case 503:
      return "ServiceUnavailable";
    default:
      return fmt::format("{}", status);
  }
}

void replace_all(std::string& text, std::string_view what) {
  constexpr std::string_view kMask = "******";
  for (auto at = text.find(what); at != text.npos; at = text.find(what, at + kMask.size())) {
    text.replace(at, what.size(), kMask);
  }
}

void mask(OrderedJson& value, const std::vector<std::string>& secrets) {
  if (value.is_structured()) {
    for (auto& member : value) mask(member, secrets);
  } else if (value.is_string()) {
    for (const auto& secret : secrets) replace_all(value.get_ref<std::string&>(), secret);
  }
}

}  // namespace

OrderedJson error_json(const gate::ApiError& error) { return {{"code", error.code}, {"message", error.message}}; }

OrderedJson failed_error(const OrderedJson& details) {
  return {{"code", "DeploymentFailed"},
          {"message",
           "At least one resource deployment operation failed. Please list deployment operations for details. Please "
           "see https://aka.ms/arm-deployment-operations for usage details."},
          {"details", details}};
}

std::string duration_text(WallTime from, WallTime to) {
  const auto micros = std::chrono::duration_cast<std::chrono::microseconds>(to - from).count();
  return fmt::format("PT{:.3f}S", static_cast<double>(std::max<std::int64_t>(micros, 0)) / 1e6);
}

OrderedJson masked(OrderedJson error, const std::vector<std::string>& secrets) {
  std::vector<std::string> all;
  for (const auto& secret : secrets) {
    all.push_back(secret);
    all.push_back(to_base64(secret));
  }
  // The longest first: one may stand in another.
  std::ranges::sort(all, std::ranges::greater{}, &std::string::size);
  mask(error, all);
  return error;
}

std::vector<std::string> too_many_of(std::vector<DeploymentSummary> all) {
  std::ranges::sort(all, {}, &DeploymentSummary::timestamp);
  std::size_t bytes = 0;
  for (const auto& one : all) bytes += one.bytes;
  std::vector<std::string> out;
  for (const auto& one : all) {
    if (all.size() - out.size() <= kMaxDeployments && bytes <= kMaxScopeBytes) break;
    if (!is_ended(one.state)) continue;
    bytes -= one.bytes;
    out.push_back(one.name);
  }
  return out;
}

bool evaluates_inside(const OrderedJson& body) {
  const auto* properties = find_member(body, "properties");
  if (properties == nullptr) return false;
  const auto* link = find_member(*properties, "templateLink");
  if (link != nullptr && !link->is_null()) return true;
  const auto* options = find_member(*properties, "expressionEvaluationOptions");
  return options != nullptr && equals_ignoring_case(gate::expression::text_member(*options, "scope"), "inner");
}

bool is_source_of(const OrderedJson& source, const OrderedJson& deployment) {
  const auto id = gate::expression::text_member(deployment["properties"], "correlationId");
  return !id.empty() && gate::expression::text_member(source, "correlationId") == id;
}

OrderedJson given_parameters(const OrderedJson& shown) {
  OrderedJson out = OrderedJson::object();
  for (const auto& [name, member] : shown.items()) {
    if (const auto* value = find_member(member, "value")) out[name] = {{"value", *value}};
  }
  return out;
}

OperationNote::OperationNote(const std::string& deployment, std::size_t number, std::string_view kind,
                             const OrderedJson& target, WallTime began)
    : number_(number), began_(began) {
  const auto id = fmt::format("{:016X}", number + 1);
  shown_ = {{"id", fmt::format("{}/operations/{}", deployment, id)},
            {"operationId", id},
            {"properties",
             {{"provisioningOperation", kind},
              {"provisioningState", "Running"},
              {"timestamp", rfc3339_ticks(began)},
              {"duration", "PT0S"},
              {"trackingId", ""},
              {"targetResource", target}}}};
}

void OperationNote::end(int status, const OrderedJson& error, WallTime now) {
  OrderedJson& properties = shown_["properties"];
  properties["provisioningState"] = error.is_null() ? "Succeeded" : "Failed";
  properties["timestamp"] = rfc3339_ticks(now);
  properties["duration"] = duration_text(began_, now);
  properties["statusCode"] = status_name(status);
  if (!error.is_null()) properties["statusMessage"] = {{"status", "Failed"}, {"error", error}};
}

}  // namespace freehold::resources
