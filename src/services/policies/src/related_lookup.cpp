#include "src/related_lookup.h"

#include "base/encoding.h"

namespace freehold::policies {

std::string RelatedLookup::Wanted::key() const {
  return to_string(subscription) + "\n" + to_lower(group) + "\n" + to_lower(type) + "\n" +
         (below ? key_of(*below) : std::string());
}

Result<std::vector<gate::policy::Json>> RelatedLookup::find(const Query& query) {
  const auto target = gate::resource::parse_resource_id(query.target->id);
  if (!target || !target->subscription) {
    return fail(ErrorCode::kUnsupported, "Nothing is looked for outside of subscriptions.");
  }
  const bool own = query.type.size() > query.target->type.size() &&
                   equals_ignoring_case(query.type.substr(0, query.target->type.size() + 1), query.target->type + "/");
  Wanted wanted{.subscription = *target->subscription, .group = {}, .type = query.type, .below = {}};
  if (own && target->kind() == gate::resource::ScopeKind::kResource) {
    wanted.group = target->group;
    wanted.below = *target;
  } else if (!query.resource_group.empty()) {
    wanted.group = query.resource_group;
  } else if (!query.in_subscription) {
    wanted.group = target->group;
  }
  if (fetched_.contains(wanted.key())) return census_.find(query);
  wanted_ = std::move(wanted);
  return fail(ErrorCode::kUnavailable, "not looked for yet");
}

runtime::Task<Result<bool>> RelatedLookup::fetch() {
  if (!wanted_) co_return false;
  const Wanted wanted = *std::exchange(wanted_, std::nullopt);
  fetched_.insert(wanted.key());
  FH_CO_CHECK_OK(
      co_await census_.gather(tenant_, wanted.subscription, wanted.group, wanted.type, wanted.below, now_, scopes_));
  co_return true;
}

}  // namespace freehold::policies
