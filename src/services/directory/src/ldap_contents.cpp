#include "src/ldap_contents.h"

#include <algorithm>
#include <array>

#include "base/encoding.h"
#include "directory/object.h"
#include "ldap/names.h"

namespace freehold::directory {
namespace {

// Where an attribute of Graph's comes from: the first of these that the entry has.
struct Taken {
  std::string_view name;
  std::array<std::string_view, 2> from;
};
constexpr std::array kTaken = {Taken{"displayName", {"displayname", "cn"}},
                               Taken{"givenName", {"givenname", ""}},
                               Taken{"surname", {"sn", ""}},
                               Taken{"mail", {"mail", ""}},
                               Taken{"jobTitle", {"title", ""}},
                               Taken{"department", {"department", "departmentnumber"}},
                               Taken{"companyName", {"company", "o"}},
                               Taken{"employeeId", {"employeeid", "employeenumber"}},
                               Taken{"officeLocation", {"physicaldeliveryofficename", ""}},
                               Taken{"mobilePhone", {"mobile", ""}},
                               Taken{"businessPhones", {"telephonenumber", ""}},
                               Taken{"faxNumber", {"facsimiletelephonenumber", ""}},
                               Taken{"streetAddress", {"streetaddress", "street"}},
                               Taken{"city", {"l", ""}},
                               Taken{"state", {"st", ""}},
                               Taken{"postalCode", {"postalcode", ""}},
                               Taken{"country", {"co", "c"}},
                               Taken{"preferredLanguage", {"preferredlanguage", ""}},
                               Taken{"onPremisesSamAccountName", {"samaccountname", "uid"}}};

constexpr std::uint64_t kAccountDisabled = 2;                    // of Active Directory's userAccountControl
constexpr std::uint64_t kTicksTo1970 = 116'444'736'000'000'000;  // 100 ns from 1601-01-01

void put_checked(ObjectKind kind, std::string_view name, AttributeValue value, Attributes& out) {
  const auto* spec = find_attribute(kind, name);
  if (spec != nullptr && check_attribute(*spec, value)) out[std::string(name)] = std::move(value);
}

// An id as text: Active Directory's are 16 bytes, which Graph shows in base64.
std::string id_text(std::string_view id) {
  const bool text = is_valid_utf8(id) &&
                    std::ranges::none_of(id, [](char c) { return static_cast<unsigned char>(c) <= 0x20 || c == 0x7f; });
  return text ? std::string(id) : to_base64(id);
}

bool is_enabled(const ldap::Entry& entry) {
  const auto control = parse_u64(entry.first("useraccountcontrol"));
  if (control && (*control & kAccountDisabled) != 0) return false;
  return entry.first("pwdaccountlockedtime").empty() && !equals_ignoring_case(entry.first("nsaccountlock"), "true");
}

// An attribute that is one text takes the first value, a list takes all.
void take_attributes(const ldap::Entry& entry, Attributes& out) {
  for (const auto& taken : kTaken) {
    for (const auto from : taken.from) {
      const auto at = entry.values.find(from);
      if (at == entry.values.end() || at->second.empty()) continue;
      const bool list = find_attribute(ObjectKind::kUser, taken.name)->type == AttributeType::kTexts;
      put_checked(ObjectKind::kUser, taken.name, list ? AttributeValue(at->second) : AttributeValue(at->second.front()),
                  out);
      break;
    }
  }
}

void put_source(ObjectKind kind, const std::string& id, std::string_view dn, Attributes& out) {
  put_checked(kind, "onPremisesImmutableId", id, out);
  put_checked(kind, "onPremisesSyncEnabled", true, out);
  put_checked(kind, "onPremisesDistinguishedName", std::string(dn), out);
}

std::vector<std::string> values_of(const ldap::Entry& entry, std::string_view attribute) {
  const auto at = entry.values.find(attribute);
  return at == entry.values.end() ? std::vector<std::string>() : at->second;
}

// Active Directory gives large groups in pieces, under a name of their own.
bool is_in_pieces(const ldap::Entry& entry) {
  return std::ranges::any_of(entry.values, [](const auto& value) { return value.first.starts_with("member;range="); });
}

}  // namespace

std::vector<std::string> user_attributes_to_read(const LdapSource& source) {
  std::vector<std::string> out = {source.id_attribute,    source.name_attribute, "uid",
                                  "userAccountControl",   "pwdLastSet",          "pwdChangedTime",
                                  "pwdAccountLockedTime", "nsAccountLock"};
  for (const auto& taken : kTaken) {
    for (const auto from : taken.from) {
      if (!from.empty()) out.emplace_back(from);
    }
  }
  return out;
}

std::vector<std::string> group_attributes_to_read(const LdapSource& source) {
  return {source.id_attribute, "cn", "description", "member", "uniqueMember", "memberUid"};
}

std::optional<LdapUser> read_ldap_user(const LdapSource& source, std::string_view domain, const ldap::Entry& entry) {
  LdapUser out;
  const auto dn = ldap::comparable_name(entry.dn);
  out.id = id_text(entry.first(to_lower(source.id_attribute)));
  std::string name(entry.first(to_lower(source.name_attribute)));
  if (!dn || out.id.empty() || name.empty()) return std::nullopt;
  if (name.find('@') == name.npos) name += "@" + std::string(domain);
  out.dn = *dn;
  out.uid = to_lower(entry.first("uid"));
  out.enabled = is_enabled(entry);
  for (const auto* time : {"pwdchangedtime", "pwdlastset"}) {
    if (!out.password_changed) out.password_changed = read_ldap_time(entry.first(time));
  }
  take_attributes(entry, out.attributes);
  put_checked(ObjectKind::kUser, "userPrincipalName", name, out.attributes);
  put_checked(ObjectKind::kUser, "mailNickname", name.substr(0, name.find('@')), out.attributes);
  if (!out.attributes.contains("displayName")) put_checked(ObjectKind::kUser, "displayName", name, out.attributes);
  put_source(ObjectKind::kUser, out.id, entry.dn, out.attributes);
  for (const auto* needed : {"userPrincipalName", "onPremisesImmutableId", "onPremisesDistinguishedName"}) {
    if (!out.attributes.contains(needed)) return std::nullopt;
  }
  return out;
}

std::optional<LdapGroup> read_ldap_group(const LdapSource& source, const ldap::Entry& entry) {
  LdapGroup out;
  const auto dn = ldap::comparable_name(entry.dn);
  out.id = id_text(entry.first(to_lower(source.id_attribute)));
  out.name = std::string(entry.first("cn"));
  if (!dn || out.id.empty() || out.name.empty() || out.name.size() > kMaxNameBytes || !is_valid_utf8(out.name)) {
    return std::nullopt;
  }
  out.dn = *dn;
  for (const auto* attribute : {"member", "uniquemember"}) {
    for (const auto& member : values_of(entry, attribute)) {
      if (auto comparable = ldap::comparable_name(member)) out.member_names.push_back(std::move(*comparable));
    }
  }
  for (const auto& uid : values_of(entry, "memberuid")) out.member_uids.push_back(to_lower(uid));
  if (is_in_pieces(entry) || out.member_names.size() + out.member_uids.size() > kMaxMembers) return std::nullopt;
  put_checked(ObjectKind::kGroup, "description", std::string(entry.first("description")), out.attributes);
  put_source(ObjectKind::kGroup, out.id, entry.dn, out.attributes);
  if (!out.attributes.contains("onPremisesImmutableId")) return std::nullopt;
  return out;
}

std::optional<WallTime> read_ldap_time(std::string_view text) {
  if (text.ends_with('Z') && text.size() >= 15) {
    const std::string digits(text.substr(0, 14));
    if (!parse_u64(digits) || (text[14] != 'Z' && text[14] != '.')) return std::nullopt;
    return parse_iso8601(digits.substr(0, 4) + "-" + digits.substr(4, 2) + "-" + digits.substr(6, 2) + "T" +
                         digits.substr(8, 2) + ":" + digits.substr(10, 2) + ":" + digits.substr(12, 2) + "Z");
  }
  const auto ticks = parse_u64(text);
  if (!ticks || *ticks < kTicksTo1970 || *ticks > std::uint64_t{1} << 62) return std::nullopt;
  return WallTime(std::chrono::microseconds((*ticks - kTicksTo1970) / 10));
}

}  // namespace freehold::directory
