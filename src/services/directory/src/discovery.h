// The documents by which clients find the endpoints: OpenID Connect Discovery 1.0 and Entra's instance discovery.
#pragma once

#include <string>
#include <string_view>

#include "src/login_site.h"

namespace freehold::directory {

// `tenant` as the path names it: an id, "common" or "organizations"; not used for AD FS.
[[nodiscard]] std::string openid_configuration(const LoginSite& site, Style style, std::string_view tenant,
                                               std::string_view port);
[[nodiscard]] std::string instance_discovery(const LoginSite& site, std::string_view tenant, std::string_view port);

}  // namespace freehold::directory
