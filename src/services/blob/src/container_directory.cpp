#include "src/container_directory.h"

#include "src/name_rules.h"

namespace freehold::blob {

Task<Result<std::shared_ptr<const gate::ContainerAccess>>> BlobContainerDirectory::find(
    std::shared_ptr<const gate::StorageAccount> account, std::string container) {
  if (!check_container_name(container)) co_return nullptr;
  FH_CO_TRY(auto open, co_await containers_.open(ref_of(*account), std::move(container)));
  if (!open) co_return nullptr;
  const auto* access = &open->access;
  co_return std::shared_ptr<const gate::ContainerAccess>(std::move(open), access);
}

}  // namespace freehold::blob
