// The schema of directory objects: which attributes there are, of what type, how long, and which are personal.
//
// Personal attributes (EUII: what names or describes a person) rest in a row of their own, which an erasure removes;
// they never go into logs or audit records. Keeps: R4, H1.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/result.h"

namespace freehold::directory {

enum class ObjectKind { kUser, kGroup, kDevice, kApplication, kServicePrincipal };

using AttributeValue = std::variant<bool, std::string, std::vector<std::string>>;
// By Graph's names.
using Attributes = std::map<std::string, AttributeValue, std::less<>>;

enum class AttributeType { kFlag, kText, kTexts };
enum class Personal { kNo, kYes };
// Who may set it: whoever may update the object, or only the source that the object is read from. Graph doesn't know
// the last kind at all.
enum class Setter { kGraph, kSource, kSourceUnseen };

struct AttributeSpec {
  std::string_view name;
  AttributeType type = AttributeType::kText;
  Personal personal = Personal::kNo;
  std::size_t most = 256;  // bytes of a text ("Microsoft Entra service limits": strings of 256)
  Setter setter = Setter::kGraph;
};

inline constexpr std::size_t kMaxListItems = 100;

// servicePrincipalType of what acts for a resource; absent: "Application".
inline constexpr std::string_view kManagedIdentity = "ManagedIdentity";

[[nodiscard]] std::span<const AttributeSpec> schema_of(ObjectKind kind);
// Null: there is no such attribute. Names are compared as they are.
[[nodiscard]] const AttributeSpec* find_attribute(ObjectKind kind, std::string_view name);
// kInvalidArgument: of another type, too long, not UTF-8, control characters, too many items.
[[nodiscard]] Result<> check_attribute(const AttributeSpec& spec, const AttributeValue& value);
// The text, or empty.
[[nodiscard]] std::string text_of(const Attributes& attributes, std::string_view name);
[[nodiscard]] bool flag_of(const Attributes& attributes, std::string_view name);
[[nodiscard]] std::vector<std::string> texts_of(const Attributes& attributes, std::string_view name);
// Is the object read from a source elsewhere (LDAP)?
[[nodiscard]] bool is_synchronised(const Attributes& attributes);

}  // namespace freehold::directory
