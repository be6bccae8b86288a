// ExportAudit: POST /audit/export?out=DIRECTORY[&from=T][&to=T] on the admin socket.
#pragma once

#include "operations/operations_service.h"

namespace freehold::operations {

struct ExportAudit {
  static constexpr std::string_view kName = "ExportAudit";
};

// Writes the export into `out`, an absolute path to an absent or empty directory; answers 200 with
// {"records":N,"leaves":N,"sealedLeaves":N}, 400 for a bad parameter, 409 for a directory in use.
[[nodiscard]] gate::Task<gate::Reply> export_audit(const OperationsOptions& options, gate::Permit<ExportAudit> permit);

}  // namespace freehold::operations
