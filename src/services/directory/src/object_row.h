// Directory objects as rows (docs/formats/directory-rows.md).
#pragma once

#include "base/result.h"
#include "directory/object.h"

namespace freehold::directory {

inline constexpr char kServicePrincipalPrefix = 's';
inline constexpr char kGroupPrefix = 'g';
inline constexpr char kUserPrefix = 'u';
inline constexpr char kDevicePrefix = 'd';
inline constexpr char kApplicationPrefix = 'p';
inline constexpr char kPersonalPrefix = 'e';    // EUII of users and devices
inline constexpr char kCredentialPrefix = 'w';  // passwords and one-time secrets of users
inline constexpr char kSessionPrefix = 'r';     // see session_row.h
inline constexpr char kExternalPrefix = 'x';    // external directories that the tenant made

[[nodiscard]] Bytes row_key(char prefix, PrincipalId object);
[[nodiscard]] Bytes row_key(TenantId external);

[[nodiscard]] Bytes encode(const ServicePrincipal& principal);
[[nodiscard]] Bytes encode(const Group& group);
[[nodiscard]] Bytes encode(const Application& application);
[[nodiscard]] Bytes encode(const User& user);      // without what is personal or secret
[[nodiscard]] Bytes encode(const Device& device);  // the same
[[nodiscard]] Bytes encode(const ExternalDirectory& external);
[[nodiscard]] Bytes encode_personal(const User& user);
[[nodiscard]] Bytes encode_personal(const Device& device);
[[nodiscard]] Bytes encode_credentials(const User& user);

// kCorrupt: not as it was written; kUnsupported: by a newer program.
[[nodiscard]] Result<ServicePrincipal> decode_service_principal(BytesView key, BytesView row);
[[nodiscard]] Result<Group> decode_group(BytesView key, BytesView row);
[[nodiscard]] Result<Application> decode_application(BytesView key, BytesView row);
[[nodiscard]] Result<User> decode_user(BytesView key, BytesView row);
[[nodiscard]] Result<Device> decode_device(BytesView key, BytesView row);
[[nodiscard]] Result<ExternalDirectory> decode_external(BytesView key, BytesView row);
// Adds what the row holds to what is there.
[[nodiscard]] Result<> decode_personal(BytesView row, Attributes& attributes);
[[nodiscard]] Result<> decode_credentials(BytesView row, User& user);

}  // namespace freehold::directory
