#include "src/entry.h"

#include <algorithm>

#include "base/check.h"
#include "base/encoding.h"
#include "expression/json.h"
#include "src/identity_rules.h"

namespace freehold::policies {
namespace {

using LanguageJson = gate::policy::Json;

constexpr std::array<std::string_view, kKinds> kTypes = {"policyDefinitions", "policySetDefinitions",
                                                         "policyAssignments", "policyExemptions", "levels"};
constexpr std::array<std::string_view, 4> kLevels = {"unclassified", "confidential", "secret", "top-secret"};
constexpr std::size_t kMaxLocations = 100;

Checked<Classification> parse_classification(const LanguageJson& properties) {
  using gate::policy::refuse;
  Classification out;
  const auto level = parse_level(gate::expression::text_member(properties, "level"));
  if (!level) {
    return refuse("InvalidClassification", "'level' is 'unclassified', 'confidential', 'secret' or 'top-secret'.");
  }
  out.level = *level;
  const auto* locations = gate::expression::find_member(properties, "allowedLocations");
  if (locations == nullptr || locations->is_null()) return out;
  if (!locations->is_array() || locations->size() > kMaxLocations) {
    return refuse("InvalidClassification", "'allowedLocations' is a list of at most 100 texts.");
  }
  for (const auto& one : *locations) {
    if (!one.is_string()) return refuse("InvalidClassification", "'allowedLocations' is a list of texts.");
    std::string location = to_lower(one.get<std::string>());
    std::erase(location, ' ');
    out.locations.push_back(std::move(location));
  }
  return out;
}

}  // namespace

std::string_view level_name(Level level) { return kLevels[static_cast<std::size_t>(level)]; }

std::optional<Level> parse_level(std::string_view name) {
  for (std::size_t i = 0; i < kLevels.size(); ++i) {
    if (equals_ignoring_case(name, kLevels[i])) return static_cast<Level>(i);
  }
  return std::nullopt;
}

std::string_view provider_of(Kind kind) {
  return kind == Kind::kClassification ? "Freehold.Classification" : "Microsoft.Authorization";
}

ResourceId shipped_id(Kind kind, std::string_view name) {
  return {.parts = {{.provider = std::string(provider_of(kind)),
                     .types = {std::string(type_of(kind))},
                     .names = {std::string(kShippedPrefix) + std::string(name)}}}};
}

ResourceId classifying_assignment(const ResourceId& classification) {
  ResourceId out = classification.scope();
  auto part = shipped_id(Kind::kAssignment, "classification").parts.front();
  out.parts.push_back(std::move(part));
  return out;
}

EntryPtr assignment_of(const Entry& classification) {
  const auto& wanted = *classification.classification;
  if (wanted.level == Level::kUnclassified) return nullptr;
  const Json body = {{"managedBy", classification.id.text()},
                     {"properties",
                      {{"displayName", "Data classified as " + std::string(level_name(wanted.level))},
                       {"policyDefinitionId", shipped_id(Kind::kInitiative, level_name(wanted.level)).text()},
                       {"scope", classification.id.scope().text()},
                       {"enforcementMode", "Default"},
                       {"notScopes", Json::array()},
                       {"parameters", {{"allowedLocations", {{"value", wanted.locations}}}}}}}};
  auto made =
      make_entry(Kind::kAssignment, classifying_assignment(classification.id), body, gate::policy::AliasTable(), true);
  FH_CHECK(made.has_value());
  return std::move(*made);
}

std::string_view type_of(Kind kind) { return kTypes[static_cast<std::size_t>(kind)]; }

std::optional<Kind> kind_of(std::string_view type) {
  const auto word = type.substr(type.rfind('/') + 1);
  for (const Kind kind : kEveryKind) {
    if (equals_ignoring_case(word, type_of(kind))) return kind;
  }
  return std::nullopt;
}

Json Entry::shown() const {
  Json out = Json::parse(body, nullptr, false);
  if (!out.is_object()) out = Json::object();
  out["id"] = id.text();
  out["name"] = id.name();
  out["type"] = std::string(provider_of(kind)) + "/" + std::string(type_of(kind));
  return out;
}

Checked<EntryPtr> make_entry(Kind kind, ResourceId id, const Json& body, const gate::policy::AliasTable& aliases,
                             bool built_in) {
  Entry out{.kind = kind, .id = std::move(id), .body = body.dump(-1, ' ', false, Json::error_handler_t::replace)};
  out.built_in = built_in;
  const std::string text = out.id.text();
  const auto at = body.find("properties");
  const LanguageJson properties(at == body.end() ? Json::object() : *at);
  switch (kind) {
    case Kind::kDefinition: {
      FH_TRY(out.definition, gate::policy::Definition::compile(text, properties, aliases));
      break;
    }
    case Kind::kInitiative: {
      FH_TRY(out.initiative, gate::policy::Initiative::parse(text, properties));
      break;
    }
    case Kind::kAssignment: {
      FH_TRY(out.assignment, gate::policy::Assignment::parse(text, properties));
      out.identity = identity_of(body);
      out.user_identity = user_identity_of(body);
      break;
    }
    case Kind::kExemption: {
      FH_TRY(out.exemption, gate::policy::Exemption::parse(text, properties));
      break;
    }
    case Kind::kClassification: {
      FH_TRY(out.classification, parse_classification(properties));
      break;
    }
  }
  return std::make_shared<const Entry>(std::move(out));
}

}  // namespace freehold::policies
