#include "src/tenant_policies.h"

#include <algorithm>

#include "base/check.h"
#include "base/encoding.h"

namespace freehold::policies {
namespace {

using gate::policy::Assignment;
using gate::policy::CompiledSet;

std::size_t bytes_of(const EntryPtr& entry) {
  return entry == nullptr || entry->built_in ? 0 : entry->id.text().size() + entry->body.size();
}

}  // namespace

TenantPolicies::TenantPolicies() {
  for (auto& map : maps_) map = std::make_shared<const EntryMap>();
  auto nothing = CompiledSet::build({}, {}, {});
  FH_CHECK(nothing.has_value());
  compiled_ = std::move(*nothing);
}

TenantPolicies::TenantPolicies(std::array<EntryMap, kKinds> maps) : TenantPolicies() {
  for (std::size_t i = 0; i < kKinds; ++i) maps_[i] = std::make_shared<const EntryMap>(std::move(maps[i]));
  for (const auto& map : maps_) {
    for (const auto& [key, entry] : *map) bytes_ += bytes_of(entry);
  }
  for (const auto& [key, entry] : all(Kind::kClassification)) {
    if (auto assignment = assignment_of(*entry)) writable(Kind::kAssignment)[assignment->key()] = std::move(assignment);
  }
}

const Classification* TenantPolicies::classification_at(const std::string& scope) const {
  const auto found =
      find(Kind::kClassification, (scope == "/" ? "" : scope) + "/providers/Freehold.Classification/levels/default");
  return found == nullptr ? nullptr : &*found->classification;
}

Level TenantPolicies::level_at(const std::vector<std::string>& chain) const {
  Level out = Level::kUnclassified;
  for (const auto& scope : chain) {
    if (const auto* found = classification_at(scope)) out = std::max(out, found->level);
  }
  return out;
}

std::optional<std::set<std::string>> TenantPolicies::locations_at(const std::vector<std::string>& chain) const {
  std::optional<std::set<std::string>> out;
  for (const auto& scope : chain) {
    const auto* found = classification_at(scope);
    if (found == nullptr || found->level == Level::kUnclassified || found->locations.empty()) continue;
    std::set<std::string> here(found->locations.begin(), found->locations.end());
    if (out) std::erase_if(here, [&out](const std::string& one) { return !out->contains(one); });
    out = std::move(here);
  }
  return out;
}

EntryPtr TenantPolicies::find(Kind kind, std::string_view id) const {
  const auto at = all(kind).find(to_lower(id));
  return at == all(kind).end() ? nullptr : at->second;
}

EntryMap& TenantPolicies::writable(Kind kind) {
  auto copy = std::make_shared<EntryMap>(all(kind));
  EntryMap& out = *copy;
  maps_[static_cast<std::size_t>(kind)] = std::move(copy);
  return out;
}

void TenantPolicies::put(EntryPtr entry) {
  const std::string key = entry->key();
  const Kind kind = entry->kind;
  if (kind == Kind::kClassification) {
    auto& assignments = writable(Kind::kAssignment);
    assignments.erase(key_of(classifying_assignment(entry->id)));
    if (auto assignment = assignment_of(*entry)) assignments[assignment->key()] = std::move(assignment);
  }
  auto& place = writable(kind)[key];
  bytes_ += bytes_of(entry) - bytes_of(place);
  place = std::move(entry);
}

void TenantPolicies::erase(Kind kind, const std::string& key) {
  auto& map = writable(kind);
  const auto at = map.find(key);
  if (at == map.end()) return;
  bytes_ -= bytes_of(at->second);
  map.erase(at);
}

CompiledSet::Catalog TenantPolicies::catalog() const {
  return {.definition =
              [this](std::string_view id) {
                const auto found = find(Kind::kDefinition, id);
                return found == nullptr ? nullptr : found->definition;
              },
          .initiative =
              [this](std::string_view id) {
                const auto found = find(Kind::kInitiative, id);
                return found == nullptr ? nullptr : found->initiative;
              }};
}

std::vector<gate::policy::Exemption> TenantPolicies::exemptions() const {
  std::vector<gate::policy::Exemption> out;
  for (const auto& [key, entry] : all(Kind::kExemption)) out.push_back(*entry->exemption);
  return out;
}

Checked<> TenantPolicies::compile() {
  std::vector<Assignment> assignments;
  for (const auto& [key, entry] : all(Kind::kAssignment)) assignments.push_back(*entry->assignment);
  FH_TRY(compiled_, CompiledSet::build(std::move(assignments), exemptions(), catalog()));
  broken_.clear();
  return {};
}

Checked<> TenantPolicies::compile_unless_worse(const TenantPolicies& before) {
  auto whole = compile();
  if (whole || before.broken().empty()) return whole;
  FH_CHECK_OK(compile_good());
  for (const auto& one : broken_) {
    const auto is_this = [&one](const Broken& other) { return other.assignment_id == one.assignment_id; };
    const bool was = std::ranges::any_of(before.broken(), is_this);
    const bool same = before.find(Kind::kAssignment, one.assignment_id) == find(Kind::kAssignment, one.assignment_id);
    if (!was || !same) return whole;
  }
  return broken_.empty() ? whole : Checked<>();
}

void TenantPolicies::compile_what_fits() {
  if (compile()) return;
  FH_CHECK(compile_good().has_value());
}

Checked<> TenantPolicies::compile_good() {
  broken_.clear();
  std::vector<Assignment> good;
  for (const auto& [key, entry] : all(Kind::kAssignment)) {
    const auto alone = CompiledSet::build({*entry->assignment}, {}, catalog());
    if (alone) {
      good.push_back(*entry->assignment);
    } else {
      broken_.push_back({entry->id.text(), entry->assignment->scope, alone.error().message});
    }
  }
  FH_TRY(compiled_, CompiledSet::build(std::move(good), exemptions(), catalog()));
  return {};
}

std::string TenantPolicies::user_of(Kind kind, std::string_view id) const {
  for (const auto& [key, entry] : all(Kind::kAssignment)) {
    if (equals_ignoring_case(entry->assignment->definition_id, id)) return entry->id.text();
  }
  if (kind != Kind::kDefinition) return {};
  for (const auto& [key, entry] : all(Kind::kInitiative)) {
    const bool named = std::ranges::any_of(entry->initiative->references, [id](const auto& reference) {
      return equals_ignoring_case(reference.definition_id, id);
    });
    if (named) return entry->id.text();
  }
  return {};
}

bool TenantPolicies::is_in_force(Kind kind, std::string_view id) const {
  if (kind != Kind::kDefinition && kind != Kind::kInitiative) return true;
  return !user_of(kind, id).empty();
}

}  // namespace freehold::policies
