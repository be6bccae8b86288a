#include "local_coordinator.h"

#include "base/check.h"
#include "base/limits.h"

namespace freehold::store {

struct LocalCoordinator::Listeners {
  std::mutex mutex;
  std::uint64_t next = 1;
  std::map<std::string, std::map<std::uint64_t, std::shared_ptr<std::function<void(BytesView)>>>> by_topic;
};

LocalCoordinator::LocalCoordinator(EpochShelf& shelf) : shelf_(shelf), listeners_(std::make_shared<Listeners>()) {}

Task<Result<Lease>> LocalCoordinator::acquire(std::string name) {
  if (name.empty() || name.size() > limits::kKeyBytes / 2)
    co_return fail(ErrorCode::kInvalidArgument, "bad lease name");
  {
    std::lock_guard lock(mutex_);
    if (!held_.emplace(name, 0).second) co_return fail(ErrorCode::kConflict, "the lease is held");
  }
  auto last = co_await shelf_.at(name);
  Result<> raised;
  if (last) raised = co_await shelf_.raise(name, *last + 1);
  std::lock_guard lock(mutex_);
  if (!last || !raised) {
    held_.erase(name);
    co_return std::unexpected(last ? raised.error() : last.error());
  }
  held_[name] = *last + 1;
  co_return Lease{name, Epoch{*last + 1}, {}};
}

Task<Result<Lease>> LocalCoordinator::renew(Lease lease) {
  std::lock_guard lock(mutex_);
  const auto found = held_.find(lease.name);
  if (found == held_.end() || found->second != lease.epoch.value)
    co_return fail(ErrorCode::kConflict, "the lease is lost");
  co_return lease;
}

Task<Result<>> LocalCoordinator::release(Lease lease) {
  std::lock_guard lock(mutex_);
  const auto found = held_.find(lease.name);
  if (found == held_.end() || found->second != lease.epoch.value)
    co_return fail(ErrorCode::kConflict, "the lease is lost");
  held_.erase(found);
  co_return Result<>{};
}

void LocalCoordinator::notify(std::string topic, Bytes message) {
  std::vector<std::shared_ptr<std::function<void(BytesView)>>> callbacks;
  {
    std::lock_guard lock(listeners_->mutex);
    const auto found = listeners_->by_topic.find(topic);
    if (found == listeners_->by_topic.end()) return;
    for (const auto& [id, callback] : found->second) callbacks.push_back(callback);
  }
  for (const auto& callback : callbacks) (*callback)(message);
}

std::unique_ptr<Subscription> LocalCoordinator::subscribe(std::string topic, std::function<void(BytesView)> callback) {
  class Entry final : public Subscription {
   public:
    Entry(std::shared_ptr<Listeners> listeners, std::string topic, std::uint64_t id)
        : listeners_(std::move(listeners)), topic_(std::move(topic)), id_(id) {}
    ~Entry() override {
      std::lock_guard lock(listeners_->mutex);
      const auto found = listeners_->by_topic.find(topic_);
      FH_CHECK(found != listeners_->by_topic.end());
      found->second.erase(id_);
      if (found->second.empty()) listeners_->by_topic.erase(found);
    }
    Entry(const Entry&) = delete;
    Entry& operator=(const Entry&) = delete;

   private:
    std::shared_ptr<Listeners> listeners_;
    std::string topic_;
    std::uint64_t id_;
  };
  std::lock_guard lock(listeners_->mutex);
  const auto id = listeners_->next++;
  listeners_->by_topic[topic].emplace(id, std::make_shared<std::function<void(BytesView)>>(std::move(callback)));
  return std::make_unique<Entry>(listeners_, std::move(topic), id);
}

}  // namespace freehold::store
