// Entry: one definition, initiative, assignment or exemption, as it is shown and as it decides.
#pragma once

#include <array>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "policy/compiled_set.h"
#include "resource/change.h"
#include "resource/managed_identities.h"
#include "resource/resource_id.h"

namespace freehold::policies {

using gate::policy::Checked;
using gate::resource::Json;
using gate::resource::ResourceId;

enum class Kind : std::uint8_t { kDefinition, kInitiative, kAssignment, kExemption, kClassification };
inline constexpr std::size_t kKinds = 5;
inline constexpr std::array<Kind, kKinds> kEveryKind = {Kind::kDefinition, Kind::kInitiative, Kind::kAssignment,
                                                        Kind::kExemption, Kind::kClassification};

// How data below a scope is classified (PROMISES C1).
enum class Level : std::uint8_t { kUnclassified, kConfidential, kSecret, kTopSecret };
[[nodiscard]] std::string_view level_name(Level level);  // "top-secret"
[[nodiscard]] std::optional<Level> parse_level(std::string_view name);

struct Classification {
  Level level = Level::kUnclassified;
  std::vector<std::string> locations = {};  // allowed ones; empty: every one of this cloud
};

// "policyDefinitions"
[[nodiscard]] std::string_view type_of(Kind kind);
[[nodiscard]] std::string_view provider_of(Kind kind);
// Of a type's last word or a full type, in any case; nullopt: none of these.
[[nodiscard]] std::optional<Kind> kind_of(std::string_view type);

// Immutable, shared by snapshots. What the kind hasn't is empty.
struct Entry {
  Kind kind = Kind::kDefinition;
  ResourceId id;
  std::string body;  // JSON: {"properties": {...}, "location", "systemData"}; as text, because there are many
  std::shared_ptr<const gate::policy::Definition> definition = {};
  std::shared_ptr<const gate::policy::Initiative> initiative = {};
  std::optional<gate::policy::Assignment> assignment = {};
  std::optional<gate::policy::Exemption> exemption = {};
  std::optional<Classification> classification = {};
  std::optional<PrincipalId> identity = {};                        // of an assignment: who acts for it
  std::optional<gate::resource::UserIdentity> user_identity = {};  // the same, if it is a resource of its own
  bool built_in = false;  // shipped, or an assignment that a classification makes: not kept, and nobody's to alter

  [[nodiscard]] std::string key() const { return key_of(id); }
  // As the API has it.
  [[nodiscard]] Json shown() const;
};
using EntryPtr = std::shared_ptr<const Entry>;
using EntryMap = std::map<std::string, EntryPtr>;  // by key()

// The assignment that puts a classification's initiative in force at its scope; null for kUnclassified.
[[nodiscard]] EntryPtr assignment_of(const Entry& classification);
// The id of the assignment that a classification at this scope makes.
[[nodiscard]] ResourceId classifying_assignment(const ResourceId& classification);

// Compiles or parses it. Refuses what the language refuses, in its words.
[[nodiscard]] Checked<EntryPtr> make_entry(Kind kind, ResourceId id, const Json& body,
                                           const gate::policy::AliasTable& aliases, bool built_in = false);

// Names that begin so are this cloud's own.
inline constexpr std::string_view kShippedPrefix = "freehold-";
// "/providers/Microsoft.Authorization/policySetDefinitions/freehold-secret"
[[nodiscard]] ResourceId shipped_id(Kind kind, std::string_view name);

}  // namespace freehold::policies
