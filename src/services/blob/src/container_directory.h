// ContainerDirectory of the Blob service: what the gate asks about containers of callers that bring no account key.
#pragma once

#include "pipeline/service_gate.h"
#include "src/container_store.h"

namespace freehold::blob {

// Owned by BlobGate; borrows the store, whose cache makes it fast and keeps it true. Thread-safe.
class BlobContainerDirectory final : public gate::ContainerDirectory {
 public:
  explicit BlobContainerDirectory(ContainerStore& containers) : containers_(containers) {}
  // A name that no container can have is one that doesn't exist.
  [[nodiscard]] Task<Result<std::shared_ptr<const gate::ContainerAccess>>> find(
      std::shared_ptr<const gate::StorageAccount> account, std::string container) override;

 private:
  ContainerStore& containers_;
};

}  // namespace freehold::blob
