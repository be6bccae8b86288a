#include "src/permissions.h"

#include <span>

#include "base/encoding.h"

namespace freehold::vault {
namespace {

constexpr std::string_view kKeyNames[] = {"get",
                                          "list",
                                          "update",
                                          "create",
                                          "import",
                                          "delete",
                                          "recover",
                                          "backup",
                                          "restore",
                                          "decrypt",
                                          "encrypt",
                                          "unwrapKey",
                                          "wrapKey",
                                          "verify",
                                          "sign",
                                          "purge",
                                          "release",
                                          "rotate",
                                          "getrotationpolicy",
                                          "setrotationpolicy"};
constexpr std::string_view kSecretNames[] = {"get", "list", "set", "delete", "backup", "restore", "recover", "purge"};
constexpr std::string_view kCertificateNames[] = {
    "get",         "list",       "delete",        "create",        "import",  "update", "managecontacts", "getissuers",
    "listissuers", "setissuers", "deleteissuers", "manageissuers", "recover", "purge",  "backup",         "restore"};
constexpr std::string_view kStorageNames[] = {"get",           "list",    "delete", "set",      "update",
                                              "regeneratekey", "recover", "purge",  "backup",   "restore",
                                              "setsas",        "listsas", "getsas", "deletesas"};

std::span<const std::string_view> table_of(PermissionKind kind) {
  switch (kind) {
    case PermissionKind::kKeys:
      return kKeyNames;
    case PermissionKind::kSecrets:
      return kSecretNames;
    case PermissionKind::kCertificates:
      return kCertificateNames;
    case PermissionKind::kStorage:
      return kStorageNames;
  }
  return {};
}

}  // namespace

std::string_view name_of(PermissionKind kind) {
  constexpr std::string_view kNames[kPermissionKinds] = {"keys", "secrets", "certificates", "storage"};
  return kNames[static_cast<std::size_t>(kind)];
}

std::optional<PermissionMask> permission(PermissionKind kind, std::string_view name) {
  if (equals_ignoring_case(name, "all")) return kAllPermissions;
  PermissionMask bit = 1;
  for (const auto each : table_of(kind)) {
    if (equals_ignoring_case(each, name)) return bit;
    bit <<= 1;
  }
  return std::nullopt;
}

std::vector<std::string> names_of(PermissionKind kind, PermissionMask mask) {
  std::vector<std::string> out;
  if ((mask & kAllPermissions) != 0) out.emplace_back("all");
  PermissionMask bit = 1;
  for (const auto each : table_of(kind)) {
    if ((mask & bit) != 0) out.emplace_back(each);
    bit <<= 1;
  }
  return out;
}

}  // namespace freehold::vault
