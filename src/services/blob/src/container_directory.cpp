#include "src/container_directory.h"

#include "src/name_rules.h"

namespace freehold::blob {

Task<Result<std::shared_ptr<const gate::ContainerAccess>>> BlobContainerDirectory::find(
    std::shared_ptr<const gate::StorageAccount> account, std::string container) {
  if (!check_container_name(container)) co_return nullptr;
  FH_CO_TRY(auto open, co_await parts_.containers.open(ref_of(*account), std::move(container)));
  if (!open) co_return nullptr;
  const auto* access = &open->access;
  co_return std::shared_ptr<const gate::ContainerAccess>(std::move(open), access);
}

// What the request names wrongly has none, and its operation says what is wrong.
Task<Result<Tags>> BlobContainerDirectory::tags_of(std::shared_ptr<const gate::StorageAccount> account,
                                                   const gate::Target& target, const http::Request& request) {
  const auto found = co_await find_target_or_snapshot(parts_, ref_of(*account), request, target);
  ApiResult<StoredBlob> stored = std::unexpected(found ? gate::ApiError() : found.error());
  if (found) stored = co_await read_committed(parts_, *found);
  if (stored) {
    FH_CO_TRY(const auto* notes, stored->row.notes.read());
    co_return notes->tags;
  }
  if (stored.error().status < 500) co_return Tags();
  co_return fail(ErrorCode::kUnavailable, stored.error().message, stored.error().detail);
}

}  // namespace freehold::blob
