#include "src/local_identity.h"

#include <algorithm>

#include "base/encoding.h"

namespace freehold::directory {
namespace {

constexpr std::size_t kMaxAssignedId = 113;  // as a user principal name
constexpr std::size_t kMaxUserName = 64;

bool is_plain(std::string_view text) {
  constexpr std::string_view kNever = " '\"<>/\\,;:()[]";
  return is_valid_utf8(text) && std::ranges::all_of(text, [&](char c) {
           return static_cast<unsigned char>(c) > 0x20 && c != 0x7f && kNever.find(c) == kNever.npos;
         });
}

}  // namespace

std::optional<Home> home_of(const Attributes& attributes) {
  const auto tenant = parse_guid<TenantId>(text_of(attributes, "homeTenant"));
  const auto object = parse_guid<PrincipalId>(text_of(attributes, "homeObject"));
  if (!tenant || !object) return std::nullopt;
  return Home{*tenant, *object};
}

void set_home(Attributes& attributes, const Home& home) {
  attributes["homeTenant"] = to_string(home.tenant);
  attributes["homeObject"] = to_string(home.object);
}

bool is_guest(const User& user) { return equals_ignoring_case(text_of(user.attributes, "userType"), "Guest"); }

std::vector<LocalIdentity> identities_of(const Attributes& attributes) {
  std::vector<LocalIdentity> out;
  for (const std::string& text : texts_of(attributes, "identities")) {
    const auto first = text.find(' ');
    const auto second = first == text.npos ? text.npos : text.find(' ', first + 1);
    if (second == text.npos) continue;
    out.push_back({text.substr(0, first), text.substr(first + 1, second - first - 1), text.substr(second + 1)});
  }
  return out;
}

void set_identities(Attributes& attributes, const std::vector<LocalIdentity>& identities) {
  std::vector<std::string> texts;
  for (const auto& one : identities) texts.push_back(one.sign_in_type + " " + one.issuer + " " + one.assigned_id);
  attributes["identities"] = std::move(texts);
}

std::string guest_name(std::string_view mail, std::string_view domain) {
  std::string out(mail);
  std::ranges::replace(out, '@', '_');
  return out + "#EXT#@" + std::string(domain);
}

bool is_mail_address(std::string_view text) {
  const auto at = text.find('@');
  return at != text.npos && at != 0 && at + 1 < text.size() && text.find('@', at + 1) == text.npos && is_plain(text) &&
         text.size() <= kMaxAssignedId;
}

Result<> check_identity(const LocalIdentity& identity) {
  const auto& id = identity.assigned_id;
  const bool good = identity.sign_in_type == "emailAddress" ? is_mail_address(id)
                    : identity.sign_in_type == "userName"
                        ? !id.empty() && id.size() <= kMaxUserName && is_plain(id) && id.find('@') == id.npos
                        : false;
  if (good) return {};
  return fail(ErrorCode::kInvalidArgument, "Invalid value specified for property 'identities'.");
}

std::string shown_identity(const Attributes& attributes) {
  const auto all = identities_of(attributes);
  for (const auto& one : all) {
    if (one.sign_in_type == "emailAddress") return one.assigned_id;
  }
  return all.empty() ? std::string() : all.front().assigned_id;
}

}  // namespace freehold::directory
