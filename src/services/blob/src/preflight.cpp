// Preflight Blob Request: a browser asks, of its own accord and without credentials, whether a page may send a request.
#include "src/operations.h"
#include "src/responses.h"
#include "src/service_properties_store.h"

namespace freehold::blob {

Task<Reply> preflight_blob_request(BlobParts& parts, Permit<PreflightBlobRequest> permit) {
  const auto& headers = permit.request().headers;
  const Preflight asked{headers.get("origin"), headers.get("access-control-request-method"),
                        headers.get("access-control-request-headers")};
  if (asked.origin.empty() || asked.method.empty()) co_return refuse(errors::missing_cors_header());
  const auto properties = parts.properties.find(permit.account().id);
  const auto* rule = find_rule(properties->cors, asked);
  if (rule == nullptr) co_return refuse(errors::cors_preflight_failure());
  auto response = answer(200);
  add_preflight_headers(response, *rule, asked);
  co_return response;
}

}  // namespace freehold::blob
