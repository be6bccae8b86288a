// TenantPolicies: everything of one tenant at one moment, and what it decides.
#pragma once

#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "src/entry.h"

namespace freehold::policies {

// Immutable once it can be seen: a request decides by one state of it.
class TenantPolicies {
 public:
  TenantPolicies();
  explicit TenantPolicies(std::array<EntryMap, kKinds> maps);  // nothing is compiled yet
  // How what stands at the last of these scopes (keys, as chain_of gives them) is classified: the highest of all.
  [[nodiscard]] Level level_at(const std::vector<std::string>& chain) const;
  // Where it may be: in the locations that all of them allow; nullopt: anywhere.
  [[nodiscard]] std::optional<std::set<std::string>> locations_at(const std::vector<std::string>& chain) const;
  [[nodiscard]] const EntryMap& all(Kind kind) const { return *maps_[static_cast<std::size_t>(kind)]; }
  // By id, in any case; null: there is none.
  [[nodiscard]] EntryPtr find(Kind kind, std::string_view id) const;
  // What was written, in bytes; what this cloud ships isn't among it.
  [[nodiscard]] std::size_t bytes() const { return bytes_; }
  // Never null.
  [[nodiscard]] const gate::policy::CompiledSet& compiled() const { return *compiled_; }
  // Scopes of assignments that can't be bound any more, and why: nothing is changed there until that is mended.
  struct Broken {
    std::string assignment_id;
    std::string scope;
    std::string why;
  };
  [[nodiscard]] const std::vector<Broken>& broken() const { return broken_; }

  // Makes the next state. A classification brings its assignment with it.
  void put(EntryPtr entry);
  void erase(Kind kind, const std::string& key);
  // Binds all assignments anew. The refusal says what doesn't fit, and then nothing is altered.
  [[nodiscard]] Checked<> compile();
  // The same where `before` has broken ones: those that it left as they were may stay so, so that each can be mended by
  // itself. Nothing else may be broken.
  [[nodiscard]] Checked<> compile_unless_worse(const TenantPolicies& before);
  // The same, but assignments that don't fit become broken ones: for what was taken by an earlier program.
  void compile_what_fits();
  // Does an assignment or, of a definition, an initiative name it? The id of one that does; empty: none.
  [[nodiscard]] std::string user_of(Kind kind, std::string_view id) const;
  // Is it assigned, by itself or in an initiative? Then altering it alters decisions.
  [[nodiscard]] bool is_in_force(Kind kind, std::string_view id) const;

 private:
  [[nodiscard]] const Classification* classification_at(const std::string& scope) const;  // null: none
  [[nodiscard]] EntryMap& writable(Kind kind);
  [[nodiscard]] gate::policy::CompiledSet::Catalog catalog() const;
  [[nodiscard]] std::vector<gate::policy::Exemption> exemptions() const;
  [[nodiscard]] Checked<> compile_good();

  std::array<std::shared_ptr<const EntryMap>, kKinds> maps_;  // shared with the states before and after
  std::shared_ptr<const gate::policy::CompiledSet> compiled_;
  std::vector<Broken> broken_;
  std::size_t bytes_ = 0;
};

}  // namespace freehold::policies
