// ControlGate: what a control plane puts at the gate besides what every service does.
#pragma once

#include "pipeline/activity.h"
#include "pipeline/service_gate.h"

namespace freehold::gate {

// As a ServiceGate: complete before the server starts, called from all loops; none of its functions throws or waits.
class ControlGate : public ServiceGate {
 public:
  // Gives a request that it claimed the one form that its rows, rules and handlers read, where clients write the same
  // path in several. Before anything else looks at the request.
  virtual void tidy(http::Request& request) const = 0;
  // Who keeps what is done through its control rows (AuditClass::kControl); null: nobody besides the audit log.
  // Outlives the gate.
  [[nodiscard]] virtual ActivityJournal* journal() const = 0;
};

}  // namespace freehold::gate
