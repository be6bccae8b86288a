// Which logs resources have, and to which category of whose log an operation belongs. Pure.
//
// Source: "Supported categories for Azure Monitor resource logs" (Microsoft.Storage/storageAccounts/blobServices,
// Microsoft.KeyVault/vaults), "Categories in the activity log".
#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "pipeline/service_gate.h"
#include "resource/resource_id.h"

namespace freehold::insights {

// Whose operations are logged.
enum class LogSource : std::uint8_t {
  kBlob,      // storageAccounts/A/blobServices/default: what came to the account's Blob service
  kVault,     // vaults/V: what was done with what is in it
  kActivity,  // a subscription: the activity log
};

struct LogCategory {
  std::string_view name;
  bool audit = false;  // also of the group "audit"; all are of "allLogs"
};

// nullopt: such a resource has no logs here.
[[nodiscard]] std::optional<LogSource> source_of(const gate::resource::ResourceId& id);
[[nodiscard]] std::span<const LogCategory> categories_of(LogSource source);
// What Azure measures there, and this cloud doesn't.
[[nodiscard]] std::span<const std::string_view> metrics_of(LogSource source);
// The source's own spelling of a category, named in any case; empty: it has none of that name.
[[nodiscard]] std::string_view find_category(LogSource source, std::string_view name);
// Those of "allLogs" or "audit", in any case; nullopt: no such group.
[[nodiscard]] std::optional<std::vector<std::string_view>> categories_of_group(LogSource source,
                                                                               std::string_view group);
// "insights-logs-storageread"; the activity log's has a name of its own.
[[nodiscard]] std::string container_of(LogSource source, std::string_view category);

// An operation as a log tells of it.
struct LoggedOperation {
  LogSource source = LogSource::kBlob;
  std::string_view category;
  std::string name;         // Azure's: "GetBlob", "SecretGet"
  bool by_service = false;  // what a service of this cloud does in the name of its customer's resource
};

// The operations of the services' rows by their names in the audit log. Filled before the server starts, read-only and
// thread-safe afterwards.
class LoggedOperations {
 public:
  // Every row of the service; a new row is in the log by existing. Of its jobs, those by which other services use a
  // customer's key: the vault's owner wants to see them.
  void add(LogSource source, const gate::ServiceGate& gate);
  // Null: no log tells of it.
  [[nodiscard]] const LoggedOperation* find(std::string_view operation) const;

 private:
  std::map<std::string, LoggedOperation, std::less<>> operations_;
};

// Of a row of the Blob service.
[[nodiscard]] std::string_view storage_category(const gate::RouteSpec& row);
// "GetSecretVersions" is "SecretListVersions" in a vault's log.
[[nodiscard]] std::string vault_operation(std::string_view operation);

}  // namespace freehold::insights
