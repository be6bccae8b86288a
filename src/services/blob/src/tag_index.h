// The index of tags: a row for each tag of each blob, in the container's partition, written in the commit that writes
// the blob's own row (docs/formats/blob-rows.md). Find Blobs by Tags reads it.
#pragma once

#include <string>
#include <vector>

#include "src/blob_store.h"
#include "src/tag_expression.h"

namespace freehold::blob {

// Makes the index follow a blob whose tags change from `before` to `after`.
void index_tags(std::string_view name, const Tags& before, const Tags& after, store::Commit& commit);

// Keys of the index from `from` to before `end`.
struct TagRange {
  Bytes from;
  Bytes end;
};
// The rows that a query has to look at: those of one tag, an equal one if it names one, within its bounds.
[[nodiscard]] TagRange tag_range(const TagQuery& query);

struct TaggedBlob {
  std::string name;
  Tags tags;
};
struct TaggedBlobs {
  std::vector<TaggedBlob> blobs;  // in order of the value that was looked for, then of name
  Bytes next;                     // where to go on; empty at the end
  std::uint32_t seen = 0;         // rows looked at
};
// Blobs of the partition whose tags satisfy the query, from that key of the index on (empty: the beginning); at most
// `limit` of them, and at most 5,000 rows looked at. Each is checked against its own row.
[[nodiscard]] Task<Result<TaggedBlobs>> find_tagged(BlobStore& blobs, store::PartitionId partition, TagQuery query,
                                                    Bytes from, std::uint32_t limit);

}  // namespace freehold::blob
