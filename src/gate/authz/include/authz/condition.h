// Condition: Azure's attribute-based conditions of role assignments (ABAC, conditionVersion 2.0), compiled and
// evaluated.
//
// Sources: "Azure role assignment condition format and syntax"; "Actions and attributes for Azure role assignment
// conditions for Azure Blob Storage". Keeps: H1.
#pragma once

#include <cstdint>
#include <expected>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace freehold::gate::authz {

inline constexpr std::size_t kMaxConditionBytes = 8 * 1'024;
inline constexpr std::size_t kMaxConditionDepth = 32;
// Of all the conditions that one decision asks: what comes after that isn't met.
inline constexpr std::size_t kMaxConditionBytesRead = 64 * 1'024;

// What isn't known makes a condition neither hold nor not hold: its negation isn't known either, and nothing is
// granted.
enum class Truth : std::uint8_t { kFalse, kTrue, kUnknown };

// What conditions may ask for here.
enum class Attribute : std::uint8_t {
  kAccountName,       // @Resource[Microsoft.Storage/storageAccounts:name]
  kIsHnsEnabled,      // @Resource[Microsoft.Storage/storageAccounts:isHnsEnabled]
  kContainerName,     // @Resource[.../blobServices/containers:name]
  kBlobPath,          // @Resource[.../blobServices/containers/blobs:path]
  kIsCurrentVersion,  // @Resource[.../blobServices/containers/blobs:isCurrentVersion]
  kResourceTag,       // @Resource[.../blobServices/containers/blobs/tags:KEY<$key_case_sensitive$>]
  kResourceTagKeys,   // @Resource[.../blobServices/containers/blobs/tags&$keys$&]
  kPrefix,            // @Request[.../blobServices/containers/blobs:prefix]
  kInclude,           // @Request[.../blobServices/containers/blobs:include]
  kSnapshot,          // @Request[.../blobServices/containers/blobs:snapshot]
  kVersionId,         // @Request[.../blobServices/containers/blobs:versionId]
  kTag,               // @Request[.../blobServices/containers/blobs/tags:KEY<$key_case_sensitive$>]
  kTagKeys,           // @Request[.../blobServices/containers/blobs/tags&$keys$&]
  kSubOperation,      // @Request[subOperation], SubOperationMatches
  kIsPrivateLink,     // @Environment[isPrivateLink]
  kUtcNow,            // @Environment[UtcNow]
};

struct Fact {
  enum class State : std::uint8_t { kUnknown, kAbsent, kKnown };
  State state = State::kUnknown;
  std::vector<std::string> values = {};  // of kKnown
};

// Who knows about a request what conditions ask for. Answers from memory; asked during a decision only.
class Facts {
 public:
  virtual ~Facts() = default;
  // `key` is a tag's; empty for every other attribute.
  [[nodiscard]] virtual Fact of(Attribute attribute, std::string_view key) const = 0;
};

// Immutable, thread-safe.
class Condition {
 public:
  // The fault names what isn't understood: an attribute, an operator, a place.
  using Compiled = std::expected<std::shared_ptr<const Condition>, std::string>;
  [[nodiscard]] static Compiled compile(std::string_view text);
  ~Condition();
  Condition(const Condition&) = delete;
  Condition& operator=(const Condition&) = delete;

  // `action` in lower case; null facts: nothing is known but the action.
  [[nodiscard]] Truth evaluate(std::string_view action, const Facts* facts) const;

  [[nodiscard]] std::size_t size() const { return size_; }  // of its text

  struct Node;

 private:
  Condition(std::unique_ptr<const Node> root, std::size_t size);
  std::unique_ptr<const Node> root_;
  std::size_t size_;
};

}  // namespace freehold::gate::authz
