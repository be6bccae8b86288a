// Which resource comes before which. Source: "Define the order for deploying resources in ARM templates".
#include <fmt/format.h>

#include <algorithm>

#include "base/encoding.h"
#include "src/template_planner.h"

namespace freehold::gate::expression {
namespace {

void settle(std::vector<std::size_t>& places) {
  std::sort(places.begin(), places.end());
  places.erase(std::unique(places.begin(), places.end()), places.end());
}

// What is known before anything is written has been evaluated already, and the template of a deployment of its own is
// its own matter.
bool may_mention_others(std::string_view member) {
  for (const auto* known : {"type", "name", "apiVersion", "condition", "copy", "dependsOn", "resources", "scope",
                            "subscriptionId", "resourceGroup", "comments", "metadata"}) {
    if (equals_ignoring_case(member, known)) return false;
  }
  return true;
}

}  // namespace

Result<void> Planner::order_resources() {
  for (std::size_t place = 0; place < resources.size(); ++place) {
    FH_CHECK_OK(order_one(place));
  }
  return check_circles();
}

Result<void> Planner::order_one(std::size_t place) {
  auto rounds = environment_.rounds();
  environment_.set_rounds(sources[place].rounds);
  auto ordered = after_named(place);
  // What isn't written needs nothing.
  if (ordered && resources[place].deploy) ordered = after_mentioned(place);
  environment_.set_rounds(std::move(rounds));
  if (ordered) settle(resources[place].after);
  return ordered;
}

Result<void> Planner::after_named(std::size_t place) {
  const Json* declared = find_member(*sources[place].raw, "dependsOn");
  if (declared == nullptr) return {};
  const auto names = environment_.resolve_value(*declared, Place::kHead);
  if (!names || !names->is_array()) {
    return invalid_template(fmt::format("The 'dependsOn' of resource '{}' is not valid: {}", resources[place].id,
                                        names ? "it must be an array of strings" : names.error().message));
  }
  for (const Json& name : *names) {
    if (!name.is_string()) {
      return invalid_template(
          fmt::format("The 'dependsOn' of resource '{}' must be an array of strings", resources[place].id));
    }
    const auto& text = name.get_ref<const std::string&>();
    const auto before = environment_.find_resources(text);
    if (before.empty() && loops_.find(to_lower(text)) == loops_.end()) {
      return invalid_template(
          fmt::format("The resource '{}' is not defined in the template. Please see "
                      "https://aka.ms/arm-template for usage details.",
                      text.substr(0, 1024)));
    }
    FH_CHECK_OK(environment_.budget().spend(1 + before.size()));
    auto& after = resources[place].after;
    after.insert(after.end(), before.begin(), before.end());
    if (after.size() > 4 * resources.size()) settle(after);
  }
  return {};
}

// A resource that reads another one of the template comes after it.
Result<void> Planner::after_mentioned(std::size_t place) {
  std::vector<TemplateEnvironment::Mention> mentions;
  const bool deployment = is_deployment_type(resources[place].type);
  for (const auto& [name, member] : sources[place].raw->items()) {
    if (!may_mention_others(name)) continue;
    const bool nested = deployment && equals_ignoring_case(name, "properties") && member.is_object();
    if (!nested) {
      FH_CHECK_OK(environment_.find_mentions(member, mentions));
      continue;
    }
    for (const auto& [inner_name, inner] : member.items()) {
      if (equals_ignoring_case(inner_name, "template") && has_inner_scope(member)) continue;
      FH_CHECK_OK(environment_.find_mentions(inner, mentions));
    }
  }
  for (const auto& mention : mentions) {
    // An id with an api-version may well mean what is there already.
    if (mention.own_version && mention.target.starts_with('/')) continue;
    const auto before = environment_.find_resources(mention.target);
    FH_CHECK_OK(environment_.budget().spend(1 + before.size()));
    for (const auto other : before) {
      if (other != place) resources[place].after.push_back(other);
    }
  }
  return {};
}

Result<void> Planner::check_circles() const {
  std::vector<std::size_t> waiting(resources.size());
  std::vector<std::vector<std::size_t>> followers(resources.size());
  std::vector<std::size_t> free;
  for (std::size_t i = 0; i < resources.size(); ++i) {
    waiting[i] = resources[i].after.size();
    for (const auto before : resources[i].after) followers[before].push_back(i);
    if (waiting[i] == 0) free.push_back(i);
  }
  std::size_t done = 0;
  while (!free.empty()) {
    const auto next = free.back();
    free.pop_back();
    ++done;
    for (const auto follower : followers[next]) {
      if (--waiting[follower] == 0) free.push_back(follower);
    }
  }
  if (done == resources.size()) return {};
  return invalid_template(circle(waiting));
}

// Walks back from anything that waits until it meets itself: every resource left waits for another one left.
std::string Planner::circle(const std::vector<std::size_t>& left) const {
  const auto is_left = [&left](std::size_t place) { return left[place] > 0; };
  std::vector<std::size_t> path;
  std::size_t here = 0;
  while (!is_left(here)) ++here;
  auto met = path.end();
  while ((met = std::find(path.begin(), path.end(), here)) == path.end()) {
    path.push_back(here);
    const auto& after = resources[here].after;
    here = *std::find_if(after.begin(), after.end(), is_left);
  }
  constexpr std::size_t kShown = 10;
  std::string ids;
  for (auto place = met; place != path.end() && place - met < static_cast<std::ptrdiff_t>(kShown); ++place) {
    ids += resources[*place].id + " -> ";
  }
  return fmt::format(
      "Circular dependency detected on resource: '{}' ({}{}). Please see "
      "https://aka.ms/arm-templates/#circular-dependencies for usage details.",
      resources[here].id, ids, resources[here].id);
}

}  // namespace freehold::gate::expression
