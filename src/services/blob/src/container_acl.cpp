// Get and Set Container ACL: public access and stored access policies.
#include "src/acl_xml.h"
#include "src/container_changes.h"
#include "src/header_rules.h"
#include "src/lease_rules.h"
#include "src/operations.h"
#include "src/responses.h"

namespace freehold::blob {

Task<Reply> get_container_acl(BlobParts& parts, Permit<GetContainerAcl> permit) {
  FH_CO_CHECK_OK(refuse_unsupported_for_container(permit.request().headers));
  FH_CO_TRY(const auto lease_id, parse_lease_id(permit.request().headers));
  FH_CO_TRY(const auto stored, co_await read_container(parts, ref_of(permit.account()), permit.target().container));
  FH_CO_CHECK_OK(check_named_lease(stored.row, lease_id, parts.hybrid.next()));
  auto response = xml_answer(acl_xml(stored.row.policies));
  add_entity(response, stored.row.etag, stored.row.last_modified());
  add_public_access(response, stored.row);
  if (permit.request().method == http::Method::kHead) {
    response.head_length = std::get<Bytes>(response.body).size();
    response.body = Bytes();
  }
  co_return response;
}

Task<Reply> set_container_acl(BlobParts& parts, Permit<SetContainerAcl> permit) {
  const auto account = ref_of(permit.account());
  const auto name = permit.target().container;
  const auto& headers = permit.request().headers;
  FH_CO_CHECK_OK(refuse_unsupported_for_container(headers));
  FH_CO_TRY(const auto conditions, container_conditions(headers));
  FH_CO_TRY(const auto access, parse_public_access(headers, permit.account()));
  auto body = co_await http::read_all(*permit.request().body, kAclBodyBytes);
  if (!body && body.error().code == ErrorCode::kExhausted) co_return refuse(errors::body_too_large(kAclBodyBytes));
  if (!body) co_return refuse(errors::from_body(std::move(body.error())));
  permit.count_in(body->size());
  FH_CO_TRY(const auto policies, parse_acl(*body));
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    FH_CO_TRY(auto stored, co_await read_container(parts, account, name));
    FH_CO_CHECK_OK(check_write(conditions, stored.row.existing()));
    const auto now = parts.hybrid.next();
    FH_CO_CHECK_OK(check_named_lease(stored.row, conditions.lease_id, now));
    auto row = stored.row;
    row.public_access = access;
    row.policies = policies;
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

}  // namespace freehold::blob
