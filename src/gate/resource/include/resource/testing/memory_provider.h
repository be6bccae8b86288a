// A provider that keeps its resources in memory, for tests of the resource manager; and the smallest example of one.
#pragma once

#include <map>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "base/encoding.h"
#include "resource/registry.h"
#include "runtime/completion.h"

namespace freehold::gate::resource::testing {

inline constexpr PropertyAlias kBoxAliases[] = {
    {"Sample.Boxes/boxes/colour", "properties.colour", true},
    {"Sample.Boxes/boxes/size", "properties.size"},
};

// "Sample.Boxes/boxes" with the action "open", and "Sample.Boxes/boxes/lids" below them.
class MemoryProvider final : public ResourceProvider {
 public:
  void add_to(Registry& registry) {
    registry.add({.provider = "Sample.Boxes",
                  .type = "boxes",
                  .api_versions = {"2022-09-01", "2021-04-01"},
                  .movable = true,
                  .actions = {{.name = "open",
                               .action = "Sample.Boxes/boxes/open/action",
                               .reveals_keys = true,
                               .data = DataClass::kCustomerData},
                              {.name = "checkNameAvailability",
                               .at = ResourceAction::At::kSubscription,
                               .action = "Sample.Boxes/checkNameAvailability/read"},
                              {.name = "operations",
                               .at = ResourceAction::At::kTenant,
                               .method = http::Method::kGet,
                               .any_caller = true}},
                  .aliases = kBoxAliases,
                  .behind = this});
    registry.add({.provider = "Sample.Boxes",
                  .type = "boxes/lids",
                  .api_versions = {"2022-09-01", "2021-04-01"},
                  .verbs = kGet | kPut | kDelete | kListInGroup,
                  .tracked = false,
                  .taggable = false,
                  .behind = this});
  }

  [[nodiscard]] Task<ApiResult<Json>> get(ResourceId id, Reading) override {
    const std::lock_guard lock(mutex_);
    const auto at = all_.find(key_of(id));
    co_return at == all_.end() ? Json(nullptr) : at->second;
  }
  [[nodiscard]] Task<ApiResult<std::vector<Json>>> list(const ResourceType& type, ListScope scope, Reading) override {
    std::vector<Json> out;
    const std::lock_guard lock(mutex_);
    for (const auto& [key, resource] : all_) {
      const auto id = parse_resource_id(key);
      const bool here = id && id->subscription == scope.subscription &&
                        (scope.group.empty() || equals_ignoring_case(id->group, scope.group)) &&
                        (!scope.parent || key_of(id->parent()) == key_of(*scope.parent));
      if (here && equals_ignoring_case(id->type(), type.full_type())) out.push_back(resource);
    }
    co_return out;
  }
  [[nodiscard]] Task<ApiResult<Written>> put(ApprovedChange change) override {
    if (refuse) co_return std::unexpected(*refuse);
    if (const auto held = held_at(change->id.name())) (void)co_await held->wait();
    if (change->kind == ChangeKind::kMove) co_return move(change->id, *change->destination);
    Json made = change->after;
    made["id"] = change->id.text();
    made["name"] = change->id.name();
    made["type"] = change->type->full_type();
    made["properties"]["provisioningState"] = "Succeeded";
    const std::lock_guard lock(mutex_);
    all_[key_of(change->id)] = made;
    co_return Written{.status = change->before.is_null() ? 201 : 200, .resource = std::move(made)};
  }
  [[nodiscard]] Task<ApiResult<Written>> remove(ApprovedChange change) override {
    if (refuse) co_return std::unexpected(*refuse);
    const std::lock_guard lock(mutex_);
    co_return Written{.status = all_.erase(key_of(change->id)) > 0 ? 200 : 204};
  }
  [[nodiscard]] Task<ApiResult<ActionAnswer>> act(ActionCall call) override {
    co_return ActionAnswer{.body = {{"action", call.action}, {"on", call.id.text()}, {"sent", call.body}}};
  }

  [[nodiscard]] std::size_t size() const {
    const std::lock_guard lock(mutex_);
    return all_.size();
  }
  // A put of that name waits until it is let go.
  void hold(const std::string& name) {
    const std::lock_guard lock(mutex_);
    held_.try_emplace(name);
  }
  void let_go(const std::string& name) {
    const std::lock_guard lock(mutex_);
    const auto at = held_.find(name);
    if (at == held_.end()) return;
    for (const auto& waiting : at->second) waiting.complete(true);
    held_.erase(at);
  }
  [[nodiscard]] std::size_t waiting_at(const std::string& name) const {
    const std::lock_guard lock(mutex_);
    const auto at = held_.find(name);
    return at == held_.end() ? 0 : at->second.size();
  }
  std::optional<ApiError> refuse = {};  // of every write, if set

 private:
  Written move(const ResourceId& id, const ResourceId& group) {
    const std::lock_guard lock(mutex_);
    const auto front = key_of(id);
    std::map<std::string, Json> moved;
    for (auto at = all_.lower_bound(front); at != all_.end() && at->first.starts_with(front);) {
      const bool below = at->first.size() == front.size() || at->first[front.size()] == '/';
      auto to = parse_resource_id(at->second.value("id", ""));
      if (!below || !to) {
        ++at;
        continue;
      }
      to->subscription = group.subscription;
      to->group = group.group;
      at->second["id"] = to->text();
      moved[key_of(*to)] = std::move(at->second);
      at = all_.erase(at);
    }
    all_.merge(moved);
    ResourceId now = id;
    now.subscription = group.subscription;
    now.group = group.group;
    return {.status = 200, .resource = all_[key_of(now)]};
  }
  [[nodiscard]] std::optional<runtime::Completion<bool>> held_at(const std::string& name) {
    const std::lock_guard lock(mutex_);
    const auto at = held_.find(name);
    if (at == held_.end()) return std::nullopt;
    return at->second.emplace_back();
  }

  mutable std::mutex mutex_;
  std::map<std::string, std::vector<runtime::Completion<bool>>> held_;
  std::map<std::string, Json> all_;
};

}  // namespace freehold::gate::resource::testing
