// Directory objects as Graph shows them, and what it is told of them.
#pragma once

#include <nlohmann/json.hpp>

#include "route/api_error.h"
#include "src/directory_roles.h"
#include "src/snapshot.h"

namespace freehold::directory::graph_json {

using Json = nlohmann::json;
template <class T = void>
using ApiResult = gate::ApiResult<T>;

[[nodiscard]] Json of(const User& user);
[[nodiscard]] Json of(const Group& group);
[[nodiscard]] Json of(const Device& device);
[[nodiscard]] Json of(const Application& application);
// An application of the tenant gives its service principal its redirect URIs and names.
[[nodiscard]] Json of(const ServicePrincipal& principal, const Snapshot& directory);
[[nodiscard]] Json of(const DirectoryRole& role);
[[nodiscard]] Json of(const ClientSecret& secret);
[[nodiscard]] Json of(const CertificateCredential& certificate);
[[nodiscard]] Json of(const FederatedCredential& credential);
// Of whatever kind it is, with its "@odata.type"; null: there is no such object, or it is deleted.
[[nodiscard]] Json of_object(const Snapshot& directory, PrincipalId object);

// The body's members that are attributes, put among `attributes`; null takes one away. `own` are the members that the
// operation reads itself. 400 for a property that is unknown or of another type, 501 for one that means something which
// isn't there.
[[nodiscard]] ApiResult<> read_attributes(const Json& body, ObjectKind kind, std::span<const std::string_view> own,
                                          Attributes& attributes);
// `keyCredentials`: all that shall be left; one without its key is one that is there already.
[[nodiscard]] ApiResult<std::vector<CertificateCredential>> read_certificates(
    const Json& body, const std::vector<CertificateCredential>& present, Random& random);
[[nodiscard]] ApiResult<FederatedCredential> read_federated(const Json& body, FederatedCredential credential);

// A member's text; empty if it is absent or null; 400 if it is another thing.
[[nodiscard]] ApiResult<std::string> read_text(const Json& body, std::string_view name);
[[nodiscard]] ApiResult<std::optional<bool>> read_flag(const Json& body, std::string_view name);
[[nodiscard]] ApiResult<std::optional<WallTime>> read_time(const Json& body, std::string_view name);

}  // namespace freehold::directory::graph_json
