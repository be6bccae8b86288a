#include "src/external_directories.h"

#include "src/draft.h"
#include "src/snapshot.h"

namespace freehold::directory {
namespace {

// An account of the tenant's own by which somebody signs in.
Result<> check_maker(const Objects& objects, PrincipalId who) {
  const auto user = live_in(objects.users, who);
  const auto principal = live_in(objects.principals, who);
  const bool own = user ? !is_guest(*user) && !home_of(user->attributes)
                        : principal && !is_managed(*principal) && !home_of(principal->attributes);
  if (own) return {};
  return fail(ErrorCode::kInvalidArgument, "guests and managed identities make no directories");
}

// May the tenant have this one too?
Result<> check_new(const Objects& objects, const ExternalDirectory& wanted) {
  FH_CHECK_OK(check_maker(objects, wanted.administrator.object));
  if (objects.externals.size() >= kMaxExternalDirectories) {
    return fail(ErrorCode::kExhausted, "the tenant has as many directories as it may have");
  }
  for (const auto& [id, other] : objects.externals) {
    if (other->domain == wanted.domain) return fail(ErrorCode::kConflict, "the domain is taken");
  }
  return {};
}

// Azure wants every user but the administrators gone, and every application.
Result<> check_empty(const Objects& objects) {
  for (const auto& [id, user] : objects.users) {
    if (!user->deleted && user->directory_roles.empty()) return fail(ErrorCode::kConflict, "it has users");
  }
  for (const auto& [id, application] : objects.applications) {
    if (!application->deleted) return fail(ErrorCode::kConflict, "it has applications");
  }
  return {};
}

}  // namespace

Task<Result<>> ExternalDirectories::open_one(std::shared_ptr<const ExternalDirectory> external) {
  if (prepare_) {
    FH_CO_CHECK_OK(co_await prepare_(external->tenant));
  }
  // Its sessions first: a directory that is there and has none would stay so.
  FH_CO_CHECK_OK(co_await sessions_.open(external->tenant));
  co_return co_await store_.open_external(external);
}

Task<Result<>> ExternalDirectories::open(TenantId home) {
  for (const auto& external : of(home)) {
    FH_CO_CHECK_OK(co_await open_one(external));
  }
  co_return Result<>();
}

std::vector<std::shared_ptr<const ExternalDirectory>> ExternalDirectories::of(TenantId home) const {
  std::vector<std::shared_ptr<const ExternalDirectory>> out;
  const auto now = store_.snapshot(home);
  if (!now) return out;
  for (const auto& [id, external] : now->objects.externals) out.push_back(external);
  return out;
}

std::shared_ptr<const ExternalDirectory> ExternalDirectories::find(std::string_view domain) const {
  for (const TenantId tenant : store_.home_tenants()) {
    for (auto& external : of(tenant)) {
      if (external->domain == domain) return std::move(external);
    }
  }
  return nullptr;
}

Task<Result<std::shared_ptr<const ExternalDirectory>>> ExternalDirectories::make(ExternalDirectory wanted) {
  wanted.tenant = random_id<TenantId>(random_);
  const auto made = std::make_shared<const ExternalDirectory>(std::move(wanted));
  FH_CO_TRY(const auto turn, co_await turn_.take());
  if (find(made->domain)) co_return fail(ErrorCode::kConflict, "the domain is taken");
  const TenantId home = made->administrator.tenant;
  const auto now = store_.snapshot(home);
  if (!now) co_return fail(ErrorCode::kNotFound, "there is no such tenant");
  // Before a key is made, which stays.
  FH_CO_CHECK_OK(check_new(now->objects, *made));
  // The key first: a row never names a tenant that can't be opened.
  if (prepare_) {
    FH_CO_CHECK_OK(co_await prepare_(made->tenant));
  }
  DirectoryStore::Edit edit = [made](Draft& draft) -> Result<> {
    FH_CHECK_OK(check_new(draft.objects(), *made));
    draft.put(*made);
    return {};
  };
  FH_CO_CHECK_OK(co_await store_.change(home, std::move(edit)));
  FH_CO_CHECK_OK(co_await open_one(made));
  co_return made;
}

Task<Result<>> ExternalDirectories::change(ExternalDirectory changed) {
  FH_CO_TRY(const auto turn, co_await turn_.take());
  const TenantId home = changed.administrator.tenant;
  const auto now = store_.snapshot(home);
  const auto there = now ? now->objects.externals.find(changed.tenant) : decltype(now->objects.externals.end()){};
  if (!now || there == now->objects.externals.end()) co_return fail(ErrorCode::kNotFound, "it is gone");
  // What broke off when it was made, or removed.
  if (!store_.has(changed.tenant)) {
    FH_CO_CHECK_OK(co_await open_one(there->second));
  }
  DirectoryStore::Edit edit = [changed = std::move(changed)](Draft& draft) -> Result<> {
    if (!draft.objects().externals.contains(changed.tenant)) return fail(ErrorCode::kNotFound, "it is gone");
    draft.put(changed);
    return {};
  };
  co_return co_await store_.change(home, std::move(edit));
}

Task<Result<>> ExternalDirectories::remove(std::shared_ptr<const ExternalDirectory> external) {
  FH_CO_TRY(const auto turn, co_await turn_.take());
  const TenantId tenant = external->tenant;
  const auto home = store_.snapshot(external->administrator.tenant);
  if (!home || !home->objects.externals.contains(tenant)) co_return Result<>();  // another was faster
  // What an earlier try left is there under the same name.
  if (prepare_) {
    FH_CO_CHECK_OK(co_await prepare_(tenant));
  }
  FH_CO_CHECK_OK(co_await store_.open_external(external));
  const auto now = store_.snapshot(tenant);
  if (!now) co_return fail(ErrorCode::kUnavailable, "it is being removed");
  FH_CO_CHECK_OK(check_empty(now->objects));
  FH_CO_CHECK_OK(co_await sessions_.close(tenant));
  const auto erased = co_await store_.erase_external(tenant, check_empty);
  if (!erased) {
    if (store_.has(tenant)) {
      FH_CO_CHECK_OK(co_await sessions_.open(tenant));
    }
    co_return std::unexpected(erased.error());
  }
  DirectoryStore::Edit edit = [tenant](Draft& draft) -> Result<> {
    draft.remove_external(tenant);
    return {};
  };
  co_return co_await store_.change(external->administrator.tenant, std::move(edit));
}

}  // namespace freehold::directory
