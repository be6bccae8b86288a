#include "src/log_categories.h"

#include <algorithm>
#include <array>

#include "base/encoding.h"

namespace freehold::insights {
namespace {

constexpr LogCategory kBlobCategories[] = {{"StorageRead", true}, {"StorageWrite", true}, {"StorageDelete", true}};
constexpr LogCategory kVaultCategories[] = {{"AuditEvent", true}};
constexpr LogCategory kActivityCategories[] = {{"Administrative", false}};
constexpr std::string_view kBlobMetrics[] = {"Capacity", "Transaction"};
constexpr std::string_view kVaultMetrics[] = {"AllMetrics"};

struct LoggedName {
  std::string_view ours;
  std::string_view logged;
};
// "Storage Analytics logged operations": where it isn't the operation's own name.
constexpr LoggedName kBlobNames[] = {
    {"CreateAppendBlob", "PutBlob"},
    {"CreatePageBlob", "PutBlob"},
    {"PreflightBlobRequest", "BlobPreflightRequest"},
    {"GetPageRanges", "GetPageRegions"},
    {"GetContainerAcl", "GetContainerACL"},
    {"SetContainerAcl", "SetContainerACL"},
};
// What the rule in vault_operation() doesn't give.
constexpr LoggedName kVaultNames[] = {
    {"Encrypt", "KeyEncrypt"},
    {"Decrypt", "KeyDecrypt"},
    {"WrapKey", "KeyWrap"},
    {"UnwrapKey", "KeyUnwrap"},
    {"WrapAccountKey", "KeyWrap"},
    {"UnwrapAccountKey", "KeyUnwrap"},
    {"Sign", "KeySign"},
    {"Verify", "KeyVerify"},
    {"Release", "KeyRelease"},
    {"GetKeyRotationPolicy", "KeyRotationPolicyGet"},
    {"UpdateKeyRotationPolicy", "KeyRotationPolicySet"},
    {"GetKeyAttestation", "KeyGet"},
    {"GetRandomBytes", "RandomBytesGet"},
    {"GetCertificatePolicy", "CertificatePolicyGet"},
    {"UpdateCertificatePolicy", "CertificatePolicyUpdate"},
    {"GetCertificateOperation", "CertificatePendingGet"},
    {"UpdateCertificateOperation", "CertificatePendingUpdate"},
    {"DeleteCertificateOperation", "CertificatePendingDelete"},
    {"MergeCertificate", "CertificatePendingMerge"},
    {"GetCertificateContacts", "CertificateContactsGet"},
    {"SetCertificateContacts", "CertificateContactsSet"},
    {"DeleteCertificateContacts", "CertificateContactsDelete"},
    {"GetCertificateIssuers", "CertificateIssuersList"},
    {"GetCertificateIssuer", "CertificateIssuerGet"},
    {"SetCertificateIssuer", "CertificateIssuerSet"},
    {"UpdateCertificateIssuer", "CertificateIssuerUpdate"},
    {"DeleteCertificateIssuer", "CertificateIssuerDelete"},
};
// Jobs that are uses of a vault's keys by other services.
constexpr std::string_view kServiceUses[] = {"WrapAccountKey", "UnwrapAccountKey"};
constexpr std::string_view kVaultKinds[] = {"Secret", "Key", "Certificate"};
constexpr std::string_view kVaultVerbs[] = {"Get",    "Set",     "Create",  "Import", "Update", "Delete",
                                            "Backup", "Restore", "Recover", "Purge",  "Rotate", "List"};

}  // namespace

std::optional<LogSource> source_of(const gate::resource::ResourceId& id) {
  if (id.kind() == gate::resource::ScopeKind::kSubscription) return LogSource::kActivity;
  if (id.kind() != gate::resource::ScopeKind::kResource || id.parts.size() != 1) return std::nullopt;
  const auto type = id.type();
  if (equals_ignoring_case(type, "Microsoft.KeyVault/vaults")) return LogSource::kVault;
  const bool blob = equals_ignoring_case(type, "Microsoft.Storage/storageAccounts/blobServices");
  if (blob && equals_ignoring_case(id.name(), "default")) return LogSource::kBlob;
  return std::nullopt;
}

std::span<const LogCategory> categories_of(LogSource source) {
  switch (source) {
    case LogSource::kBlob:
      return kBlobCategories;
    case LogSource::kVault:
      return kVaultCategories;
    case LogSource::kActivity:
      return kActivityCategories;
  }
  return {};
}

std::span<const std::string_view> metrics_of(LogSource source) {
  if (source == LogSource::kBlob) return kBlobMetrics;
  if (source == LogSource::kVault) return kVaultMetrics;
  return {};
}

std::string_view find_category(LogSource source, std::string_view name) {
  for (const auto& each : categories_of(source)) {
    if (equals_ignoring_case(each.name, name)) return each.name;
  }
  return {};
}

std::optional<std::vector<std::string_view>> categories_of_group(LogSource source, std::string_view group) {
  const bool audit = equals_ignoring_case(group, "audit");
  if (!audit && !equals_ignoring_case(group, "allLogs")) return std::nullopt;
  std::vector<std::string_view> out;
  for (const auto& each : categories_of(source)) {
    if (!audit || each.audit) out.push_back(each.name);
  }
  if (out.empty()) return std::nullopt;
  return out;
}

std::string container_of(LogSource source, std::string_view category) {
  return source == LogSource::kActivity ? "insights-activity-logs" : "insights-logs-" + to_lower(category);
}

void LoggedOperations::add(LogSource source, const gate::ServiceGate& gate) {
  for (const auto& row : gate.rows()) {
    LoggedOperation out{.source = source, .category = {}, .name = std::string(row.operation)};
    if (source == LogSource::kBlob) {
      out.category = storage_category(row);
      const auto* named = std::ranges::find(kBlobNames, row.operation, &LoggedName::ours);
      if (named != std::end(kBlobNames)) out.name = named->logged;
    } else {
      out.category = categories_of(source).front().name;
      if (source == LogSource::kVault) out.name = vault_operation(row.operation);
    }
    operations_.emplace(row.operation, std::move(out));
  }
  if (source != LogSource::kVault) return;
  for (const auto& job : gate.jobs()) {
    if (std::ranges::find(kServiceUses, job.operation) == std::end(kServiceUses)) continue;
    operations_.emplace(job.operation, LoggedOperation{.source = source,
                                                       .category = categories_of(source).front().name,
                                                       .name = vault_operation(job.operation),
                                                       .by_service = true});
  }
}

const LoggedOperation* LoggedOperations::find(std::string_view operation) const {
  const auto at = operations_.find(operation);
  return at == operations_.end() ? nullptr : &at->second;
}

// By what a token's role has to give; who asks whether it may ask (a preflight) reads.
std::string_view storage_category(const gate::RouteSpec& row) {
  if (row.method == http::Method::kDelete || row.data_action.ends_with("/delete")) return "StorageDelete";
  const bool reads = row.method == http::Method::kGet || row.method == http::Method::kHead ||
                     row.method == http::Method::kOptions || row.data_action.ends_with("/read") ||
                     row.data_action.ends_with("/generateUserDelegationKey/action");
  return reads ? "StorageRead" : "StorageWrite";
}

std::string vault_operation(std::string_view operation) {
  for (const auto& each : kVaultNames) {
    if (each.ours == operation) return std::string(each.logged);
  }
  for (const auto verb : kVaultVerbs) {
    if (!operation.starts_with(verb)) continue;
    auto rest = operation.substr(verb.size());
    const bool deleted = rest.starts_with("Deleted");
    if (deleted) rest.remove_prefix(std::string_view("Deleted").size());
    for (const auto kind : kVaultKinds) {
      if (!rest.starts_with(kind)) continue;
      const auto behind = rest.substr(kind.size());
      std::string out = std::string(kind);
      if (behind == "Versions") return out + "ListVersions";
      out += behind == "s" ? "List" : verb;
      if (deleted && verb == "Get") out += "Deleted";
      return out;
    }
  }
  return std::string(operation);
}

}  // namespace freehold::insights
