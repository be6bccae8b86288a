#include "src/data_check.h"

namespace freehold::policies {
namespace {

using gate::policy::Finding;
using gate::resource::DataObject;
using gate::resource::DataRefusal;

constexpr std::size_t kMostNamed = 10;  // in one answer

std::string name_of(const Finding& finding) {
  const auto& definition = *finding.definition;
  std::string out = definition.display_name().empty() ? std::string(definition.name()) : definition.display_name();
  out += " (" + finding.assignment->id + ")";
  if (!finding.message.empty()) out += ": " + finding.message;
  return out;
}

}  // namespace

void see_object(SeenResource& out, const DataObject& object, const gate::authz::ManagementTree& tree,
                const gate::resource::Scopes& scopes) {
  see_resource(out, object.container, nullptr, object.resource, object.caller.tenant, object.caller.now, tree, scopes);
  auto& target = out.target;
  target.id += "/" + object.name;
  target.type = std::string(object.type);
  target.name = object.name.substr(object.name.rfind('/') + 1);
  target.data_plane_mode = std::string(object.mode);
  target.api_version = object.api_version;
}

std::expected<DataCheck::Hold, DataRefusal> DataCheck::check(const DataObject& object) const {
  auto [state, epoch] = store_.enter(object.caller.tenant);
  if (state->compiled().size() == 0 && state->broken().empty()) return epoch;
  SeenResource seen;
  see_object(seen, object, tree_, scopes_);
  const auto& target = seen.target;
  // An assignment that can't be bound any more may be one of this mode: nothing is made until it is mended.
  for (const auto& broken : state->broken()) {
    if (reaches(broken.scope, target)) return std::unexpected(DataRefusal{{broken.assignment_id + ": " + broken.why}});
  }
  const auto decision = state->compiled().decide(target);
  if (!decision.denied()) return epoch;
  DataRefusal refusal;
  for (const auto& finding : decision.findings) {
    if (finding.denies && refusal.policies.size() < kMostNamed) refusal.policies.push_back(name_of(finding));
  }
  return std::unexpected(std::move(refusal));
}

}  // namespace freehold::policies
