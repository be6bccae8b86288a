// By which words the resources of a template may be meant.
#include <fmt/format.h>

#include <algorithm>

#include "base/encoding.h"
#include "src/template_environment.h"
#include "src/template_ids.h"

namespace freehold::gate::expression {
namespace {

// In the order in which they are looked for.
constexpr std::string_view kKinds = "sitnl";

std::string key(char kind, std::string_view text) { return fmt::format("{}:{}", kind, to_lower(text)); }

}  // namespace

void TemplateEnvironment::set_resources(const std::vector<PlannedResource>& resources) {
  resources_ = &resources;
  index_.clear();
  for (std::size_t i = 0; i < resources.size(); ++i) {
    const PlannedResource& resource = resources[i];
    if (!resource.symbol.empty()) {
      index_.emplace(key('s', resource.symbol), i);
      if (!resource.loop.empty()) index_.emplace(key('s', fmt::format("{}[{}]", resource.symbol, resource.index)), i);
    }
    index_.emplace(key('i', resource.id), i);
    index_.emplace(key('t', resource.type + "/" + resource.name), i);
    // "Microsoft.Storage/storageAccounts/a/blobServices/default"
    const auto relative =
        resource_id_text({}, resource.type, resource.name).substr(std::string_view("/providers/").size());
    if (split_path(resource.name).size() > 1) index_.emplace(key('t', relative), i);
    index_.emplace(key('n', resource.name), i);
    if (!resource.loop.empty()) index_.emplace(key('l', resource.loop), i);
  }
}

std::vector<std::size_t> TemplateEnvironment::find_resources(std::string_view target) const {
  std::vector<std::size_t> found;
  for (const char kind : kKinds) {
    const auto [begin, end] = index_.equal_range(key(kind, target));
    for (auto entry = begin; entry != end; ++entry) found.push_back(entry->second);
    if (!found.empty()) break;
  }
  std::sort(found.begin(), found.end());
  // Of several under one name whose conditions exclude each other it is the one that is there.
  const auto is_there = [this](std::size_t place) {
    return (*resources_)[place].deploy || (*resources_)[place].existing;
  };
  if (std::any_of(found.begin(), found.end(), is_there)) {
    found.erase(std::remove_if(found.begin(), found.end(), [&](std::size_t place) { return !is_there(place); }),
                found.end());
  }
  return found;
}

std::vector<const PlannedResource*> TemplateEnvironment::known(std::string_view target) const {
  std::vector<const PlannedResource*> found;
  for (const auto place : find_resources(target)) found.push_back(&(*resources_)[place]);
  if (found.empty() && outer_ != nullptr) return outer_->known(target);
  // Without loops in between, several of one id are one.
  if (found.size() > 1 && target.starts_with('/')) found.resize(1);
  return found;
}

}  // namespace freehold::gate::expression
