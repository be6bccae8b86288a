// What a definition, initiative, assignment or exemption has to look like, beyond the language. Pure.
//
// Source: "Azure Policy definition structure basics", "... initiative definition structure", "... assignment
// structure", "... exemption structure", and the reference of Microsoft.Authorization.
#pragma once

#include "resource/change.h"
#include "src/entry.h"

namespace freehold::policies {

// Azure's limits ("Azure Policy limits"), but for definitions: there 500 a scope, here 20,000 a tenant.
inline constexpr std::size_t kMaxDefinitions = 20'000;       // a tenant; ours
inline constexpr std::size_t kMaxInitiatives = 2'500;        // a tenant
inline constexpr std::size_t kMaxAssignmentsOfScope = 200;   // Azure's
inline constexpr std::size_t kMaxExemptionsOfScope = 1'000;  // Azure's
inline constexpr std::size_t kMaxAssignments = 10'000;       // a tenant; ours
inline constexpr std::size_t kMaxExemptions = 20'000;        // a tenant; ours
inline constexpr std::size_t kMaxClassifications = 10'000;   // a tenant; ours

// All of a tenant's together, which lie in memory in several forms; ours.
inline constexpr std::size_t kMaxBytes = 128 << 20;

// May it stand there, under that name? 400 InvalidScope, InvalidResourceName.
[[nodiscard]] gate::ApiResult<> check_place(Kind kind, const ResourceId& id);
// The body as it is kept and shown: the members that the API has, with who made and changed it. 400
// InvalidRequestContent for members that it doesn't have. Without an assignment's identity, which isn't for its author
// to name.
[[nodiscard]] gate::ApiResult<Json> read_body(Kind kind, const gate::resource::ProposedChange& change);
// Is there room for one more of its kind at its scope? 400 PolicyLimitExceeded.
[[nodiscard]] gate::ApiResult<> check_room(const EntryMap& all, Kind kind, const ResourceId& id);
// The same for all kinds together, by what they would have then. 400 PolicyLimitExceeded.
[[nodiscard]] gate::ApiResult<> check_bytes(std::size_t bytes);
// "2.*.*" against "2.1.0": the versions of a definition that a reference takes. A definition without one has 1.0.0.
[[nodiscard]] bool takes_definition_version(std::string_view wanted, std::string_view version);

}  // namespace freehold::policies
