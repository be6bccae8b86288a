// Directory objects as rows (docs/formats/directory-rows.md).
#pragma once

#include "base/result.h"
#include "directory/object.h"

namespace freehold::directory {

inline constexpr char kServicePrincipalPrefix = 's';
inline constexpr char kGroupPrefix = 'g';

[[nodiscard]] Bytes row_key(char prefix, PrincipalId object);
[[nodiscard]] Bytes encode(const ServicePrincipal& principal);
[[nodiscard]] Bytes encode(const Group& group);
// kCorrupt: not as it was written; kUnsupported: by a newer program.
[[nodiscard]] Result<ServicePrincipal> decode_service_principal(BytesView key, BytesView row);
[[nodiscard]] Result<Group> decode_group(BytesView key, BytesView row);

}  // namespace freehold::directory
