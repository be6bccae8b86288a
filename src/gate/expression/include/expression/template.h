// A deployment template, planned: its parameters checked, its loops unrolled, its resources named, judged and put in
// order. Pure: whoever deploys gives what only the cloud knows (the group, the subscription, resources as they are) and
// takes from here which resource may be written when, and with what body.
//
// Source: Azure Resource Manager, "Understand the structure and syntax of ARM templates" and the pages on loops,
// conditions, nested templates, user-defined functions and types, symbolic names (languageVersion 2.0).
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "expression/date_time.h"
#include "expression/json.h"

namespace freehold::gate::expression {

// Azure's limits of a template.
inline constexpr std::size_t kTemplateParameters = 256;
inline constexpr std::size_t kTemplateVariables = 256;
inline constexpr std::size_t kTemplateResources = 800;  // loops unrolled; those that exist already aren't counted
inline constexpr std::size_t kTemplateOutputs = 64;
inline constexpr std::size_t kCopies = 800;  // of one loop

enum class TemplateScope : std::uint8_t { kTenant, kManagementGroup, kSubscription, kResourceGroup };

// Where a deployment takes place, and what its template's functions say of that. A null value: the function isn't there
// at this scope.
struct TemplateFrame {
  TemplateScope scope = TemplateScope::kResourceGroup;
  std::string subscription = {};    // its id
  std::string resource_group = {};  // names
  std::string management_group = {};
  Json subscription_value = nullptr;  // subscription()
  Json resource_group_value = nullptr;
  Json management_group_value = nullptr;
  Json tenant_value = nullptr;
  Json deployment_value = nullptr;
  Json deployer_value = nullptr;
  Json environment_value = nullptr;
  Ticks now = {};
  std::function<std::string()> new_guid = {};
};

// What an expression asks of the cloud while a resource is written or the outputs are made.
struct LiveRequest {
  std::string id;
  std::string api_version;
  std::string function = {};  // in lower case: "listkeys"; empty: the resource itself
  Json body = nullptr;        // of a function

  friend bool operator==(const LiveRequest&, const LiveRequest&) = default;
};

// A caller that has to wait for an answer notes what was asked, fails, and asks again when it has it (see Environment).
class LiveValues {
 public:
  virtual ~LiveValues() = default;
  // The whole resource as its API gives it, or what the function answered.
  [[nodiscard]] virtual Result<Json> read(const LiveRequest& request) = 0;
};

struct PlannedResource {
  std::string id;                       // "/subscriptions/S/resourceGroups/G/providers/..."
  std::string type;                     // "Microsoft.Storage/storageAccounts/blobServices"
  std::string name;                     // "account/default"
  std::string api_version;              // as the template says
  std::string symbol = {};              // symbolic name; empty in templates that have a list of resources
  std::string loop = {};                // the copy loop that it came from
  std::size_t index = 0;                // in that loop
  bool existing = false;                // only referred to, never written
  bool deploy = true;                   // its condition holds, and it isn't an existing one
  std::vector<std::size_t> after = {};  // resources that come first, by place; sorted
};

// What becomes of a text that asks for something that LiveValues doesn't have.
enum class Unknown : std::uint8_t {
  kFails,
  kStays,  // it stands as it was written: what a preview shows
};

struct TemplateInput {
  Json document;
  Json parameters = Json::object();  // {"name": {"value": ...}}
  TemplateFrame frame = {};
  // A nested template whose expressions are its parent's ("expressionEvaluationOptions": outer): the parent, which
  // outlives this plan and isn't used by two threads at once, and which of its resources the deployment is.
  class Template* outer = nullptr;
  std::size_t outer_resource = 0;
};

// A template, planned. Not thread-safe. Every error's message is what Azure's InvalidTemplate says or, of a body or
// output, what its language expressions say; kInvalidArgument, kExhausted for what grows too large, or what LiveValues
// failed with. No message holds the value of a secure parameter.
class Template {
 public:
  static Result<std::unique_ptr<Template>> plan(TemplateInput input);
  ~Template();
  Template(const Template&) = delete;
  Template& operator=(const Template&) = delete;

  // In the order in which they stand.
  [[nodiscard]] const std::vector<PlannedResource>& resources() const;

  // The body of one resource's PUT, with its name, type and apiVersion. The template of a nested deployment stands in
  // it as it was written.
  [[nodiscard]] Result<Json> body(std::size_t resource, LiveValues& live, Unknown unknown = Unknown::kFails);
  // {"name": {"type": "String", "value": ...}}; secure ones without a value.
  [[nodiscard]] Result<Json> outputs(LiveValues& live, Unknown unknown = Unknown::kFails);
  // {"name": {"type": "String", "value": ...}} of all parameters, for who looks at the deployment; secure ones without
  // a value.
  [[nodiscard]] Json shown_parameters() const;
  // The texts of secure parameters, of 4 bytes and more: what must not stand in an error that is kept.
  [[nodiscard]] std::vector<std::string> secrets() const;

 private:
  friend class Planner;
  struct State;
  explicit Template(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

// Which resources may be written now. Those that aren't deployed hold nobody up, but what they wait for does. Owned by
// who deploys; not thread-safe.
class DeploymentOrder {
 public:
  explicit DeploymentOrder(const std::vector<PlannedResource>& resources);

  // What has become ready since the last call, in the template's order: each resource that is to be deployed once.
  [[nodiscard]] std::vector<std::size_t> take_ready();
  void succeeded(std::size_t resource);
  // Everything that waits for it, however indirectly, is never ready.
  void failed(std::size_t resource);
  // All that can still be written has been taken and has ended.
  [[nodiscard]] bool finished() const { return running_ == 0 && ready_.empty(); }

 private:
  void release(std::size_t resource);

  std::vector<std::vector<std::size_t>> followers_;
  std::vector<std::size_t> waiting_for_;
  std::vector<bool> deploy_;
  std::vector<std::size_t> ready_;
  std::size_t running_ = 0;
};

}  // namespace freehold::gate::expression
