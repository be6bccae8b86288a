// What the operations on deployments share.
#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "base/clock.h"
#include "src/arm_call.h"
#include "src/deployment_store.h"

namespace freehold::resources {

// The deployments that run in this process. Thread-safe.
class ActiveDeployments {
 public:
  using Flag = std::shared_ptr<const std::atomic<bool>>;  // true: it was cancelled; shared with the run
  // Ends when it goes.
  class Place {
   public:
    Place(ActiveDeployments& all, std::string key, Flag cancelled)
        : all_(&all), key_(std::move(key)), cancelled_(std::move(cancelled)) {}
    Place(Place&& other) noexcept
        : all_(std::exchange(other.all_, nullptr)),
          key_(std::move(other.key_)),
          cancelled_(std::move(other.cancelled_)) {}
    Place& operator=(Place&&) = delete;
    ~Place() {
      if (all_ != nullptr) all_->end(key_);
    }
    [[nodiscard]] const Flag& cancelled() const { return cancelled_; }

   private:
    ActiveDeployments* all_;
    std::string key_;
    Flag cancelled_;
  };

  // nullopt: one of that name runs.
  [[nodiscard]] std::optional<Place> begin(const DeploymentKey& key);
  [[nodiscard]] bool is_active(const DeploymentKey& key) const;
  // False: none runs.
  bool cancel(const DeploymentKey& key);

 private:
  void end(const std::string& key);
  mutable std::mutex mutex_;
  std::map<std::string, std::shared_ptr<std::atomic<bool>>> active_;
};

// All of it outlives the gate.
struct DeploymentParts {
  const ArmParts& arm;
  const DeploymentStore& store;
  ActiveDeployments& active;
  const Clock& clock;
};

// Asks the resource manager in the caller's name: through every stage, as if the caller had (Permit::ask).
using AskDoor = std::function<Task<http::Response>(http::Request& part)>;

}  // namespace freehold::resources
