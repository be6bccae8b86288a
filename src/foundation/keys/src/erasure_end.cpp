// ErasureTree: the end of secrets, and the keys of the token that go with them.
#include <utility>

#include "keys/erasure_tree.h"
#include "src/erasure_parts.h"

namespace freehold::keys {

using runtime::Task;

namespace {

constexpr std::size_t kLeavesACommit = 12;  // full ones: they and the nodes above fit in one

// The keys of a tree in the token begin alike: others may have theirs there.
constexpr std::size_t kTreeBytes = 8;
bool of_one_tree(const crypto::ErasureKeyId& a, const crypto::ErasureKeyId& b) {
  return a.view().substr(0, kTreeBytes) == b.view().substr(0, kTreeBytes);
}
crypto::ErasureKeyId sibling(const crypto::ErasureKeyId& key, Random& random) {
  auto out = random_id<crypto::ErasureKeyId>(random);
  std::copy_n(key.bytes.begin(), kTreeBytes, out.bytes.begin());
  return out;
}

std::unexpected<Error> changed_meanwhile() {
  return fail(ErrorCode::kUnavailable, "the erasure tree was changed by another process");
}

}  // namespace

// Were any of them there?
Task<Result<bool>> ErasureTree::remove(std::vector<ErasureId> ids, bool for_good) {
  bool any = false;
  std::ranges::sort(ids);
  std::size_t next = 0;
  while (next < ids.size()) {
    Draft draft{.renew = for_good, .unfinished = for_good || root_->unfinished, .frees = true};
    while (next < ids.size() && draft.leaves.size() < kLeavesACommit) {
      const LeafIndex index = leaf_of(ids[next]);
      FH_CO_TRY(const auto before, co_await leaf(index));
      auto after = before->clone();
      bool changed = false;
      for (; next < ids.size() && leaf_of(ids[next]) == index; ++next) {
        if (!after.remove(ids[next])) continue;
        changed = true;
        --draft.counts[keys::owner_of(ids[next])];
      }
      if (changed) draft.leaves.emplace(index, std::make_shared<const ErasureLeaf>(std::move(after)));
    }
    if (draft.leaves.empty()) continue;
    any = true;
    FH_CO_CHECK_OK(co_await write(std::move(draft)));
  }
  co_return any;
}

Task<Result<ErasureTree::Under>> ErasureTree::make_under(crypto::ErasureKeyId token_key) {
  FH_CO_CHECK_OK(co_await hsm_.make_erasure_key(token_key));
  Under under{.token_key = token_key, .key = random_key(store_.random), .wrapped = {}};
  FH_CO_TRY(under.wrapped, co_await hsm_.wrap_under(token_key, under.key.clone(), root_context()));
  co_return under;
}

// Of attempts that broke off: else they would pile up. The root is changed before, so that a commit of theirs which
// isn't settled can't land any more.
Task<Result<>> ErasureTree::clear_token() {
  FH_CO_TRY(const auto root, co_await look_at_root());
  FH_CO_TRY(const auto others, co_await others_than(root.token_key));
  if (others.empty()) co_return Result<>();
  {
    const auto turn = co_await turn_.take();
    if (!turn) co_return std::unexpected(turn.error());
    FH_CO_CHECK_OK(co_await look());
    if (root_->token_key != root.token_key) co_return changed_meanwhile();
    FH_CO_CHECK_OK(co_await write({.unfinished = true, .frees = true}));
  }
  co_return co_await destroy(others);
}

// A key of the token that nothing older hangs from, and the end of the one before. The token is slow: secrets are made
// and found meanwhile.
Task<Result<>> ErasureTree::renew_root() {
  FH_CO_CHECK_OK(co_await clear_token());
  FH_CO_TRY(const auto before, co_await look_at_root());
  FH_CO_TRY(auto under, co_await make_under(sibling(before.token_key, store_.random)));
  const auto now = under.token_key;
  {
    const auto turn = co_await turn_.take();
    if (!turn) co_return std::unexpected(turn.error());
    FH_CO_CHECK_OK(co_await look());
    if (root_->token_key != before.token_key) co_return changed_meanwhile();
    Draft draft{.frees = true};
    draft.under = std::move(under);
    FH_CO_CHECK_OK(co_await write(std::move(draft)));
  }
  co_return co_await destroy_others(now);
}

Task<Result<std::vector<crypto::ErasureKeyId>>> ErasureTree::others_than(crypto::ErasureKeyId root) {
  FH_CO_TRY(auto keys, co_await hsm_.erasure_keys());
  std::erase_if(keys, [&root](const auto& key) { return key == root || !of_one_tree(key, root); });
  co_return keys;
}

Task<Result<>> ErasureTree::destroy(std::vector<crypto::ErasureKeyId> keys) {
  for (const auto& key : keys) {
    FH_CO_CHECK_OK(co_await hsm_.destroy_erasure_key(key));
  }
  co_return Result<>();
}

Task<Result<>> ErasureTree::destroy_others(crypto::ErasureKeyId root) {
  FH_CO_TRY(auto others, co_await others_than(root));
  co_return co_await destroy(std::move(others));
}

Task<Result<bool>> ErasureTree::remove_for_good(std::vector<ErasureId> ids) {
  const auto turn = co_await turn_.take();
  if (!turn) co_return std::unexpected(turn.error());
  FH_CO_CHECK_OK(co_await look());
  FH_CO_TRY(const bool any, co_await remove(std::move(ids), true));
  co_return any || root_->unfinished;
}

Task<Result<>> ErasureTree::erase_now(std::vector<ErasureId> ids) {
  FH_CO_TRY(const bool unfinished, co_await remove_for_good(std::move(ids)));
  if (unfinished) co_return co_await renew_root();
  FH_CO_TRY(const auto root, co_await look_at_root());
  co_return co_await destroy_others(root.token_key);  // perhaps an earlier call could not
}

Task<Result<>> ErasureTree::erase(std::vector<ErasureId> ids) {
  if (ids.empty()) co_return Result<>();
  const auto mine = std::make_shared<Waiting>();
  mine->ids = std::move(ids);
  {
    const std::lock_guard lock(mutex_);
    waiting_.push_back(mine);
  }
  const auto turn = co_await erasing_.take();
  std::vector<std::shared_ptr<Waiting>> together;
  {
    const std::lock_guard lock(mutex_);
    if (!turn) std::erase(waiting_, mine);
    if (turn && !mine->answer) together = std::exchange(waiting_, {});
  }
  if (!turn) co_return std::unexpected(turn.error());
  if (mine->answer) co_return std::move(*mine->answer);
  std::vector<ErasureId> all;
  for (const auto& each : together) all.insert(all.end(), each->ids.begin(), each->ids.end());
  const auto done = co_await erase_now(std::move(all));
  for (const auto& each : together) each->answer = done;
  co_return done;
}

Task<Result<>> ErasureTree::drop(std::vector<ErasureId> ids) {
  if (ids.empty()) co_return Result<>();
  const auto turn = co_await turn_.take();
  if (!turn) co_return std::unexpected(turn.error());
  FH_CO_CHECK_OK(co_await look());
  FH_CO_TRY([[maybe_unused]] const bool any, co_await remove(std::move(ids), false));
  co_return Result<>();
}

}  // namespace freehold::keys
