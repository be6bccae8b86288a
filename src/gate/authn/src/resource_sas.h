// What a service SAS and a user delegation SAS have in common: both are for one resource.
#pragma once

#include <optional>
#include <string>

#include "authn/signing.h"
#include "sas.h"
#include "sas_terms.h"

namespace freehold::gate {

[[nodiscard]] ResourceSasFields resource_fields_of(const http::Request& request);
[[nodiscard]] SasTerms terms_of(const ResourceSasFields& fields);

// `sig`, `sv` and `sr` are there, `sr` is one that the version knows, and all that is there is well formed. A directory
// (sr=d, with its depth in sdd) needs version 2026-06-06, the first that has them in accounts without a hierarchical
// name space.
[[nodiscard]] ApiResult<> check_resource_shape(const http::Request& request, const ResourceSasFields& fields);

// The canonical resource that such a SAS must have signed to be good for this request: "/blob/acct/photos/dir/b.png".
// Where the request points elsewhere than the SAS, the signature doesn't match. nullopt: no SAS of this kind can be
// good for it. A listing counts as inside a directory if its prefix is.
[[nodiscard]] std::optional<std::string> signed_resource(const ResourceSasFields& fields, const http::Request& request,
                                                         const Target& target);

}  // namespace freehold::gate
