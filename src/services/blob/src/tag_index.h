// The index of tags: a row for each tag of each blob, in the container's partition, written in the commit that writes
// the blob's own row (docs/formats/blob-rows.md). Find Blobs by Tags reads it. Keeps: E1, E4: a row says a keyed digest
// of the tag's name and one of its name and value, so that who lacks the account's key reads no tag in it and can look
// none up.
#pragma once

#include <string>
#include <vector>

#include "src/blob_store.h"
#include "src/tag_expression.h"

namespace freehold::blob {

// Makes the index follow a blob whose notes change from `before` to `after`, both as rows hold them: sealed.
void index_tags(std::string_view name, const RowNotes& before, const RowNotes& after, store::Commit& commit);

struct TaggedBlob {
  std::string name;
  Tags tags;
};
struct TaggedBlobs {
  std::vector<TaggedBlob> blobs;  // of one value after the other, in no order of values; of a value in order of name
  Bytes next;                     // where to go on; empty at the end
  std::uint32_t seen = 0;         // rows looked at
};
// Blobs of the partition whose tags satisfy the query, from that key of the index on (empty: the beginning); at most
// `limit` of them, and at most 5,000 rows looked at. Each is checked against its own row. A value that isn't within the
// query's bounds costs one row, however many blobs have it. `cipher`: of the partition; it outlives the call.
//
// kDenied, kUnavailable: what a blob says of itself can't be opened, so that nobody can tell what is found.
[[nodiscard]] Task<Result<TaggedBlobs>> find_tagged(BlobStore& blobs, store::PartitionId partition, NoteCipher& cipher,
                                                    TagQuery query, Bytes from, std::uint32_t limit);

}  // namespace freehold::blob
