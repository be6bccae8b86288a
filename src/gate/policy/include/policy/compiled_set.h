// All that is assigned to one scope chain, ready to decide: which policies touch a resource, and what they say.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "expression/date_time.h"
#include "policy/assignment.h"
#include "policy/definition.h"

namespace freehold::gate::policy {

// What a decision is about: a resource as it will be stored (or is), and the request that brings it.
struct Target {
  std::string id;    // whole resource id
  std::string type;  // "Microsoft.Storage/storageAccounts"
  std::string name;  // the last segment of the name; fullName is taken from the id
  const Json* resource =
      nullptr;          // {"location", "tags", "kind", "sku", "identity", "properties", ...}; lent, never null
  bool indexed = true;  // the type has tags and a location (Mode::kIndexed looks at no others)
  std::string api_version;
  std::vector<std::string> ancestors;  // ids of the management groups above its subscription, in any order
  Json resource_group = nullptr;       // what resourceGroup() answers; null where there is none
  Json subscription = nullptr;
  Json caller = Json::object();  // requestContext().identity: idtyp, appid, acrs
  expression::Ticks now;
  std::string data_plane_mode = {};  // "Microsoft.KeyVault.Data": only definitions of that mode; else only the others
};

// Stored resources that auditIfNotExists and deployIfNotExists look for.
class RelatedResources {
 public:
  struct Query {
    std::string type;
    std::string name;            // whole or of the last segment; empty: any
    std::string resource_group;  // empty: the target's own, or any if in_subscription
    bool in_subscription = false;
    const Target* target = nullptr;
  };
  virtual ~RelatedResources() = default;
  // The resources as a Target's `resource` has them. For a type that is the target's own, or below it, the ones that
  // belong to it. An error means that it couldn't be found out, and the policy counts as not evaluated.
  virtual Result<std::vector<Json>> find(const Query& query) = 0;
};

// One condition that decided, as RequestDisallowedByPolicy and compliance reasons list it.
struct EvaluatedExpression {
  bool result = false;
  std::string kind;        // "Field", "Value", "Count"
  std::string expression;  // the field or the expression as the rule has it
  std::string path;        // of a field, in the resource
  std::optional<Json> value;
  Json target;
  std::string op;  // "Equals"
};

enum class Operation : std::uint8_t { kAdd, kAddOrReplace, kRemove, kAppend };

struct Change {
  Operation operation = Operation::kAdd;
  std::string field;
  Json value;
};

enum class Compliance : std::uint8_t { kCompliant, kNonCompliant, kExempt, kConflict, kError, kUnknown };
[[nodiscard]] std::string_view compliance_name(Compliance compliance);  // "NonCompliant"

// What one definition under one assignment says of the target.
struct Finding {
  const Assignment* assignment = nullptr;  // of the set, which must outlive this
  const Definition* definition = nullptr;
  const Initiative* initiative = nullptr;  // nullptr unless one is assigned
  std::string reference_id;
  std::vector<std::string> groups;
  Effect effect = Effect::kDisabled;
  Compliance compliance = Compliance::kCompliant;
  std::string exemption_id;  // if it is exempt
  std::vector<EvaluatedExpression> expressions;
  std::string error;                 // kError: what couldn't be evaluated. An enforced one denies.
  std::string message;               // the assignment's non-compliance message, if it has one
  const Json* parameters = nullptr;  // the assignment's, resolved, as additionalInfo shows them
  std::vector<Change> changes;       // of append and modify, applied or (in a scan) needed
  Json deployment = nullptr;         // of deployIfNotExists: details.deployment with its parameters resolved
  bool deploys_at_subscription = false;
  std::string deployment_group;  // resourceGroupName; empty: the target's own
  bool denies = false;
};

struct Decision {
  std::vector<Finding> findings;  // of all that apply, exempt ones too; disabled ones don't appear
  Json resource;                  // after append and modify
  bool changed = false;
  [[nodiscard]] bool denied() const;
  // Those that are neither compliant nor exempt, by effect.
  [[nodiscard]] std::vector<const Finding*> with(Effect effect) const;
};

// What one definition under one assignment will look for, some time after a write.
struct Awaited {
  const Assignment* assignment = nullptr;  // of the set
  std::string reference_id;
  std::chrono::seconds delay{0};
};

// Immutable after build; decide() may be called by any thread at once.
class CompiledSet {
 public:
  // Finds what an assignment names. nullptr: it isn't there.
  struct Catalog {
    std::function<std::shared_ptr<const Definition>(std::string_view id)> definition;
    std::function<std::shared_ptr<const Initiative>(std::string_view id)> initiative;
  };

  // An assignment that can't be bound (a definition is gone, a parameter no longer fits) makes the build fail: a policy
  // that isn't understood must not be passed over in silence. Check an assignment when it is made by building a set of
  // it alone.
  static Checked<std::shared_ptr<const CompiledSet>> build(std::vector<Assignment> assignments,
                                                           std::vector<Exemption> exemptions, const Catalog& catalog);
  ~CompiledSet();

  // A create or an update, before it is stored: append and modify change the resource, then deny and audit judge the
  // outcome. The IfNotExists effects aren't looked at: call scan() when the resource is there.
  [[nodiscard]] Decision decide(const Target& target) const;
  // A compliance scan of what is stored: nothing is changed; modify and append count as not compliant where they would.
  // `related` may be nullptr: then the IfNotExists effects are kUnknown.
  [[nodiscard]] Decision scan(const Target& target, RelatedResources* related) const;
  // The same of one definition under one assignment alone, both without regard to case; an empty reference: the
  // assignment's only one. No finding: it isn't in force there.
  [[nodiscard]] Decision scan_one(const Target& target, RelatedResources* related, std::string_view assignment_id,
                                  std::string_view reference_id) const;
  // What deployIfNotExists of assignments in force will look for when the target has been written.
  [[nodiscard]] std::vector<Awaited> awaits(const Target& target) const;
  // denyAction, auditAction: may `action` ("delete") be done to the target?
  [[nodiscard]] Decision decide_action(const Target& target, std::string_view action) const;

  [[nodiscard]] std::size_t size() const;  // definitions bound
  // How many of them a resource of that type is held against: for the benches and tests of the index.
  [[nodiscard]] std::size_t candidates(std::string_view type) const;

 private:
  friend class Judgement;  // src/decide.cpp
  struct State;
  explicit CompiledSet(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

// The resource after the changes of a scan's finding. kInvalidArgument: one of them can't be made.
[[nodiscard]] Result<Json> with_changes(Json resource, const std::vector<Change>& changes, const AliasTable& aliases);

// The "additionalInfo" entry {"type": "PolicyViolation", "info": {...}} of RequestDisallowedByPolicy.
[[nodiscard]] Json policy_violation(const Finding& finding);
// The message of RequestDisallowedByPolicy for a resource of that name: names the policies of all findings that deny.
[[nodiscard]] std::string disallowed_message(std::string_view resource_name, const Decision& decision);

}  // namespace freehold::gate::policy
