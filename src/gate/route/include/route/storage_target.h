// Where a storage request points: account, container and blob from Host and path.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "http/message.h"
#include "route/route.h"

namespace freehold::gate {

// Azure's rule: 3 to 24 lower-case letters and digits. Every name of an account passes here before it is looked up.
[[nodiscard]] bool is_account_name(std::string_view name);

// The target of a request to a storage service whose hosts are ACCOUNT.<suffix> (suffixes in lower case, without a
// leading dot: "blob.core.freehold.localhost", "blob.freehold.localhost"), or, on an IP address or `localhost`,
// /ACCOUNT/...
// ("path style"); ACCOUNT-secondary is the account's secondary endpoint in either. nullopt: the request isn't this
// service's, because neither host nor path names an account.
//
// The path is cut at its slashes as sent and decoded after that, so %2F belongs to the name it stands in. One segment
// alone is a container if the query has `restype` or the name begins with '$', and otherwise a blob of $root; a
// trailing slash behind a container is nothing. Whether names are good container or blob names is the service's to
// check.
[[nodiscard]] std::optional<Target> storage_target(const http::Request& request, std::span<const std::string> suffixes);

}  // namespace freehold::gate
