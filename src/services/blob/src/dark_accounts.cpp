// Collector: garbage of accounts whose key is withheld by their customers. It isn't kept in memory, where it would keep
// others' out: its rows are durable, and are searched again once the vault says that the key may be used.
#include "src/collector.h"

namespace freehold::blob {

void Collector::note_dark(AccountRef account) {
  const auto [at, fresh] = dark_.try_emplace(account.account, Dark{.account = account});
  at->second.again = true;
  if (fresh) at->second.patience = after_failure({});
}

// An account that is being deleted needs no key any more: what can't be read of it is left to the sweep.
Task<Result<>> Collector::search_dark(gate::Pipeline& door, Which which) {
  Result<> fault;
  for (auto at = dark_.begin(); at != dark_.end();) {
    auto& dark = at->second;
    if (which == Which::kDue && dark.patience.due > round_) {
      ++at;
      continue;
    }
    bool forget = !dark.again;
    if (dark.again) {
      const auto id = dark.account.account;
      const auto light = accounts_.is_being_deleted(id) ? Result<>() : co_await accounts_.look_at_key(id);
      forget = !light && light.error().code == ErrorCode::kNotFound;
      dark.patience = after_failure(dark.patience);
      if (light) {
        std::vector<AccountRef> only{dark.account};
        auto searched = co_await find_left_over(door, std::move(only));
        dark.again = !searched;
        if (!searched) fault = std::move(searched);
      }
    }
    at = forget ? dark_.erase(at) : std::next(at);
  }
  co_return fault;
}

}  // namespace freehold::blob
