// Assignments as rows (docs/formats/directory-rows.md).
#pragma once

#include "authz/assignment_store.h"
#include "authz/decide.h"
#include "base/bytes.h"
#include "base/result.h"

namespace freehold::gate::authz {

inline constexpr char kAssignmentPrefix = 'a';
inline constexpr char kDenialPrefix = 'd';
inline constexpr char kRolePrefix = 'r';
inline constexpr std::size_t kMaxRoleRowBytes = 60 * 1'024;

[[nodiscard]] Bytes row_key(char prefix, RoleAssignmentId id);
[[nodiscard]] Bytes row_key(RoleId id);
[[nodiscard]] Bytes encode(const RoleAssignment& assignment, const AssignmentNote& note = {});
[[nodiscard]] Bytes encode(const DenyAssignment& denial, const DenialNote& note = {});
[[nodiscard]] Bytes encode(const CustomRole& role);
// kCorrupt: not as it was written; kUnsupported: by a newer program.
[[nodiscard]] Result<RoleAssignment> decode_assignment(TenantId tenant, BytesView key, BytesView row);
[[nodiscard]] Result<DenyAssignment> decode_denial(TenantId tenant, BytesView key, BytesView row);
[[nodiscard]] Result<AssignmentNote> decode_assignment_note(BytesView row);
[[nodiscard]] Result<DenialNote> decode_denial_note(BytesView row);
[[nodiscard]] Result<CustomRole> decode_role(BytesView key, BytesView row);

}  // namespace freehold::gate::authz
