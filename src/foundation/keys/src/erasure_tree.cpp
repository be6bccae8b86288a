#include "keys/erasure_tree.h"

#include <algorithm>
#include <utility>

#include "base/log.h"
#include "crypto/aead.h"
#include "crypto/digest.h"
#include "runtime/completion.h"
#include "src/erasure_parts.h"

namespace freehold::keys {

using runtime::Task;

namespace {

constexpr std::uint8_t kFormat = 1;
constexpr std::size_t kReady = 32;          // secrets made at once
constexpr std::size_t kLeavesKept = 2'048;  // 100 MB if all are full, a few as a rule
constexpr std::size_t kWrappedBytes = 256;
constexpr int kLeavesTried = 64;

store::PartitionId partition() { return store::make_partition_id(TenantId{}, "erasure"); }
Bytes root_key() { return "r"; }
Bytes node_key(std::uint8_t index) { return "n" + Bytes(1, static_cast<char>(index)); }
Bytes leaf_key(std::uint16_t index) {
  Bytes key = "l";
  append_u16(key, index);
  return key;
}
Bytes count_key(const ErasureOwner& owner) { return "t" + Bytes(owner.begin(), owner.end()); }
Bytes context_of(BytesView key) { return Bytes("freehold erasure node ") += key; }

std::uint8_t high(std::uint16_t leaf) { return static_cast<std::uint8_t>(leaf >> 8); }
std::uint8_t low(std::uint16_t leaf) { return static_cast<std::uint8_t>(leaf & 0xff); }

}  // namespace

ErasureTree::ErasureTree(crypto::Hsm& hsm, SealedStore store, std::uint64_t per_tenant)
    : hsm_(hsm), store_(store), per_tenant_(per_tenant) {}
ErasureTree::~ErasureTree() = default;

Task<Result<>> ErasureTree::open() {
  const auto erasing = co_await erasing_.take();
  if (!erasing) co_return std::unexpected(erasing.error());
  FH_CO_TRY(const auto state, co_await look_at_root());
  auto work = state.unfinished ? renew_root() : destroy_others(state.token_key);
  const auto done = co_await std::move(work);
  // What is there can be read all the same, and the disk that is full can be freed.
  if (!done) {
    log_warning("what was purged can't be destroyed now: it is left to the next purge",
                {{"error", done.error().message}, {"detail", done.error().detail}});
  }
  co_return Result<>();
}

Task<Result<ErasureTree::RootState>> ErasureTree::look_at_root() {
  const auto turn = co_await turn_.take();
  if (!turn) co_return std::unexpected(turn.error());
  FH_CO_CHECK_OK(co_await look());
  co_return RootState{root_->token_key, root_->unfinished};
}

Task<Result<>> ErasureTree::look() {
  if (root_ && !uncertain_) co_return Result<>();
  FH_CO_TRY(auto row, co_await store_.rows.get(partition(), root_key()));
  if (!row) co_return co_await make_root();
  // Every change writes the root: nothing came of the one that was uncertain.
  if (root_ && root_->row == *row) {
    uncertain_ = false;
    co_return Result<>();
  }
  FH_CO_CHECK_OK(co_await read_root(std::move(*row)));
  nodes_.clear();
  counts_.clear();
  {
    const std::lock_guard lock(mutex_);
    leaves_.clear();
    used_.clear();
    ready_.clear();
  }
  uncertain_ = false;
  co_return Result<>();
}

Task<Result<>> ErasureTree::make_root() {
  root_ = std::make_unique<Root>();
  root_->token_key = random_id<crypto::ErasureKeyId>(store_.random);
  auto under = co_await make_under(root_->token_key);
  Draft draft;
  Result<> made;
  if (under) {
    draft.under = std::move(*under);
    made = co_await write(std::move(draft));
  } else {
    made = pass_on(under);
  }
  if (!made) root_.reset();
  co_return made;
}

Task<Result<>> ErasureTree::read_root(Bytes row) {
  ByteReader reader(row);
  const auto format = reader.u8();
  if (format != kFormat) co_return fail(ErrorCode::kUnsupported, "the erasure tree was written by a newer version");
  auto root = std::make_unique<Root>();
  root->unfinished = reader.u8() != 0;
  const BytesView token_key = reader.take(root->token_key.bytes.size());
  root->wrapped = Bytes(reader.sized(kWrappedBytes));
  const BytesView sealed = reader.rest();
  if (!reader.ok()) co_return fail(ErrorCode::kCorrupt, "the root of the erasure tree is damaged");
  std::ranges::copy(token_key, root->token_key.bytes.begin());
  auto key = co_await hsm_.unwrap_under(root->token_key, root->wrapped, root_context());
  if (!key && key.error().code == ErrorCode::kNotFound) {
    co_return fail(ErrorCode::kCorrupt,
                   "the HSM token hasn't the key under which what is in vaults is kept: the token or the data is of "
                   "another time than the other one, and what was purged since can't be read any more",
                   to_string(root->token_key));
  }
  if (!key) co_return std::unexpected(key.error());
  root->key = std::move(*key);
  FH_CO_TRY(const Secret plain, crypto::open_secret(root->key, context_of(root_key()), sealed));
  FH_CO_TRY(root->node, ErasureNode::decode(plain.view()));
  root->row = std::move(row);
  root_ = std::move(root);
  co_return Result<>();
}

Task<Result<ErasureTree::NodePtr>> ErasureTree::node(std::uint8_t index) {
  if (const auto known = nodes_.find(index); known != nodes_.end()) co_return known->second;
  if (!root_->node.has(index)) co_return std::make_shared<const ErasureNode>();
  const Bytes key = node_key(index);
  FH_CO_TRY(const auto row, co_await store_.rows.get(partition(), key));
  if (!row) co_return fail(ErrorCode::kCorrupt, "a node of the erasure tree is missing");
  FH_CO_TRY(const Secret plain, crypto::open_secret(root_->node.key(index), context_of(key), *row));
  FH_CO_TRY(auto opened, ErasureNode::decode(plain.view()));
  auto shared = std::make_shared<const ErasureNode>(std::move(opened));
  nodes_[index] = shared;
  co_return shared;
}

ErasureTree::LeafPtr ErasureTree::cached(LeafIndex index) {
  const std::lock_guard lock(mutex_);
  const auto found = leaves_.find(index);
  if (found == leaves_.end()) return nullptr;
  used_.splice(used_.begin(), used_, found->second.second);
  return found->second.first;
}

void ErasureTree::remember(LeafIndex index, LeafPtr leaf) {
  const std::lock_guard lock(mutex_);
  if (const auto found = leaves_.find(index); found != leaves_.end()) {
    found->second.first = std::move(leaf);
    return;
  }
  used_.push_front(index);
  leaves_.emplace(index, std::pair(std::move(leaf), used_.begin()));
  if (leaves_.size() <= kLeavesKept) return;
  leaves_.erase(used_.back());
  used_.pop_back();
}

// One that isn't there is empty.
Task<Result<ErasureTree::LeafPtr>> ErasureTree::leaf(LeafIndex index) {
  if (auto known = cached(index)) co_return known;
  FH_CO_TRY(const auto above, co_await node(high(index)));
  LeafPtr opened = std::make_shared<const ErasureLeaf>();
  if (above->has(low(index))) {
    const Bytes key = leaf_key(index);
    FH_CO_TRY(const auto row, co_await store_.rows.get(partition(), key));
    if (!row) co_return fail(ErrorCode::kCorrupt, "a leaf of the erasure tree is missing");
    FH_CO_TRY(const Secret plain, crypto::open_secret(above->key(low(index)), context_of(key), *row));
    FH_CO_TRY(auto decoded, ErasureLeaf::decode(plain.view()));
    opened = std::make_shared<const ErasureLeaf>(std::move(decoded));
  }
  remember(index, opened);
  co_return opened;
}

// nullopt: it was never counted.
Task<Result<std::optional<std::uint64_t>>> ErasureTree::count(ErasureOwner owner) {
  if (const auto known = counts_.find(owner); known != counts_.end()) co_return known->second;
  const Bytes key = count_key(owner);
  FH_CO_TRY(const auto row, co_await store_.rows.get(partition(), key));
  if (!row) co_return std::nullopt;
  FH_CO_TRY(const Secret under, store_.row_keys.row_key(TenantId{}));
  FH_CO_TRY(const Bytes plain, crypto::open(under, context_of(key), *row));
  ByteReader reader(plain);
  const std::uint64_t found = reader.u64();
  if (!reader.done()) co_return fail(ErrorCode::kCorrupt, "a count of the erasure tree is damaged");
  counts_[owner] = found;
  co_return found;
}

// The rows of what the draft adds to them and takes away, and what they are then.
Task<Result<ErasureTree::Counts>> ErasureTree::put_counts(const Draft& draft, store::Commit& commit) {
  Counts after;
  if (draft.counts.empty()) co_return after;
  FH_CO_TRY(const Secret under, store_.row_keys.row_key(TenantId{}));
  for (const auto& [owner, difference] : draft.counts) {
    FH_CO_TRY(const auto before, co_await count(owner));
    if (!before && difference < 0) continue;  // of an earlier program, which didn't count
    const auto now = static_cast<std::int64_t>(before.value_or(0)) + difference;
    after[owner] = static_cast<std::uint64_t>(std::max<std::int64_t>(now, 0));
    Bytes plain;
    append_u64(plain, after[owner]);
    const Bytes key = count_key(owner);
    commit.puts.push_back({key, crypto::seal(under, context_of(key), plain, store_.random)});
  }
  co_return after;
}

// One commit: leaves, the nodes above them as far as they change, and the root.
Task<Result<>> ErasureTree::write(Draft draft) {
  store::Commit commit{.partition = partition(),
                       .epoch = store_.epoch,
                       .transaction = store_.hybrid.next_transaction(),
                       .expect = {},
                       .puts = {},
                       .deletes = {},
                       .reserve = draft.frees ? store::DiskReserve::kMayUse : store::DiskReserve::kKeep};
  std::map<std::uint8_t, ErasureNode> nodes;
  for (const auto& [index, leaf] : draft.leaves) {
    FH_CO_TRY(const auto above, co_await node(high(index)));
    ErasureNode& changed = nodes.try_emplace(high(index), above->clone()).first->second;
    if (leaf->size() == 0) {
      changed.remove(low(index));
      commit.deletes.push_back(leaf_key(index));
      continue;
    }
    if (draft.renew || !changed.has(low(index))) changed.renew(low(index), store_.random);
    const Bytes key = leaf_key(index);
    commit.puts.push_back(
        {key, crypto::seal(changed.key(low(index)), context_of(key), leaf->encode().view(), store_.random)});
  }
  auto root = std::make_unique<Root>();
  root->token_key = draft.under ? draft.under->token_key : root_->token_key;
  root->unfinished = draft.unfinished;
  root->node = root_->node.clone();
  for (const auto& [index, node] : nodes) {
    if (draft.renew || !root->node.has(index)) root->node.renew(index, store_.random);
    const Bytes key = node_key(index);
    commit.puts.push_back(
        {key, crypto::seal(root->node.key(index), context_of(key), node.encode().view(), store_.random)});
  }
  if (draft.under) {
    root->key = std::move(draft.under->key);
    root->wrapped = std::move(draft.under->wrapped);
  } else if (draft.renew) {
    root->key = random_key(store_.random);
    FH_CO_TRY(root->wrapped, co_await hsm_.wrap_under(root->token_key, root->key.clone(), root_context()));
  } else {
    root->key = root_->key.clone();
    root->wrapped = root_->wrapped;
  }
  append_u8(root->row, kFormat);
  append_u8(root->row, root->unfinished ? 1 : 0);
  root->row += root->token_key.view();
  append_sized(root->row, root->wrapped);
  root->row += crypto::seal(root->key, context_of(root_key()), root->node.encode().view(), store_.random);
  if (root_->row.empty()) {
    commit.expect.push_back(store::absent(root_key()));
  } else {
    commit.expect.push_back({root_key(), root_->row});
  }
  commit.puts.push_back({root_key(), root->row});
  FH_CO_TRY(const auto counts, co_await put_counts(draft, commit));

  const auto done = co_await store::commit_settled(store_.rows, std::move(commit));
  if (done.outcome != store::CommitOutcome::kOk) {
    uncertain_ = true;
    if (done.error.code == ErrorCode::kExhausted) co_return std::unexpected(done.error);
    co_return fail(ErrorCode::kUnavailable, "the erasure tree can't be changed now", done.error.message);
  }
  root_ = std::move(root);
  for (const auto& [owner, now] : counts) counts_[owner] = now;
  for (auto& [index, node] : nodes) nodes_[index] = std::make_shared<const ErasureNode>(std::move(node));
  for (const auto& [index, leaf] : draft.leaves) remember(index, leaf);
  co_return Result<>();
}

ErasureOwner ErasureTree::owner_of(TenantId tenant) {
  ErasureOwner owner{};
  if (tenant == TenantId{}) return owner;
  const auto digest = crypto::sha256("freehold erasure tenant" + Bytes(tenant.view()));
  std::copy_n(digest.begin(), owner.size(), owner.begin());
  return owner;
}

Task<Result<bool>> ErasureTree::is_full(ErasureOwner owner) {
  FH_CO_TRY(const auto there, co_await count(owner));
  co_return owner != ErasureOwner{} && there.value_or(0) + kReady > per_tenant_;
}

Task<Result<bool>> ErasureTree::is_full_for(TenantId tenant) {
  const auto turn = co_await turn_.take();
  if (!turn) co_return std::unexpected(turn.error());
  FH_CO_CHECK_OK(co_await look());
  co_return co_await is_full(owner_of(tenant));
}

Task<Result<>> ErasureTree::refill(ErasureOwner owner) {
  FH_CO_TRY(const bool full, co_await is_full(owner));
  if (full) co_return fail(ErrorCode::kExhausted, "the tenant has as many secrets as it may have");
  for (int tried = 0; tried < kLeavesTried; ++tried) {
    const auto index = static_cast<LeafIndex>(store_.random.u64() & 0xffff);
    FH_CO_TRY(const auto before, co_await leaf(index));
    if (before->size() + kReady > kLeafSecrets) continue;
    auto after = before->clone();
    std::vector<Erasable> made;
    for (std::size_t i = 0; i < kReady; ++i) {
      Erasable fresh{random_id<ErasureId>(store_.random), random_key(store_.random)};
      fresh.id.bytes[0] = high(index);
      fresh.id.bytes[1] = low(index);
      std::ranges::copy(owner, fresh.id.bytes.begin() + 2);
      after.put(fresh.clone());
      made.push_back(std::move(fresh));
    }
    Draft draft;
    draft.leaves.emplace(index, std::make_shared<const ErasureLeaf>(std::move(after)));
    draft.unfinished = root_->unfinished;
    draft.counts[owner] = static_cast<std::int64_t>(kReady);
    FH_CO_CHECK_OK(co_await write(std::move(draft)));
    const std::lock_guard lock(mutex_);
    std::ranges::move(made, std::back_inserter(ready_[owner]));
    co_return Result<>();
  }
  co_return fail(ErrorCode::kExhausted, "there are as many secrets as this region can have");
}

Task<Result<Erasable>> ErasureTree::make(TenantId tenant) {
  const auto owner = owner_of(tenant);
  const auto take = [this, owner]() -> std::optional<Erasable> {
    const std::lock_guard lock(mutex_);
    const auto found = ready_.find(owner);
    if (found == ready_.end()) return std::nullopt;
    auto taken = std::move(found->second.front());
    found->second.pop_front();
    if (found->second.empty()) ready_.erase(found);
    return taken;
  };
  while (true) {
    if (auto ready = take()) co_return std::move(*ready);
    const auto turn = co_await turn_.take();
    if (!turn) co_return std::unexpected(turn.error());
    if (auto ready = take()) co_return std::move(*ready);
    FH_CO_CHECK_OK(co_await look());
    FH_CO_CHECK_OK(co_await refill(owner));
  }
}

void ErasureTree::give_back(Erasable unused) {
  const std::lock_guard lock(mutex_);
  auto& ready = ready_[keys::owner_of(unused.id)];
  if (ready.size() < 2 * kReady) ready.push_back(std::move(unused));
}

Task<Result<Secret>> ErasureTree::find(ErasureId id) {
  auto at = cached(leaf_of(id));
  if (!at) {
    const auto turn = co_await turn_.take();
    if (!turn) co_return std::unexpected(turn.error());
    FH_CO_CHECK_OK(co_await look());
    FH_CO_TRY(at, co_await leaf(leaf_of(id)));
  }
  const Secret* found = at->find(id);
  if (found == nullptr) co_return fail(ErrorCode::kNotFound, "it was erased", to_string(id));
  co_return found->clone();
}

}  // namespace freehold::keys
