#include "src/deployment_changes.h"

#include <algorithm>

#include "base/encoding.h"
#include "src/arm_call.h"

namespace freehold::resources {
namespace {

using gate::expression::deep_equal;
using gate::expression::find_member;

constexpr std::size_t kMostChanges = 1'000;  // of one resource

OrderedJson property_change(std::string path, std::string_view type, const OrderedJson& before,
                            const OrderedJson& after) {
  return {{"path", std::move(path)},
          {"propertyChangeType", type},
          {"before", before},
          {"after", after},
          {"children", OrderedJson::array()}};
}

std::string below(std::string_view path, std::string_view name) {
  return path.empty() ? std::string(name) : std::string(path) + "." + std::string(name);
}

// Depth is that of JSON that was read, which is bounded.
class Comparison {
 public:
  [[nodiscard]] OrderedJson take() { return std::move(changes_); }

  void compare(const OrderedJson& before, const OrderedJson& after, const std::string& path) {
    if (changes_.size() >= kMostChanges) return;
    if (before.is_object() && after.is_object()) return compare_objects(before, after, path);
    if (before.is_array() && after.is_array()) return compare_arrays(before, after, path);
    if (deep_equal(before, after) || is_same_place(path, before, after)) return;
    changes_.push_back(property_change(path, "Modify", before, after));
  }

 private:
  static bool is_same_place(std::string_view path, const OrderedJson& before, const OrderedJson& after) {
    return path == "location" && before.is_string() && after.is_string() &&
           normal_location(before.get_ref<const std::string&>()) ==
               normal_location(after.get_ref<const std::string&>());
  }

  void compare_objects(const OrderedJson& before, const OrderedJson& after, const std::string& path) {
    for (const auto& [name, member] : after.items()) {
      const auto* old = find_member(before, name);
      if (old != nullptr) {
        compare(*old, member, below(path, name));
      } else if (!member.is_null()) {
        changes_.push_back(property_change(below(path, name), "Create", nullptr, member));
      }
    }
    if (path != "tags") return;
    for (const auto& [name, member] : before.items()) {
      if (find_member(after, name) == nullptr) {
        changes_.push_back(property_change(below(path, name), "Delete", member, nullptr));
      }
    }
  }

  void compare_arrays(const OrderedJson& before, const OrderedJson& after, const std::string& path) {
    OrderedJson children = OrderedJson::array();
    const auto longest = std::min(std::max(before.size(), after.size()), kMostChanges);
    for (std::size_t i = 0; i < longest; ++i) {
      const auto at = std::to_string(i);
      if (i >= before.size()) {
        children.push_back(property_change(at, "Create", nullptr, after[i]));
      } else if (i >= after.size()) {
        children.push_back(property_change(at, "Delete", before[i], nullptr));
      } else if (before[i].is_object() && after[i].is_object()) {
        auto inner = property_changes(before[i], after[i]);
        if (inner.empty()) continue;
        children.push_back(property_change(at, "Modify", before[i], after[i]));
        children.back()["children"] = std::move(inner);
      } else if (!deep_equal(before[i], after[i])) {
        children.push_back(property_change(at, "Modify", before[i], after[i]));
      }
    }
    if (children.empty()) return;
    changes_.push_back(property_change(path, "Array", before, after));
    changes_.back()["children"] = std::move(children);
  }

  OrderedJson changes_ = OrderedJson::array();
};

}  // namespace

OrderedJson property_changes(const OrderedJson& before, const OrderedJson& after) {
  Comparison comparison;
  comparison.compare(before, after, "");
  return comparison.take();
}

OrderedJson resource_change(std::string_view id, std::string_view type, OrderedJson before, OrderedJson after) {
  OrderedJson out = {{"resourceId", id}, {"changeType", type}};
  if (!before.is_null()) out["before"] = std::move(before);
  if (!after.is_null()) out["after"] = std::move(after);
  return out;
}

}  // namespace freehold::resources
