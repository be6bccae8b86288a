// LocalCoordinator: leases, epochs and notices for one process.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>

#include "store/coordinator.h"

namespace freehold::store {

// Where the last epoch of each name is kept: at() answers 0 for a name never seen; raise() must be durable on return.
class EpochShelf {
 public:
  virtual ~EpochShelf() = default;
  [[nodiscard]] virtual Task<Result<std::uint64_t>> at(std::string name) = 0;
  [[nodiscard]] virtual Task<Result<>> raise(std::string name, std::uint64_t epoch) = 0;
};

// A name is held until it is released or the process ends (term 0): a second process can't open the same directories,
// so within this one the holder is always alive. Epochs come from the shelf and so grow across restarts. Thread-safe;
// the shelf outlives it.
class LocalCoordinator final : public Coordinator {
 public:
  explicit LocalCoordinator(EpochShelf& shelf);
  [[nodiscard]] Task<Result<Lease>> acquire(std::string name) override;
  [[nodiscard]] Task<Result<Lease>> renew(Lease lease) override;
  [[nodiscard]] Task<Result<>> release(Lease lease) override;
  void notify(std::string topic, Bytes message) override;
  [[nodiscard]] std::unique_ptr<Subscription> subscribe(std::string topic,
                                                        std::function<void(BytesView)> callback) override;

 private:
  struct Listeners;
  EpochShelf& shelf_;
  std::mutex mutex_;
  std::map<std::string, std::uint64_t> held_;  // 0 while being acquired
  std::shared_ptr<Listeners> listeners_;       // shared with subscriptions, which may end last
};

}  // namespace freehold::store
