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

[[nodiscard]] std::uint64_t depth_of(const ResourceSasFields& fields);

// The canonical resource that a SAS of this kind (sr) must have signed to be good for this request:
// "/blob/acct/photos/dir/b.png". Where the request points elsewhere than the SAS, the signature doesn't match. nullopt:
// no SAS of this kind can be good for it. A listing counts as inside a directory if its prefix is.
[[nodiscard]] std::optional<std::string> signed_resource(std::string_view kind, std::uint64_t directory_depth,
                                                         const http::Request& request, const Target& target);

// The snapshot or version that a request for this kind of resource is about; empty for other kinds.
[[nodiscard]] std::string_view snapshot_of(std::string_view kind, const http::Request& request);

// Writes into the grant what its SAS is for and how its answers look.
void bind_grant(SasGrant& grant, const ResourceSasFields& fields, std::string resource);

}  // namespace freehold::gate
