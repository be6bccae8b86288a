// Lines of resource logs: what an audit record or an event of the activity log says, in Azure's form. Pure.
//
// Sources: "Azure Monitor Logs reference - StorageBlobLogs" and "Monitor Azure Blob Storage" (resource logs), "Azure
// Key Vault logging", "Azure Activity Log event schema" (properties to resource logs schema). What the audit log
// doesn't know isn't made up: it is left out. Who called and from where are the audit log's pseudonyms.
#pragma once

#include <string>
#include <string_view>

#include "src/activity_event.h"
#include "src/diagnostic_setting.h"

namespace freehold::insights {

// What stands in every line of a setting's.
struct LineFrame {
  std::string resource;  // "/SUBSCRIPTIONS/..."
  TenantId tenant;
  std::string location;      // of the resource
  std::string blob_suffix;   // ".blob.core.D", of the account's host
  std::string vault_suffix;  // ".vault.D"
};

struct LogLine {
  std::string category;
  std::string hour;  // "2026112217", in UTC
  Bytes text;        // with its line end
};

// The first segment of what a record is about, as it stands in the record's text ("/account/box/a.txt"); empty: none.
[[nodiscard]] std::string_view owner_of(BytesView record);
// A record of the audit log, as canonical text, of an operation that `operations` has. nullopt: no log tells of it (the
// cloud's own work, an act that is only announced, another source's operation), or it is no record.
[[nodiscard]] std::optional<LogLine> line_of(BytesView record, LogSource source, const LoggedOperations& operations,
                                             const LineFrame& frame);
[[nodiscard]] LogLine line_of(const ActivityEvent& event, const LineFrame& frame);

// "resourceId=/SUBSCRIPTIONS/.../y=2026/m=11/d=22/h=17/m=00/PT1H.json"; part 2 of an hour is PT1H_2.json.
[[nodiscard]] std::string blob_name(std::string_view resource, std::string_view hour, unsigned part);

}  // namespace freehold::insights
