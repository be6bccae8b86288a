// XML of stored access policies: the body of Set Container ACL, the answer of Get Container ACL.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "authn/container_access.h"
#include "src/blob_errors.h"

namespace freehold::blob {

inline constexpr std::size_t kAclBodyBytes = 64 * 1024;

// <SignedIdentifiers>; an empty body is none. 400 InvalidXmlDocument: not XML, a document type, another element, more
// than five policies; 400 InvalidXmlNodeValue: an id that isn't 1 to 64 characters or stands twice, a date or
// permission that is none.
[[nodiscard]] ApiResult<std::vector<gate::StoredPolicy>> parse_acl(std::string_view body);
[[nodiscard]] std::string acl_xml(const std::vector<gate::StoredPolicy>& policies);

}  // namespace freehold::blob
