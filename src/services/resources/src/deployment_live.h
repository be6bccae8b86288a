// DeploymentLive: what a template's reference() and list...() find, asked for in the caller's name.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "expression/template.h"
#include "src/deployment_parts.h"

namespace freehold::resources {

// An answer of the resource manager to a part of a deployment.
struct DoorAnswer {
  int status = 0;
  OrderedJson body = nullptr;
  std::size_t bytes = 0;  // of the body as it came
  [[nodiscard]] bool good() const { return status >= 200 && status < 300; }
  // {"code", "message"}, as it was told.
  [[nodiscard]] OrderedJson error() const;
};

// One request in the caller's name; a null body: none.
[[nodiscard]] Task<DoorAnswer> ask_manager(AskDoor door, http::Method method, std::string url, OrderedJson body);
// "https://management.D:8443" + id + "?api-version=..."
[[nodiscard]] std::string url_of(std::string_view origin, std::string_view id, std::string_view api_version);

inline constexpr std::size_t kLiveValues = 1'000;  // that one deployment asks for
inline constexpr std::size_t kLiveBytes = 16 * 1024 * 1024;

// Shared by one run and its evaluations. Thread-safe: evaluations read it in a pool while others ask. An evaluation
// leaves texts that ask for what isn't here as they stand, and is repeated after fetch().
class DeploymentLive {
 public:
  enum class Reach : std::uint8_t {
    kEverything,
    kResources,  // what nobody may know who may only read is not asked for: list...()
    kNothing,
  };
  // What one evaluation sees, and all that it lacked.
  class View final : public gate::expression::LiveValues {
   public:
    View(std::shared_ptr<DeploymentLive> all, Reach reach) : all_(std::move(all)), reach_(reach) {}
    [[nodiscard]] Result<OrderedJson> read(const gate::expression::LiveRequest& request) override;
    // Everything it asked for was there.
    [[nodiscard]] bool complete() const { return complete_; }

   private:
    friend class DeploymentLive;
    const std::shared_ptr<DeploymentLive> all_;
    const Reach reach_;
    bool complete_ = true;
    std::vector<gate::expression::LiveRequest> wanted_ = {};
  };

  // Asks for what the evaluation lacked. False: nothing that could be asked for.
  [[nodiscard]] Task<bool> fetch(View& view, AskDoor door, std::string origin);
  // What may be otherwise now.
  void forget(const std::string& id);
  // What list...() told: the texts of 16 bytes and more among it.
  [[nodiscard]] std::vector<std::string> secrets();

 private:
  [[nodiscard]] Task<> fetch_one(gate::expression::LiveRequest request, AskDoor door, std::string origin);

  std::mutex mutex_;
  std::size_t bytes_ = 0;
  std::map<std::string, Result<OrderedJson>> known_;
  std::vector<std::string> secrets_;
};

}  // namespace freehold::resources
