// What a token is asked for: scopes and resources, and the audience that they become.
#pragma once

#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace freehold::directory {

// The hosts for which tokens are given here (CLIENTS.md, DESIGN section 11): Azure's own names for storage and
// management, which SDKs ask for whatever endpoint they talk to, and this cloud's.
struct AudienceRules {
  std::string domain;                      // "freehold.localhost"
  std::vector<std::string> blob_suffixes;  // "blob.core.freehold.localhost"
};

enum class AudienceFault { kNoDefaultScope, kMalformed, kUnknownResource };

// `scope` of the v2 endpoint: one resource with "/.default" behind it, besides the scopes of OpenID Connect itself,
// which add nothing for an application. A resource that ends in a slash gives "//.default" and keeps its slash.
[[nodiscard]] std::expected<std::string, AudienceFault> audience_of_scope(const AudienceRules& rules,
                                                                          std::string_view scope);
// The same for a user: besides "/.default" also named permissions ("https://graph.D/User.Read", "User.Read"), which
// all give the resource whole: what may be done there is decided there. Names without a resource are Graph's, and so is
// nothing at all.
[[nodiscard]] std::expected<std::string, AudienceFault> audience_of_user_scope(const AudienceRules& rules,
                                                                               std::string_view scope);
// Is there anything among the scopes but those of OpenID Connect itself?
[[nodiscard]] bool names_resource(std::string_view scope);
// Is this word among the scopes?
[[nodiscard]] bool has_scope(std::string_view scope, std::string_view word);
// Is what is asked for within the service that was agreed to? Both are audiences as these functions give them. An
// account's host is within storage.
[[nodiscard]] bool is_within(const AudienceRules& rules, std::string_view agreed, std::string_view asked);
// What people call the service, or the account's host.
[[nodiscard]] std::string service_name(const AudienceRules& rules, std::string_view audience);
// `resource` of the v1 and AD FS endpoints: a URL with or without port and slash, or the application id of Azure
// Storage or of the management API.
[[nodiscard]] std::expected<std::string, AudienceFault> audience_of_resource(const AudienceRules& rules,
                                                                             std::string_view resource);

}  // namespace freehold::directory
