#include "src/log_lines.h"

#include "base/encoding.h"
#include "src/activity_json.h"

namespace freehold::insights {
namespace {

constexpr std::string_view kSystemJob = "SystemJob";
constexpr std::string_view kSchema = "1.0";

// A record's members, all of them texts or numbers.
struct Record {
  Json json;
  [[nodiscard]] std::string text(const char* name) const {
    const auto at = json.find(name);
    return at != json.end() && at->is_string() ? at->get<std::string>() : std::string();
  }
  [[nodiscard]] std::uint64_t number(const char* name) const {
    const auto at = json.find(name);
    return at != json.end() && at->is_number_unsigned() ? at->get<std::uint64_t>() : 0;
  }
};

std::string upper(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  }
  return out;
}

// "2026-11-22T17:..." to "2026112217".
std::string hour_of(std::string_view time) {
  std::string out(time.substr(0, 4));
  for (const std::size_t at : {5, 8, 11}) out += time.substr(at, 2);
  return out;
}

// Names stand in a record as they were decoded, but for what would make two of them read the same: that is encoded
// already.
std::string url_path(std::string_view path) { return percent_encode(path, "/%?=:&"); }

std::string first_segment(const std::string& resource) {
  return resource.empty() ? std::string() : resource.substr(1, resource.find('/', 1) - 1);
}
// Behind the first segment, which is the account or the vault: "/box/a.txt".
std::string_view behind_owner(std::string_view resource) {
  const auto at = resource.find('/', 1);
  return at == resource.npos ? std::string_view() : resource.substr(at);
}

std::string_view storage_identity(std::string_view credential) {
  if (credential == "SharedKey" || credential == "SharedKeyLite") return "AccountKey";
  if (credential == "AccountSas" || credential == "ServiceSas") return "SAS";
  if (credential == "UserDelegationSas") return "DelegationSas";
  if (credential == "Bearer" || credential == "OnBehalf") return "OAuth";
  if (credential == "Anonymous" || credential == "Preflight") return "Anonymous";
  return credential;
}

bool succeeded(std::uint64_t status) { return status >= 200 && status < 400; }

void add_pseudonym(Json& out, const char* name, std::string value) {
  if (!value.empty()) out[name] = std::move(value);
}

Json storage_json(const Record& record, const LoggedOperation& operation, const LineFrame& frame) {
  const auto status = record.number("status");
  const auto resource = record.text("resource");
  const auto account = first_segment(resource);
  Json identity = {{"type", storage_identity(record.text("credential"))}};
  add_pseudonym(identity, "pseudonym", record.text("caller"));
  Json properties = {{"accountName", account},
                     {"serviceType", "blob"},
                     {"objectKey", resource},
                     {"requestBodySize", record.number("bytesIn")},
                     {"responseBodySize", record.number("bytesOut")}};
  add_pseudonym(properties, "callerAddressPseudonym", record.text("address"));
  const auto reason = record.text("reason");
  return {{"schemaVersion", kSchema},
          {"operationName", operation.name},
          {"statusCode", status},
          {"statusText", succeeded(status) ? "Success" : reason},
          {"identity", std::move(identity)},
          {"properties", std::move(properties)},
          {"uri", "https://" + account + frame.blob_suffix + url_path(behind_owner(resource))},
          {"resourceType", "Microsoft.Storage/storageAccounts/blobServices"}};
}

Json vault_json(const Record& record, const LoggedOperation& operation, const LineFrame& frame) {
  const auto status = record.number("status");
  const auto resource = record.text("resource");
  const auto vault = first_segment(resource);
  const std::string url = "https://" + vault + frame.vault_suffix + url_path(behind_owner(resource));
  Json identity = Json::object();
  add_pseudonym(identity, "pseudonym", record.text("caller"));
  Json properties = {{"id", url}, {"requestUri", url}, {"httpStatusCode", status}};
  add_pseudonym(properties, "callerAddressPseudonym", record.text("address"));
  return {{"operationName", operation.name},
          {"resultType", succeeded(status) ? "Success" : "Failed"},
          {"resultSignature", reason_of(static_cast<int>(status))},
          {"resultDescription", record.text("reason")},
          {"identity", std::move(identity)},
          {"properties", std::move(properties)}};
}

// The texts are valid UTF-8 or are made so: a line is never lost to what a name holds.
Bytes line_text(const Json& json) {
  auto out = json.dump(-1, ' ', false, Json::error_handler_t::replace);
  out.push_back('\n');
  return out;
}

struct Outcome {
  std::string_view type;
  std::string_view word;
};
Outcome outcome_of(const ActivityEvent& event) {
  const auto status = status_of(event);
  if (status == "Started") return {"Start", "Started"};
  if (status == "Accepted") return {"Accept", "Accepted"};
  return status == "Succeeded" ? Outcome{"Success", "Succeeded"} : Outcome{"Failure", "Failed"};
}

}  // namespace

