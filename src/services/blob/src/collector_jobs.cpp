#include "src/collector_jobs.h"

namespace freehold::blob {

void add_jobs(gate::ServiceGate& gate) {
  using gate::AuditClass;
  using gate::DataClass;
  gate.add_job<CollectGarbage>(DataClass::kCustomerContent, AuditClass::kWrite);
  gate.add_job<PurgeContainer>(DataClass::kCustomerContent, AuditClass::kWrite);
  gate.add_job<PurgeAccount>(DataClass::kCustomerData, AuditClass::kWrite);
  gate.add_job<RemoveAbandonedChunks>(DataClass::kCustomerContent, AuditClass::kWrite);
  gate.add_job<SweepChunks>(DataClass::kCustomerContent, AuditClass::kWrite);
  gate.add_job<DiscardStagedBlocks>(DataClass::kCustomerContent, AuditClass::kWrite);
  gate.add_job<FindGarbage>(DataClass::kCustomerData, AuditClass::kRead);
}

}  // namespace freehold::blob
