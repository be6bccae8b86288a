// Get User Delegation Key: for callers by token only, who get a key that can sign no more than they may do themselves.
#include "authn/delegation_key.h"
#include "base/encoding.h"
#include "src/blob_gate.h"
#include "src/key_info_xml.h"
#include "src/operations.h"
#include "src/responses.h"
#include "src/xml_text.h"

namespace freehold::blob {
namespace {

std::string key_xml(const gate::DelegationKeyFields& fields, const Secret& key) {
  std::string body(kXmlDeclaration);
  body += "<UserDelegationKey>";
  append_element(body, "SignedOid", to_string(fields.object));
  append_element(body, "SignedTid", to_string(fields.tenant));
  append_element(body, "SignedStart", rfc3339(fields.start));
  append_element(body, "SignedExpiry", rfc3339(fields.expiry));
  append_element(body, "SignedService", fields.service);
  append_element(body, "SignedVersion", fields.version);
  append_element(body, "Value", to_base64(key.view()));
  body += "</UserDelegationKey>";
  return body;
}

}  // namespace

Task<Reply> get_user_delegation_key(BlobParts&, Permit<GetUserDelegationKey> permit) {
  auto body = co_await http::read_all(*permit.request().body, kMaxKeyInfoBytes);
  if (!body) {
    if (body.error().code == ErrorCode::kExhausted) co_return refuse(errors::body_too_large(kMaxKeyInfoBytes));
    co_return refuse(errors::from_body(std::move(body.error())));
  }
  permit.count_in(body->size());
  FH_CO_TRY(const auto info, parse_key_info(*body, permit.now()));
  const auto& identity = permit.principal().identity;
  if (identity == nullptr) co_return refuse(errors::internal("a key was asked for by no principal"));
  const gate::DelegationKeyFields fields{.object = identity->object,
                                         .tenant = identity->tenant,
                                         .start = info.start,
                                         .expiry = info.expiry,
                                         .service = "b",
                                         .version = version_text(permit.api_version())};
  const Secret key = gate::delegation_key(permit.account(), fields);
  if (key.empty()) co_return refuse(errors::key_denied());
  co_return xml_answer(key_xml(fields, key));
}

}  // namespace freehold::blob
