#include "src/tag_index.h"

#include <algorithm>

#include "src/row_keys.h"

namespace freehold::blob {
namespace {

constexpr std::uint32_t kMostRowsSeen = 5'000;
constexpr std::uint32_t kRowsAtOnce = 500;

bool has(const Tags& tags, const Tags::value_type& tag) { return std::ranges::find(tags, tag) != tags.end(); }

// Narrows a range over one tag's values by a comparison.
void narrow(TagRange& range, const TagComparison& comparison) {
  const auto at = row_keys::tag_value(comparison.key, comparison.value);
  const auto past = row_keys::after_prefix(at);
  const auto begin_at = [&](const Bytes& key) { range.from = std::max(range.from, key); };
  const auto end_at = [&](const Bytes& key) { range.end = std::min(range.end, key); };
  switch (comparison.operation) {
    case TagOperator::kEqual:
      begin_at(at);
      return end_at(past);
    case TagOperator::kLess:
      return end_at(at);
    case TagOperator::kLessEqual:
      return end_at(past);
    case TagOperator::kGreater:
      return begin_at(past);
    case TagOperator::kGreaterEqual:
      return begin_at(at);
    case TagOperator::kNotEqual:
      return;  // no query has one
  }
}

}  // namespace

void index_tags(std::string_view name, const Tags& before, const Tags& after, store::Commit& commit) {
  for (const auto& tag : before) {
    if (!has(after, tag)) commit.deletes.push_back(row_keys::tag(tag.first, tag.second, name));
  }
  for (const auto& tag : after) {
    if (!has(before, tag)) {
      commit.puts.push_back({row_keys::tag(tag.first, tag.second, name), Bytes(1, static_cast<char>(kRowVersion))});
    }
  }
}

TagRange tag_range(const TagQuery& query) {
  const auto equal = std::ranges::find(query.comparisons, TagOperator::kEqual, &TagComparison::operation);
  const auto& key = equal != query.comparisons.end() ? equal->key : query.comparisons.front().key;
  TagRange range{row_keys::tag_values(key), row_keys::after_prefix(row_keys::tag_values(key))};
  for (const auto& comparison : query.comparisons) {
    if (comparison.key == key) narrow(range, comparison);
  }
  return range;
}

Task<Result<TaggedBlobs>> find_tagged(BlobStore& blobs, store::PartitionId partition, TagQuery query, Bytes from,
                                      std::uint32_t limit) {
  auto range = tag_range(query);
  range.from = std::max(range.from, from);
  TaggedBlobs result;
  while (range.from < range.end) {
    FH_CO_TRY(const auto page, co_await blobs.rows().scan(partition, range.from, range.end, kRowsAtOnce));
    for (const auto& row : page.rows) {
      if (result.blobs.size() == limit || result.seen++ == kMostRowsSeen) {
        result.next = row.key;
        co_return result;
      }
      const auto tagged = row_keys::parse_tag(row.key);
      if (!tagged) co_return fail(ErrorCode::kCorrupt, "a tag's key can't be read");
      // The blob's row as it is now decides: it may be newer than the page, and a tag that changed in between must not
      // show the blob twice.
      FH_CO_TRY(auto stored, co_await blobs.read(partition, tagged->name));
      if (!stored || !has(stored->row.tags, {tagged->key, tagged->value})) continue;
      if (query.holds(stored->row.tags)) result.blobs.push_back({tagged->name, std::move(stored->row.tags)});
    }
    if (!page.more || page.rows.empty()) break;
    range.from = page.rows.back().key + '\0';
  }
  co_return result;
}

}  // namespace freehold::blob
