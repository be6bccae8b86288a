// DeploymentRun: deploys a template, in the name of its caller and behind its request. Each resource is written by a
// request of its own through the door: found, authorised, checked, recorded like any other, by what the caller may
// then.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <set>
#include <string>

#include "runtime/completion.h"
#include "runtime/turn.h"
#include "src/deployment_evaluator.h"
#include "src/deployment_links.h"
#include "src/deployment_notes.h"
#include "src/deployment_plan.h"

namespace freehold::resources {

inline constexpr std::size_t kDeploymentNesting = 5;
inline constexpr std::size_t kDeploymentWrites = 4'000;  // of a deployment with all that it nests
inline constexpr std::size_t kWritesAtOnce = 8;          // of one template; of those that it nests fewer

// One template under way.
struct DeploymentStage {
  DeploymentKey key;
  ResourceId scope = {};
  bool complete = false;
  TemplateLink link = {};  // where its template came from
  OrderedJson shown = OrderedJson::object();
  OrderedJson source = OrderedJson::object();  // until it is written
  std::shared_ptr<Template> plan = {};
  std::optional<ActiveDeployments::Place> place = {};
  const DeploymentStage* outer = nullptr;  // whose part it is
  std::size_t depth = 0;

  std::size_t operations = 0;
  OrderedJson failures = OrderedJson::array();
  OrderedJson written = OrderedJson::array();
  bool cut_off = false;  // something was left when it was told to stop
  std::size_t source_bytes = 0;
  std::optional<gate::ApiError> lost = {};  // what became of a resource couldn't be written down

  std::size_t running = 0;
  bool waits = false;
  runtime::Completion<bool> changed = {};  // when one that runs has ended, if it waits
};

// A resource that stands in a group by itself.
struct GroupResource {
  ResourceId id;
  const gate::resource::ResourceType* type = nullptr;
  Json shown = nullptr;
};
[[nodiscard]] Task<ApiResult<std::vector<GroupResource>>> resources_of_group(const DeploymentParts& parts, ArmCall call,
                                                                             ResourceId group);

// Does a template name it, or something that stands below it? All in lower case.
[[nodiscard]] bool is_wanted(const std::set<std::string>& wanted, const std::string& key);

// Shared by the request that opens it and the job that carries it out. After open() used by coroutines of one loop
// alone; evaluations of its templates happen beside the loop, one at a time.
class DeploymentRun {
 public:
  // `stranger` asks in nobody's name, for links; while open() lasts.
  DeploymentRun(const DeploymentParts& parts, ArmCall call, AskDoor stranger)
      : parts_(parts),
        call_(std::move(call)),
        stranger_(std::move(stranger)),
        evaluator_(parts.planning, call_.caller.tenant, call_.caller.origin) {}

  // Plans it and writes it down as accepted: 400 InvalidTemplate, 409 DeploymentActive, 429 if too many are active.
  [[nodiscard]] Task<ApiResult<>> open(ResourceId scope, std::string name, DeploymentRequest request);
  // As it was accepted; until carry_out().
  [[nodiscard]] const OrderedJson& shown() const { return root_->shown; }
  // To its end, which is then written down: Succeeded, Failed or Canceled. `caller` asks in the caller's name,
  // `stranger` in nobody's.
  [[nodiscard]] Task<> carry_out(AskDoor caller, AskDoor stranger);
  // It was never begun, or broke off: writes down that it failed.
  [[nodiscard]] Task<> abandon();

 private:
  using Stage = DeploymentStage;
  // What became of one resource; no error: it is there.
  struct Outcome {
    int status = 200;
    OrderedJson error = nullptr;
  };

  [[nodiscard]] Task<ApiResult<>> prepare(Stage& stage, DeploymentRequest request, OuterTemplate outer);
  [[nodiscard]] Task<ApiResult<>> begin(Stage& stage);
  [[nodiscard]] Task<> carry_out_stage(Stage& stage);
  [[nodiscard]] Task<> write_all(Stage& stage);
  [[nodiscard]] Task<> write_and_tell(Stage& stage, gate::expression::DeploymentOrder& order, std::size_t place);
  [[nodiscard]] Task<Outcome> write_noted(Stage& stage, std::size_t place);
  [[nodiscard]] Task<Outcome> write(Stage& stage, std::size_t place);
  [[nodiscard]] Task<Outcome> nest(Stage& stage, std::size_t place, OrderedJson body);
  [[nodiscard]] Task<> note(Stage& stage, const OperationNote& operation);
  [[nodiscard]] ApiResult<> check_nested(const ResourceId& id, std::size_t depth) const;
  [[nodiscard]] Task<> remove_rest(Stage& stage);
  [[nodiscard]] Task<> remove_noted(Stage& stage, const GroupResource& resource);
  [[nodiscard]] Task<> finish(Stage& stage);
  [[nodiscard]] Task<> keep_end(Stage& stage);
  [[nodiscard]] OrderedJson without_secrets(const Stage& stage, OrderedJson error) const;
  [[nodiscard]] Task<DoorAnswer> send(http::Method method, std::string url, OrderedJson body);
  [[nodiscard]] ArmCall call_now() const;
  [[nodiscard]] LinkReader link_reader() const;
  [[nodiscard]] Task<ApiResult<DeploymentKey>> earlier() const;
  [[nodiscard]] Task<ApiResult<>> deploy_again(DeploymentKey key);
  [[nodiscard]] Task<> redeploy();
  [[nodiscard]] bool is_cancelled(const Stage& stage) const;
  [[nodiscard]] bool must_stop(const Stage& stage) const;

  const DeploymentParts& parts_;
  const ArmCall call_;
  AskDoor caller_ = {};
  AskDoor stranger_;
  DeploymentEvaluator evaluator_;
  std::unique_ptr<Stage> root_ = std::make_unique<Stage>();
  OnError on_error_ = {};
  std::size_t writes_ = 0;
  std::set<std::string> wanted_;  // every resource that any of the templates names, lower case
};

}  // namespace freehold::resources
