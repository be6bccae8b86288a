// Create, Get Properties, Get/Set Metadata and Delete of a container.
#include "src/container_changes.h"
#include "src/lease_rules.h"
#include "src/name_rules.h"
#include "src/operations.h"
#include "src/responses.h"

namespace freehold::blob {
Task<Reply> create_container(BlobParts& parts, Permit<CreateContainer> permit) {
  const auto account = ref_of(permit.account());
  const auto name = permit.target().container;
  FH_CO_CHECK_OK(check_container_name(name));
  FH_CO_CHECK_OK(refuse_unsupported_for_container(permit.request().headers, ContainerScopes::kTaken));
  ContainerRow row;
  FH_CO_TRY(row.scope, parse_scope_policy(permit.request().headers));
  FH_CO_CHECK_OK(check_scope_policy(parts, account, row.scope));
  FH_CO_TRY(auto metadata, parse_metadata(permit.request().headers));
  row.notes.set({std::move(metadata), {}});
  FH_CO_TRY(row.public_access, parse_public_access(permit.request().headers, permit.account()));
  FH_CO_TRY(const auto there, api(co_await parts.containers.read(account, name)));
  if (there) co_return refuse(errors::container_exists());
  row.id = random_id<ContainerId>(parts.random);
  row.etag = row.created = parts.hybrid.next();
  FH_CO_TRY(const auto done, api(co_await parts.containers.create(account, name, row, audit_in_account(permit, 201))));
  FH_CO_CHECK_OK(certain(done));
  if (!done.applied) co_return refuse(errors::container_exists());
  auto response = answer(201);
  add_entity(response, row.etag, row.last_modified());
  co_return response;
}

Task<Reply> get_container_properties(BlobParts& parts, Permit<GetContainerProperties> permit) {
  FH_CO_CHECK_OK(refuse_unsupported_for_container(permit.request().headers));
  FH_CO_TRY(const auto lease_id, parse_lease_id(permit.request().headers));
  FH_CO_TRY(const auto stored, co_await read_container(parts, ref_of(permit.account()), permit.target().container));
  const auto now = parts.hybrid.next();
  FH_CO_CHECK_OK(check_named_lease(stored.row, lease_id, now));
  FH_CO_TRY(const auto* notes, api(stored.row.notes.read()));
  auto response = answer(200);
  add_container_headers(response, stored.row, *notes, now);
  co_return response;
}

Task<Reply> get_container_metadata(BlobParts& parts, Permit<GetContainerMetadata> permit) {
  FH_CO_CHECK_OK(refuse_unsupported_for_container(permit.request().headers));
  FH_CO_TRY(const auto lease_id, parse_lease_id(permit.request().headers));
  FH_CO_TRY(const auto stored, co_await read_container(parts, ref_of(permit.account()), permit.target().container));
  const auto now = parts.hybrid.next();
  FH_CO_CHECK_OK(check_named_lease(stored.row, lease_id, now));
  FH_CO_TRY(const auto* notes, api(stored.row.notes.read()));
  auto response = answer(200);
  add_entity(response, stored.row.etag, stored.row.last_modified());
  add_metadata(response, notes->metadata);
  co_return response;
}

Task<Reply> set_container_metadata(BlobParts& parts, Permit<SetContainerMetadata> permit) {
  const auto account = ref_of(permit.account());
  const auto name = permit.target().container;
  FH_CO_CHECK_OK(refuse_unsupported_for_container(permit.request().headers));
  FH_CO_TRY(const auto conditions, container_conditions(permit.request().headers));
  FH_CO_TRY(const auto metadata, parse_metadata(permit.request().headers));
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    FH_CO_TRY(auto stored, co_await read_container(parts, account, name));
    FH_CO_CHECK_OK(check_write(conditions, stored.row.existing()));
    const auto now = parts.hybrid.next();
    FH_CO_CHECK_OK(check_named_lease(stored.row, conditions.lease_id, now));
    auto row = stored.row;
    row.notes.set({metadata, {}});
    row.etag = now;
    FH_CO_TRY(const auto done, api(co_await parts.containers.replace(account, name, std::move(stored), row,
                                                                     audit_in_account(permit, 200))));
    FH_CO_CHECK_OK(certain(done));
    if (!done.applied) continue;
    auto response = answer(200);
    add_entity(response, row.etag, row.last_modified());
    co_return response;
  }
  co_return refuse(errors::busy("too many writers of one container"));
}

Task<Reply> delete_container(BlobParts& parts, Permit<DeleteContainer> permit) {
  const auto account = ref_of(permit.account());
  const auto name = permit.target().container;
  FH_CO_CHECK_OK(refuse_unsupported_for_container(permit.request().headers));
  FH_CO_TRY(const auto conditions, container_conditions(permit.request().headers));
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    FH_CO_TRY(auto stored, co_await read_container(parts, account, name));
    FH_CO_CHECK_OK(check_write(conditions, stored.row.existing()));
    FH_CO_CHECK_OK(check_lease_for_write(stored.row.lease, conditions.lease_id,
                                         store::HybridClock::wall_time(parts.hybrid.next()), Leased::kContainer));
    const auto id = stored.row.id;
    FH_CO_TRY(const auto done,
              api(co_await parts.containers.erase(account, name, std::move(stored), audit_in_account(permit, 202))));
    FH_CO_CHECK_OK(certain(done));
    if (!done.applied) continue;
    parts.collector.add_container(account, {id, row_keys::deleted_container(id)});
    // The consequence that every front end must meet; should it fail, the purge puts it up again, under a job's permit.
    FH_CO_CHECK_OK(
        api(co_await parts.containers.fence(row_keys::container_partition(account.tenant, account.account, id))));
    co_return answer(202);
  }
  co_return refuse(errors::busy("too many writers of one container"));
}

}  // namespace freehold::blob
