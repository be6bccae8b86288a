// ManagerClient: asks the resource manager in the name of an assignment's identity: through every stage, as a client
// that has signed in as it.
#pragma once

#include <functional>
#include <string>

#include "http/message.h"
#include "pipeline/pipeline.h"
#include "resource/change.h"
#include "runtime/task.h"

namespace freehold::policies {

using gate::resource::Json;
using runtime::Task;

// What it answered.
struct ManagerAnswer {
  int status = 0;
  Json body = nullptr;
  [[nodiscard]] bool good() const { return status >= 200 && status < 300; }
  // Later it may be otherwise: the house was full, or something of that name runs.
  [[nodiscard]] bool may_pass() const { return status == 429 || status == 503; }
  // {"code", "message"}, bounded.
  [[nodiscard]] Json error() const;
};

// One request; a null body: none. `id` is a resource's, with what comes behind it.
using AskManager =
    std::function<Task<ManagerAnswer>(http::Method method, std::string id, std::string api_version, Json body)>;

struct RemediateResource {
  static constexpr std::string_view kName = "RemediateResource";
};

// Who acts, upon what.
struct Acting {
  TenantId tenant;
  PrincipalId identity;
  std::string resource;  // for the record
  std::string origin;    // "https://management.D:8443"
};

// `error` with texts of at most a few KiB and two levels of details: what is kept of one.
[[nodiscard]] Json bounded_error(const Json& error);

// For tests to stand in. Thread-safe.
class ManagerDoor {
 public:
  virtual ~ManagerDoor() = default;
  // As a job of that identity's: recorded, and each request decided by what it may then. kExhausted, kUnavailable: it
  // wasn't begun. `work` is called once at most.
  [[nodiscard]] virtual Task<Result<>> act(Acting who, std::function<Task<>(AskManager ask)> work) = 0;
};

// Borrows the pipeline.
class PipelineDoor final : public ManagerDoor {
 public:
  explicit PipelineDoor(gate::Pipeline& pipeline) : pipeline_(pipeline) {}
  [[nodiscard]] Task<Result<>> act(Acting who, std::function<Task<>(AskManager ask)> work) override;

 private:
  gate::Pipeline& pipeline_;
};

}  // namespace freehold::policies
