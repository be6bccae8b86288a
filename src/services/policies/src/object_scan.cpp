#include "src/object_scan.h"

#include <map>

#include "base/encoding.h"
#include "src/data_check.h"
#include "src/pauses.h"

namespace freehold::policies {
namespace {

using gate::policy::Compliance;
using gate::resource::DataObject;

// Which of the objects' states is the resource's: the greatest.
int weight(Compliance compliance) {
  switch (compliance) {
    case Compliance::kNonCompliant:
      return 5;
    case Compliance::kError:
      return 4;
    case Compliance::kConflict:
      return 3;
    case Compliance::kUnknown:
      return 2;
    case Compliance::kCompliant:
      return 1;
    case Compliance::kExempt:
      return 0;
  }
  return 0;
}

bool complies(Compliance compliance) { return weight(compliance) <= weight(Compliance::kCompliant); }

// Of one policy.
class Sum {
 public:
  void add(const DataObject& object, const std::string& id, PolicyState state) {
    auto& named = complies(state.compliance) ? good_ : bad_;
    if (named.size() < kMaxComponents) {
      named.push_back({{"id", id},
                       {"type", object.type},
                       {"name", object.name.substr(object.name.rfind('/') + 1)},
                       {"timestamp", rfc3339_ticks(object.caller.now)},
                       {"complianceState", gate::policy::compliance_name(state.compliance)}});
    }
    if (!state_ || weight(state.compliance) > weight(state_->compliance)) state_ = std::move(state);
  }

  PolicyState state() && {
    Json all = Json::array();
    std::size_t bytes = 0;
    for (auto* const list : {&bad_, &good_}) {
      for (auto& one : *list) {
        bytes += one.dump(-1, ' ', false, Json::error_handler_t::replace).size() + 1;
        if (all.size() == kMaxComponents || bytes > kMaxComponentBytes) break;
        all.push_back(std::move(one));
      }
    }
    state_->of_objects = true;
    state_->components = all.dump(-1, ' ', false, Json::error_handler_t::replace);
    return std::move(*state_);
  }

 private:
  std::optional<PolicyState> state_;
  std::vector<Json> bad_, good_;
};

// What the policies say of one object.
std::vector<PolicyState> judge(const ObjectParts& parts, const TenantPolicies& policies, const DataObject& object,
                               PolicyOrigins& origins, std::string& id) {
  SeenResource seen;
  see_object(seen, object, parts.tree, parts.scopes);
  id = seen.target.id;
  return states_of(policies.compiled().scan(seen.target, nullptr), origins);
}

}  // namespace

runtime::Task<Result<std::vector<PolicyState>>> scan_objects(ObjectParts parts,
                                                             std::shared_ptr<const TenantPolicies> policies,
                                                             ResourceId container, gate::resource::Caller caller,
                                                             PolicyOrigins* origins) {
  std::map<const PolicyOrigin*, Sum> sums;
  std::vector<PolicyState> out;
  Pauses pauses;
  std::string id;
  for (const auto& type : parts.types) {
    // Most resources have no such policy above them: then nothing in them is read.
    const DataObject any{.container = container,
                         .mode = parts.objects->mode(),
                         .type = type.type,
                         .name = "any/any",
                         .resource = {{"properties", Json::object()}},
                         .caller = caller};
    if (judge(parts, *policies, any, *origins, id).empty()) continue;
    std::string from;
    do {
      FH_CO_TRY(auto page, co_await parts.objects->page(container, std::string(type.type), from, caller));
      for (const auto& object : page.objects) {
        if (pauses.due()) co_await pauses.take();
        for (auto& state : judge(parts, *policies, object, *origins, id)) {
          const auto* const origin = state.origin.get();
          sums[origin].add(object, id, std::move(state));
        }
      }
      from = std::move(page.next);
    } while (!from.empty());
  }
  for (auto& [origin, sum] : sums) out.push_back(std::move(sum).state());
  co_return out;
}

}  // namespace freehold::policies
