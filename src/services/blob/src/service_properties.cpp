// Get and Set Blob Service Properties, Get Account Information and Get Blob Service Stats: what is set and what is
// fixed about an account.
#include "src/operations.h"
#include "src/responses.h"
#include "src/service_properties_store.h"
#include "src/service_properties_xml.h"

namespace freehold::blob {

Task<Reply> get_account_information(BlobParts& parts, Permit<GetAccountInformation> permit) {
  const auto record = parts.accounts.find_record(permit.account().name);
  auto response = answer(200);
  response.headers.add("x-ms-sku-name", record && !record->settings.sku.empty() ? record->settings.sku : parts.sku);
  response.headers.add("x-ms-account-kind",
                       record && !record->settings.kind.empty() ? record->settings.kind : "StorageV2");
  response.headers.add("x-ms-is-hns-enabled", "false");
  co_return response;
}

Task<Reply> get_blob_service_properties(BlobParts& parts, Permit<GetBlobServiceProperties> permit) {
  auto body = service_properties_xml(*parts.properties.find(permit.account().id));
  permit.count_out(body.size());
  co_return xml_answer(std::move(body));
}

Task<Reply> set_blob_service_properties(BlobParts& parts, Permit<SetBlobServiceProperties> permit) {
  auto body = co_await http::read_all(*permit.request().body, kServicePropertiesBytes);
  if (!body && body.error().code == ErrorCode::kExhausted) {
    co_return refuse(errors::body_too_large(kServicePropertiesBytes));
  }
  if (!body) co_return refuse(errors::from_body(std::move(body.error())));
  permit.count_in(body->size());
  FH_CO_TRY(const auto change, parse_service_properties(*body));
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    FH_CO_TRY(const auto done,
              api(co_await parts.properties.change(
                  ref_of(permit.account()), [&](ServiceProperties& properties) { change.apply(properties); },
                  audit_row(permit, 202))));
    if (done.unknown) co_return refuse(errors::busy("the outcome of a commit is not known yet"));
    if (done.applied) co_return answer(202);
  }
  co_return refuse(errors::busy("too many writers of one account's properties"));
}

// How far a secondary region has come is told at its endpoint alone. No account of this region has one that can be
// read: its redundancies are within the region.
Task<Reply> get_blob_service_stats(BlobParts& parts, Permit<GetBlobServiceStats> permit) {
  static_cast<void>(parts);
  if (!permit.target().secondary) {
    co_return refuse(errors::invalid_parameter("comp", "stats", "Only at the secondary endpoint"));
  }
  co_return refuse(errors::not_implemented("GeoReplication"));
}

}  // namespace freehold::blob
