// The names that policies use for properties: "Microsoft.Storage/storageAccounts/minimumTlsVersion" is
// properties.minimumTlsVersion of a storage account. Built from rows that resource types bring.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "base/result.h"

namespace freehold::gate::policy {

enum class Modifiable : std::uint8_t { kNo, kYes };

struct AliasRow {
  std::string_view alias;  // whole, with the type; "[*]" behind an array's name stands for its elements
  std::string_view path;   // in the resource's JSON: "properties.networkAcls.ipRules[*].value"
  Modifiable modifiable = Modifiable::kNo;
};

// One step of a path: a member, or the elements of the array that the path has led to.
struct PathStep {
  std::string member;  // empty: the elements
};
using Path = std::vector<PathStep>;

// "properties.a[*].b" as steps; nullopt for an empty name. At most 32 steps.
[[nodiscard]] std::optional<Path> parse_path(std::string_view text);

struct Alias {
  std::string name;
  std::string type;  // of the resources that have it
  std::string path_text;
  Path path;
  Modifiable modifiable = Modifiable::kNo;
};

// What a name that is written where an alias may stand turned out to be.
enum class AliasKind : std::uint8_t {
  kKnown,
  kForeign,  // of a type that isn't ours: taken, and has no value on any resource
  kUnknown,  // below a type of ours, which has no such alias
};

// Filled once at start by one thread, read by all; never changed while a definition compiled against it lives.
class AliasTable {
 public:
  // A type of ours and its aliases. kConflict for an alias that is there already, kInvalidArgument for one that isn't
  // below the type or has a path that can't be read.
  Result<void> add_type(std::string_view type, std::span<const AliasRow> rows);
  // A type below one of ours that Azure has and this cloud doesn't: its aliases are foreign.
  void add_absent_type(std::string_view type);

  // nullptr unless known. Without regard to case.
  [[nodiscard]] const Alias* find(std::string_view name) const;
  [[nodiscard]] AliasKind kind(std::string_view name) const;
  [[nodiscard]] bool has_type(std::string_view type) const;
  // In the order in which they were added, for the providers' answer ("aliases" with paths).
  [[nodiscard]] const std::vector<Alias>& all() const { return aliases_; }

 private:
  std::vector<Alias> aliases_;
  std::unordered_map<std::string, std::size_t> by_name_;  // lower case
  std::unordered_set<std::string> types_;                 // lower case
  std::unordered_set<std::string> absent_types_;
};

}  // namespace freehold::gate::policy
