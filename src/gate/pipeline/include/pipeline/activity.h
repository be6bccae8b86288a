// ActivityJournal: who keeps the control plane's acts so that the people whose resources they are can look at them.
#pragma once

#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/ids.h"
#include "base/result.h"
#include "http/message.h"
#include "runtime/task.h"

namespace freehold::gate {

// One act, as it passed the stages.
struct Act {
  TenantId tenant;
  RequestId request;
  std::string correlation;
  WallTime time;
  std::string operation;  // the row's RBAC action: "Microsoft.Storage/storageAccounts/write"
  http::Method method = http::Method::kPut;
  std::string path;                 // as sent
  PrincipalId caller = {};          // by object id; whoever reads the journal may look the name up
  PrincipalId application = {};     // of a service principal
  std::string client_request = {};  // x-ms-client-request-id, if it is a GUID
};

struct ActEnding {
  WallTime time;
  int status = 0;
  std::string code = {};  // of an error
};

// Implemented by the service that keeps the journal, supplied by app/. Thread-safe.
class ActivityJournal {
 public:
  virtual ~ActivityJournal() = default;
  // Durable when the task ends well; else the act doesn't happen.
  [[nodiscard]] virtual runtime::Task<Result<>> begun(Act act) = 0;
  // How it ended, before the caller is told. If that can't be kept, the journal has the act's beginning alone.
  [[nodiscard]] virtual runtime::Task<void> ended(Act act, ActEnding ending) = 0;
};

}  // namespace freehold::gate
