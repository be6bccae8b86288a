// The index of tags as earlier programs wrote it: tags in the clear, in order of value. Read for blobs whose rows
// haven't been written since; nothing is added to it (tag_index.h).
#pragma once

#include "src/blob_store.h"
#include "src/tag_expression.h"

namespace freehold::blob {

// Keys of the index from `from` to before `end`.
struct TagRange {
  Bytes from;
  Bytes end;
};
// The rows that a query has to look at: those of one tag, an equal one if it names one, within its bounds.
[[nodiscard]] TagRange clear_tag_range(const TagQuery& query);

[[nodiscard]] bool has_tag(const Tags& tags, const Tags::value_type& tag);

// Takes away the rows of what a blob has no more, or has under the account's key now.
void unindex_clear_tags(std::string_view name, const Tags& before, const Tags& after, store::Commit& commit);

}  // namespace freehold::blob
