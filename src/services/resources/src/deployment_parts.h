// What the operations on deployments share.
#pragma once

#include <atomic>
#include <expected>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "base/clock.h"
#include "src/arm_call.h"
#include "src/deployment_store.h"

namespace freehold::resources {

// Of a tenant, those that wait for their turn included.
inline constexpr std::size_t kActiveDeployments = 50;
inline constexpr std::size_t kActiveBytes = 32 * 1024 * 1024;  // of their requests

// The deployments that were taken in this process and haven't ended, nested ones too. Thread-safe.
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

  enum class Refusal : std::uint8_t { kNameRuns, kTooMany };
  // `bytes` of its template; a nested one is no more than a name, as it is part of one that was counted.
  [[nodiscard]] std::expected<Place, Refusal> begin(const DeploymentKey& key, std::size_t bytes, bool nested = false);
  [[nodiscard]] bool is_active(const DeploymentKey& key) const;
  // False: none runs.
  bool cancel(const DeploymentKey& key);
  // All of a scope. False: none runs there.
  bool cancel_all(TenantId tenant, std::string_view scope);

 private:
  void end(const std::string& key);
  mutable std::mutex mutex_;
  struct Active {
    std::shared_ptr<std::atomic<bool>> cancelled;
    std::size_t bytes = 0;
    bool nested = false;
  };
  std::map<std::string, Active> active_;  // by tenant, scope and name
};

class DeploymentJobs;
class Planning;

// All of it outlives the gate.
struct DeploymentParts {
  const ArmParts& arm;
  const DeploymentStore& store;
  ActiveDeployments& active;
  const Clock& clock;
  Planning& planning;
  DeploymentJobs& jobs;
};

// Asks the resource manager in the caller's name: through every stage, as if the caller had (Permit::ask).
using AskDoor = std::function<Task<http::Response>(http::Request& part)>;

}  // namespace freehold::resources
