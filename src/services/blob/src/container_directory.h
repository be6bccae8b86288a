// ContainerDirectory of the Blob service: what the gate asks about containers of callers that bring no account key.
#pragma once

#include "pipeline/service_gate.h"
#include "src/operation.h"

namespace freehold::blob {

// Owned by BlobGate; borrows the parts: the containers' cache makes it fast and keeps it true. Thread-safe.
class BlobContainerDirectory final : public gate::ContainerDirectory {
 public:
  explicit BlobContainerDirectory(BlobParts& parts) : parts_(parts) {}
  // A name that no container can have is one that doesn't exist.
  [[nodiscard]] Task<Result<std::shared_ptr<const gate::ContainerAccess>>> find(
      std::shared_ptr<const gate::StorageAccount> account, std::string container) override;
  [[nodiscard]] Task<Result<Tags>> tags_of(std::shared_ptr<const gate::StorageAccount> account,
                                           const gate::Target& target, const http::Request& request) override;

 private:
  BlobParts& parts_;
};

}  // namespace freehold::blob
