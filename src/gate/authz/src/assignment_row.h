// Assignments as rows (docs/formats/directory-rows.md).
#pragma once

#include "authz/decide.h"
#include "base/bytes.h"
#include "base/result.h"

namespace freehold::gate::authz {

inline constexpr char kAssignmentPrefix = 'a';
inline constexpr char kDenialPrefix = 'd';

[[nodiscard]] Bytes row_key(char prefix, RoleAssignmentId id);
[[nodiscard]] Bytes encode(const RoleAssignment& assignment);
[[nodiscard]] Bytes encode(const DenyAssignment& denial);
// kCorrupt: not as it was written; kUnsupported: by a newer program.
[[nodiscard]] Result<RoleAssignment> decode_assignment(TenantId tenant, BytesView key, BytesView row);
[[nodiscard]] Result<DenyAssignment> decode_denial(TenantId tenant, BytesView key, BytesView row);

}  // namespace freehold::gate::authz
