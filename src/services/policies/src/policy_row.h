// Rows of policies (docs/formats/policy-rows.md): an entry's JSON, cut into rows that the store takes.
#pragma once

#include <vector>

#include "base/bytes.h"
#include "keys/sealed_rows.h"
#include "src/entry.h"

namespace freehold::policies {

inline constexpr char kEntryPrefix = 'e';
inline constexpr std::size_t kMaxEntryBytes = 512 * 1024;  // of an entry's JSON; ours
inline constexpr std::size_t kRowBytes = 60 * 1024;        // of it, in one row
inline constexpr std::size_t kMaxParts = kMaxEntryBytes / kRowBytes + 2;

// The rows of an entry, at most kMaxParts. FH_CHECKs that its body isn't longer than kMaxEntryBytes.
[[nodiscard]] std::vector<store::KeyValue> encode(const Entry& entry);
// The keys of all rows that the entry of this id may have.
[[nodiscard]] std::vector<Bytes> row_keys(const ResourceId& id);

// What a row said, before it is compiled.
struct Stored {
  Kind kind = Kind::kDefinition;
  ResourceId id;
  Json body;
};
// All entries of a partition, from all its rows in the order of their keys. kCorrupt: a part is missing, or damaged.
[[nodiscard]] Result<std::vector<Stored>> decode(const std::vector<store::KeyValue>& rows);

}  // namespace freehold::policies