// In canonical text no member's name can stand inside a value: quotes are escaped there.
std::string_view owner_of(BytesView record) {
  constexpr std::string_view kMember = "\"resource\":\"/";
  const auto at = record.find(kMember);
  if (at == record.npos) return {};
  const auto rest = record.substr(at + kMember.size());
  return rest.substr(0, std::min(rest.find('/'), rest.find('"')));
}

std::optional<LogLine> line_of(BytesView text, LogSource source, const LoggedOperations& operations,
                               const LineFrame& frame) {
  const Record record{Json::parse(text, nullptr, /*allow_exceptions=*/false)};
  if (!record.json.is_object()) return std::nullopt;
  const auto* operation = operations.find(record.text("operation"));
  const auto time = parse_iso8601(record.text("time"));
  // What the cloud does of itself is nobody's request; of what was only begun another record tells how it ended.
  const bool unseen = operation == nullptr || (record.text("credential") == kSystemJob && !operation->by_service);
  if (unseen || operation->source != source || !time || record.number("status") == 0) return std::nullopt;
  Json json =
      source == LogSource::kBlob ? storage_json(record, *operation, frame) : vault_json(record, *operation, frame);
  const auto shown = rfc3339_ticks(*time);
  json["time"] = shown;
  json["resourceId"] = frame.resource;
  json["category"] = operation->category;
  json["correlationId"] = record.text("request");
  json["location"] = frame.location;
  return LogLine{.category = std::string(operation->category), .hour = hour_of(shown), .text = line_text(json)};
}

// The same parts as the API shows, but for names: an erasure reaches no blob.
LogLine line_of(const ActivityEvent& event, const LineFrame& frame) {
  const Json shown = event_json(event, frame.tenant, to_string(event.caller));
  const auto result = outcome_of(event);
  const std::string time = rfc3339_ticks(event.time);
  std::string signature = std::string(result.word) + ".";
  if (event.ended) signature += reason_of(event.status);
  const std::string category = shown["category"]["value"].get<std::string>();
  const Json json = {{"time", time},
                     {"resourceId", upper(event.resource)},
                     {"correlationId", event.correlation},
                     {"operationName", upper(event.operation)},
                     {"category", category},
                     {"resultType", result.type},
                     {"resultSignature", signature},
                     {"level", result.type == "Failure" ? "Error" : "Information"},
                     {"identity", {{"authorization", shown["authorization"]}, {"claims", shown["claims"]}}},
                     {"location", "global"},
                     {"properties", shown["properties"]},
                     {"tenantId", to_string(frame.tenant)}};
  return {.category = category, .hour = hour_of(time), .text = line_text(json)};
}

std::string blob_name(std::string_view resource, std::string_view hour, unsigned part) {
  std::string out = "resourceId=" + upper(resource);
  out.append("/y=").append(hour.substr(0, 4)).append("/m=").append(hour.substr(4, 2));
  out.append("/d=").append(hour.substr(6, 2)).append("/h=").append(hour.substr(8, 2)).append("/m=00/PT1H");
  if (part > 0) out += "_" + std::to_string(part);
  return out + ".json";
}

}  // namespace freehold::insights
