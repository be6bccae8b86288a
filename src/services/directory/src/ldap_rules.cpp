#include "src/ldap_rules.h"

#include <algorithm>
#include <unordered_set>

#include "src/changes.h"

namespace freehold::directory {
namespace {

constexpr std::size_t kMayAlwaysGo = 10;

std::string source_id(const Attributes& attributes) {
  return is_synchronised(attributes) ? text_of(attributes, "onPremisesImmutableId") : std::string();
}

// What Graph may set stays ours where the source says nothing of it; the source's own goes when it says it no more.
bool is_ours(std::string_view name) { return name == "usageLocation" || name == "userType"; }

Attributes merged_attributes(const Attributes& present, const Attributes& source) {
  Attributes out = source;
  for (const auto& [name, value] : present) {
    if (is_ours(name)) out.try_emplace(name, value);
  }
  return out;
}

template <class Object, class Source>
void find_gone(const std::unordered_map<std::string, std::shared_ptr<const Object>>& present,
               const std::vector<Source>& source, std::vector<PrincipalId>& out, std::size_t& live) {
  std::unordered_set<std::string_view> ids;
  for (const auto& object : source) ids.insert(object.id);
  for (const auto& [id, object] : present) {
    if (is_deleted(*object)) continue;
    ++live;
    if (!ids.contains(id)) out.push_back(object->object);
  }
}

Result<> check_gone(std::size_t gone, std::size_t live, std::string_view what) {
  if (gone <= kMayAlwaysGo || gone * 2 <= live) return {};
  return fail(ErrorCode::kDenied, "the LDAP directory has lost more than half of its " + std::string(what) +
                                      "; nothing is deleted for that");
}

template <class Object, class Source>
std::vector<std::size_t> find_new(const std::unordered_map<std::string, std::shared_ptr<const Object>>& present,
                                  const std::vector<Source>& source) {
  std::vector<std::size_t> out;
  std::unordered_set<std::string_view> seen;
  for (std::size_t i = 0; i < source.size(); ++i) {
    if (!seen.insert(source[i].id).second) continue;  // an id twice: the first counts
    const auto at = present.find(source[i].id);
    if (at == present.end() || differs(*at->second, source[i])) out.push_back(i);
  }
  return out;
}

}  // namespace

Synchronised::Synchronised(const Objects& objects) {
  for (const auto& [id, user] : objects.users) {
    if (auto key = source_id(user->attributes); !key.empty()) users.insert_or_assign(std::move(key), user);
  }
  for (const auto& [id, group] : objects.groups) {
    if (auto key = source_id(group->attributes); !key.empty()) groups.insert_or_assign(std::move(key), group);
  }
}

User merged(const User& present, const LdapUser& source, WallTime now) {
  User out = present;
  out.attributes = merged_attributes(present.attributes, source.attributes);
  out.enabled = source.enabled;
  out.password = std::nullopt;
  out.must_change_password = false;
  out.password_changed = source.password_changed;
  out.deleted = std::nullopt;
  const bool ended = (present.enabled && !out.enabled) || present.deleted;
  if (ended) out.sessions_from = now;
  return out;
}

Group merged(const Group& present, const LdapGroup& source) {
  Group out = present;
  out.name = source.name;
  out.attributes = source.attributes;
  return out;
}

bool differs(const User& present, const LdapUser& source) {
  return present.deleted || present.enabled != source.enabled || present.password ||
         present.password_changed != source.password_changed ||
         present.attributes != merged_attributes(present.attributes, source.attributes);
}

bool differs(const Group& present, const LdapGroup& source) {
  return present.name != source.name || present.attributes != source.attributes;
}

Result<LdapPlan> plan_changes(const Objects& objects, const LdapContents& contents) {
  const Synchronised present(objects);
  LdapPlan out{.users = find_new(present.users, contents.users),
               .groups = find_new(present.groups, contents.groups),
               .gone = {}};
  std::size_t users = 0;
  find_gone(present.users, contents.users, out.gone, users);
  const std::size_t users_gone = out.gone.size();
  std::size_t groups = 0;
  find_gone(present.groups, contents.groups, out.gone, groups);
  FH_CHECK_OK(check_gone(users_gone, users, "users"));
  FH_CHECK_OK(check_gone(out.gone.size() - users_gone, groups, "groups"));
  return out;
}

Result<> take(Draft& draft, const Synchronised& present, const LdapUser& source, PrincipalId fresh, std::string puid,
              WallTime now) {
  const auto at = present.users.find(source.id);
  if (at == present.users.end()) {
    User user{.object = fresh, .puid = std::move(puid)};
    user.created = user.sessions_from = now;
    return changes::add(draft, merged(user, source, now));
  }
  const auto user = find_in(draft.objects().users, at->second->object);
  if (!user) return fail(ErrorCode::kNotFound, "the user is gone meanwhile");
  if (!user->deleted) return changes::replace(draft, merged(*user, source, now));
  FH_CHECK_OK(changes::restore(draft, user->object));
  return changes::replace(draft, merged(*user, source, now));
}

Result<> take(Draft& draft, const Synchronised& present, const LdapGroup& source, PrincipalId fresh, WallTime now) {
  const auto at = present.groups.find(source.id);
  if (at == present.groups.end()) {
    return changes::add(draft, merged(Group{.object = fresh, .name = {}, .created = now}, source));
  }
  const auto group = live_in(draft.objects().groups, at->second->object);
  if (!group) return fail(ErrorCode::kNotFound, "the group is gone meanwhile");
  return changes::replace(draft, merged(*group, source));
}

std::vector<MembersToBe> plan_members(const Objects& objects, const LdapContents& contents) {
  const Synchronised present(objects);
  std::unordered_map<std::string_view, PrincipalId> by_name;
  std::unordered_map<std::string_view, PrincipalId> by_uid;
  for (const auto& user : contents.users) {
    const auto at = present.users.find(user.id);
    if (at == present.users.end() || at->second->deleted) continue;
    by_name.emplace(user.dn, at->second->object);
    if (!user.uid.empty()) by_uid.emplace(user.uid, at->second->object);
  }
  for (const auto& group : contents.groups) {
    if (const auto at = present.groups.find(group.id); at != present.groups.end()) {
      by_name.emplace(group.dn, at->second->object);
    }
  }
  std::vector<MembersToBe> out;
  for (const auto& group : contents.groups) {
    const auto at = present.groups.find(group.id);
    if (at == present.groups.end()) continue;
    MembersToBe wanted{.group = at->second->object, .members = {}};
    for (const auto& name : group.member_names) {
      if (const auto member = by_name.find(name); member != by_name.end()) wanted.members.push_back(member->second);
    }
    for (const auto& uid : group.member_uids) {
      if (const auto member = by_uid.find(uid); member != by_uid.end()) wanted.members.push_back(member->second);
    }
    std::erase(wanted.members, wanted.group);
    std::ranges::sort(wanted.members);
    const auto twice = std::ranges::unique(wanted.members);
    wanted.members.erase(twice.begin(), twice.end());
    auto held = at->second->members;
    std::ranges::sort(held);
    if (held != wanted.members) out.push_back(std::move(wanted));
  }
  return out;
}

}  // namespace freehold::directory
