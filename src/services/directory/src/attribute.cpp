#include "directory/attribute.h"

#include <algorithm>
#include <array>

#include "base/encoding.h"

namespace freehold::directory {
namespace {

using enum AttributeType;
constexpr auto kNo = Personal::kNo;
constexpr auto kYes = Personal::kYes;

// "user resource type", Microsoft Graph v1.0, with its lengths.
constexpr std::array kUser = {
    AttributeSpec{"userPrincipalName", kText, kYes, 113}, AttributeSpec{"displayName", kText, kYes},
    AttributeSpec{"mailNickname", kText, kYes, 64}, AttributeSpec{"givenName", kText, kYes, 64},
    AttributeSpec{"surname", kText, kYes, 64}, AttributeSpec{"mail", kText, kYes},
    AttributeSpec{"otherMails", kTexts, kYes, 250}, AttributeSpec{"jobTitle", kText, kYes, 128},
    AttributeSpec{"department", kText, kYes, 64}, AttributeSpec{"companyName", kText, kYes, 64},
    AttributeSpec{"employeeId", kText, kYes, 16}, AttributeSpec{"officeLocation", kText, kYes, 128},
    AttributeSpec{"mobilePhone", kText, kYes, 64}, AttributeSpec{"businessPhones", kTexts, kYes, 64},
    AttributeSpec{"faxNumber", kText, kYes, 64}, AttributeSpec{"streetAddress", kText, kYes},
    AttributeSpec{"city", kText, kYes, 128}, AttributeSpec{"state", kText, kYes, 128},
    AttributeSpec{"postalCode", kText, kYes, 40}, AttributeSpec{"country", kText, kYes, 128},
    AttributeSpec{"usageLocation", kText, kNo, 2}, AttributeSpec{"preferredLanguage", kText, kNo, 32},
    AttributeSpec{"userType", kText, kNo, 16}, AttributeSpec{"passwordPolicies", kText, kNo, 64},
    AttributeSpec{"creationType", kText, kNo, 32, Setter::kSource},
    AttributeSpec{"externalUserState", kText, kNo, 32, Setter::kSource},
    AttributeSpec{"externalUserStateChangeDateTime", kText, kNo, 40, Setter::kSource},
    // "signInType issuer issuerAssignedId" each (local_identity.h).
    AttributeSpec{"identities", kTexts, kYes, 512, Setter::kSourceUnseen},
    // Of guests: where their account is; before that, what accepts the invitation.
    AttributeSpec{"homeTenant", kText, kNo, 36, Setter::kSourceUnseen},
    AttributeSpec{"homeObject", kText, kNo, 36, Setter::kSourceUnseen},
    AttributeSpec{"redeemDigest", kText, kNo, 64, Setter::kSourceUnseen},
    AttributeSpec{"redirectUrl", kText, kYes, 2'048, Setter::kSourceUnseen},
    AttributeSpec{"onPremisesImmutableId", kText, kNo, 256, Setter::kSource},
    AttributeSpec{"onPremisesSyncEnabled", kFlag, kNo, 0, Setter::kSource},
    AttributeSpec{"onPremisesDistinguishedName", kText, kYes, 2'048, Setter::kSource},
    AttributeSpec{"onPremisesSamAccountName", kText, kYes, 256, Setter::kSource}};

constexpr std::array kGroup = {AttributeSpec{"description", kText, kNo, 1'024},
                               AttributeSpec{"mailNickname", kText, kNo, 64},
                               AttributeSpec{"onPremisesSyncEnabled", kFlag, kNo, 0, Setter::kSource},
                               AttributeSpec{"onPremisesImmutableId", kText, kNo, 256, Setter::kSourceUnseen}};

// People name their devices after themselves.
constexpr std::array kDevice = {AttributeSpec{"displayName", kText, kYes},
                                AttributeSpec{"deviceId", kText, kNo, 36},
                                AttributeSpec{"operatingSystem", kText},
                                AttributeSpec{"operatingSystemVersion", kText},
                                AttributeSpec{"trustType", kText, kNo, 32},
                                AttributeSpec{"manufacturer", kText},
                                AttributeSpec{"model", kText},
                                AttributeSpec{"isCompliant", kFlag},
                                AttributeSpec{"isManaged", kFlag}};

// What Graph has in `web`, `publicClient` and `spa` stands here under one name each.
constexpr std::array kApplication = {
    AttributeSpec{"displayName", kText},       AttributeSpec{"description", kText, kNo, 1'024},
    AttributeSpec{"notes", kText, kNo, 1'024}, AttributeSpec{"signInAudience", kText, kNo, 64},
    AttributeSpec{"identifierUris", kTexts},   AttributeSpec{"tags", kTexts},
    AttributeSpec{"web.redirectUris", kTexts}, AttributeSpec{"publicClient.redirectUris", kTexts},
    AttributeSpec{"spa.redirectUris", kTexts}, AttributeSpec{"isFallbackPublicClient", kFlag},
    AttributeSpec{"web.homePageUrl", kText},   AttributeSpec{"web.logoutUrl", kText}};

constexpr std::array kServicePrincipal = {
    AttributeSpec{"description", kText, kNo, 1'024}, AttributeSpec{"notes", kText, kNo, 1'024},
    AttributeSpec{"tags", kTexts}, AttributeSpec{"alternativeNames", kTexts},
    AttributeSpec{"appRoleAssignmentRequired", kFlag}, AttributeSpec{"homepage", kText},
    AttributeSpec{"servicePrincipalType", kText, kNo, 32, Setter::kSource},
    // Of an application of another tenant: its service principal there, whose credentials count here.
    AttributeSpec{"homeTenant", kText, kNo, 36, Setter::kSourceUnseen},
    AttributeSpec{"homeObject", kText, kNo, 36, Setter::kSourceUnseen},
    // The resource that a managed identity was made for; nobody changes it.
    AttributeSpec{"actsFor", kText, kNo, 2'048, Setter::kSourceUnseen}};

bool is_good_text(const std::string& text, std::size_t most) {
  const auto control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; };
  return text.size() <= most && is_valid_utf8(text) && std::ranges::none_of(text, control);
}

}  // namespace

std::span<const AttributeSpec> schema_of(ObjectKind kind) {
  switch (kind) {
    case ObjectKind::kUser:
      return kUser;
    case ObjectKind::kGroup:
      return kGroup;
    case ObjectKind::kDevice:
      return kDevice;
    case ObjectKind::kApplication:
      return kApplication;
    case ObjectKind::kServicePrincipal:
      return kServicePrincipal;
  }
  return {};
}

const AttributeSpec* find_attribute(ObjectKind kind, std::string_view name) {
  const auto schema = schema_of(kind);
  const auto at = std::ranges::find(schema, name, &AttributeSpec::name);
  return at == schema.end() ? nullptr : &*at;
}

Result<> check_attribute(const AttributeSpec& spec, const AttributeValue& value) {
  const auto refuse = [&spec] {
    return fail(ErrorCode::kInvalidArgument, "Invalid value specified for property '" + std::string(spec.name) + "'.");
  };
  if (value.index() != static_cast<std::size_t>(spec.type)) return refuse();
  if (const auto* text = std::get_if<std::string>(&value); text && !is_good_text(*text, spec.most)) return refuse();
  if (const auto* texts = std::get_if<std::vector<std::string>>(&value)) {
    const auto good = [&spec](const std::string& text) { return is_good_text(text, spec.most); };
    if (texts->size() > kMaxListItems || !std::ranges::all_of(*texts, good)) return refuse();
  }
  return {};
}

std::string text_of(const Attributes& attributes, std::string_view name) {
  const auto at = attributes.find(name);
  const auto* text = at == attributes.end() ? nullptr : std::get_if<std::string>(&at->second);
  return text == nullptr ? std::string() : *text;
}

bool flag_of(const Attributes& attributes, std::string_view name) {
  const auto at = attributes.find(name);
  const auto* flag = at == attributes.end() ? nullptr : std::get_if<bool>(&at->second);
  return flag != nullptr && *flag;
}

std::vector<std::string> texts_of(const Attributes& attributes, std::string_view name) {
  const auto at = attributes.find(name);
  const auto* texts = at == attributes.end() ? nullptr : std::get_if<std::vector<std::string>>(&at->second);
  return texts == nullptr ? std::vector<std::string>() : *texts;
}

bool is_synchronised(const Attributes& attributes) { return flag_of(attributes, "onPremisesSyncEnabled"); }

}  // namespace freehold::directory
