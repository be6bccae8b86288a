#include "src/ldap_sync.h"

#include "src/changes.h"
#include "src/puid.h"

namespace freehold::directory {
namespace {

constexpr std::size_t kAtOnce = 40;  // users in one commit of at most 1 MiB; groups of many members count the same

// The next at most kAtOnce of a list.
template <class T>
std::vector<T> take_some(std::vector<T>& from) {
  const auto count = static_cast<std::ptrdiff_t>(std::min(from.size(), kAtOnce));
  std::vector<T> out(std::make_move_iterator(from.begin()), std::make_move_iterator(from.begin() + count));
  from.erase(from.begin(), from.begin() + count);
  return out;
}

// Faults of one object, which needn't keep the others from being taken.
bool is_its_own_fault(const Error& error) {
  return error.code == ErrorCode::kConflict || error.code == ErrorCode::kInvalidArgument ||
         error.code == ErrorCode::kExhausted || error.code == ErrorCode::kNotFound;
}

}  // namespace

runtime::Task<Result<>> LdapSync::change(Edit edit) {
  gate::Job job{.tenant = parts_.tenant, .principal = "directory synchronisation", .resource = "/"};
  co_return co_await parts_.door.run_job<SynchroniseDirectory>(
      std::move(job), [this, &edit](gate::Permit<SynchroniseDirectory> permit) -> runtime::Task<Result<>> {
        co_return co_await parts_.store.change(
            parts_.tenant, [&edit](Draft& draft) { return edit(draft); },
            [&permit](const store::PartitionId& partition) { return permit.audit_row(partition, 200); });
      });
}

runtime::Task<Result<>> LdapSync::change_all(std::vector<Edit> edits, Outcome& outcome) {
  if (edits.empty()) co_return Result<>();
  const auto together = co_await change([&edits](Draft& draft) -> Result<> {
    for (const auto& edit : edits) {
      FH_CHECK_OK(edit(draft));
    }
    return {};
  });
  if (together) outcome.changed += edits.size();
  if (together || !is_its_own_fault(together.error())) co_return together;
  for (auto& edit : edits) {
    auto alone = co_await change(std::move(edit));
    if (!alone && !is_its_own_fault(alone.error())) co_return alone;
    alone ? ++outcome.changed : ++outcome.passed_over;
  }
  co_return Result<>();
}

runtime::Task<Result<>> LdapSync::take_all(std::vector<std::size_t> which, EditOf edit_of, Outcome& outcome) {
  while (!which.empty()) {
    const auto directory = parts_.store.snapshot(parts_.tenant);
    const auto present = std::make_shared<const Synchronised>(directory->objects);
    std::vector<Edit> edits;
    for (const std::size_t index : take_some(which)) edits.push_back(edit_of(present, index));
    FH_CO_CHECK_OK(co_await change_all(std::move(edits), outcome));
  }
  co_return Result<>();
}

runtime::Task<Result<>> LdapSync::take_users(std::shared_ptr<const LdapContents> contents,
                                             std::vector<std::size_t> which, Outcome& outcome) {
  std::vector<PrincipalId> ended;
  FH_CO_CHECK_OK(co_await take_all(
      std::move(which),
      [this, contents, &ended](std::shared_ptr<const Synchronised> present, std::size_t index) -> Edit {
        const LdapUser* user = &contents->users[index];
        const auto at = present->users.find(user->id);
        if (at != present->users.end() && !user->enabled) ended.push_back(at->second->object);
        return [contents, present, user, fresh = random_id<PrincipalId>(parts_.random), puid = make_puid(parts_.random),
                now = parts_.clock.now()](Draft& draft) { return take(draft, *present, *user, fresh, puid, now); };
      },
      outcome));
  co_return co_await end_sessions(ended);
}

runtime::Task<Result<>> LdapSync::take_groups(std::shared_ptr<const LdapContents> contents,
                                              std::vector<std::size_t> which, Outcome& outcome) {
  return take_all(
      std::move(which),
      [this, contents](std::shared_ptr<const Synchronised> present, std::size_t index) -> Edit {
        return [contents, present, group = &contents->groups[index], fresh = random_id<PrincipalId>(parts_.random),
                now = parts_.clock.now()](Draft& draft) { return take(draft, *present, *group, fresh, now); };
      },
      outcome);
}

runtime::Task<Result<>> LdapSync::take_members(std::shared_ptr<const LdapContents> contents, Outcome& outcome) {
  auto wanted = plan_members(parts_.store.snapshot(parts_.tenant)->objects, *contents);
  while (!wanted.empty()) {
    std::vector<Edit> edits;
    for (auto& to_be : take_some(wanted)) {
      edits.emplace_back([to_be = std::move(to_be)](Draft& draft) -> Result<> {
        const auto group = live_in(draft.objects().groups, to_be.group);
        if (!group) return fail(ErrorCode::kNotFound, "the group is gone meanwhile");
        Group next = *group;
        next.members = to_be.members;
        return changes::replace(draft, std::move(next));
      });
    }
    FH_CO_CHECK_OK(co_await change_all(std::move(edits), outcome));
  }
  co_return Result<>();
}

runtime::Task<Result<>> LdapSync::let_go(std::vector<PrincipalId> gone, Outcome& outcome) {
  while (!gone.empty()) {
    const auto some = take_some(gone);
    std::vector<Edit> edits;
    for (const PrincipalId object : some) {
      edits.emplace_back(
          [object, now = parts_.clock.now()](Draft& draft) { return changes::remove(draft, object, now); });
    }
    FH_CO_CHECK_OK(co_await change_all(std::move(edits), outcome));
    FH_CO_CHECK_OK(co_await end_sessions(some));
  }
  co_return Result<>();
}

runtime::Task<Result<>> LdapSync::end_sessions(const std::vector<PrincipalId>& users) {
  for (const PrincipalId user : users) {
    FH_CO_CHECK_OK(co_await parts_.sessions.revoke_all(parts_.tenant, user));
  }
  co_return Result<>();
}

runtime::Task<Result<LdapSync::Outcome>> LdapSync::run() {
  FH_CO_TRY(auto read, co_await parts_.source.read());
  const auto contents = std::make_shared<const LdapContents>(std::move(read));
  FH_CO_TRY(auto plan, plan_changes(parts_.store.snapshot(parts_.tenant)->objects, *contents));
  Outcome out{.passed_over = contents->passed_over};
  // Whoever left goes first: a name that was theirs may be another's now.
  FH_CO_CHECK_OK(co_await let_go(std::move(plan.gone), out));
  FH_CO_CHECK_OK(co_await take_users(contents, std::move(plan.users), out));
  FH_CO_CHECK_OK(co_await take_groups(contents, std::move(plan.groups), out));
  FH_CO_CHECK_OK(co_await take_members(contents, out));
  co_return out;
}

}  // namespace freehold::directory
