#include "src/clear_tag_index.h"

#include <algorithm>

#include "src/row_keys.h"

namespace freehold::blob {
namespace {

// Narrows a range over one tag's values by a comparison.
void narrow(TagRange& range, const TagComparison& comparison) {
  const auto at = row_keys::clear_tag_value(comparison.key, comparison.value);
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

bool has_tag(const Tags& tags, const Tags::value_type& tag) { return std::ranges::find(tags, tag) != tags.end(); }

TagRange clear_tag_range(const TagQuery& query) {
  const auto equal = std::ranges::find(query.comparisons, TagOperator::kEqual, &TagComparison::operation);
  const auto& key = equal != query.comparisons.end() ? equal->key : query.comparisons.front().key;
  TagRange range{row_keys::clear_tag_values(key), row_keys::after_prefix(row_keys::clear_tag_values(key))};
  for (const auto& comparison : query.comparisons) {
    if (comparison.key == key) narrow(range, comparison);
  }
  return range;
}

void unindex_clear_tags(std::string_view name, const Tags& before, const Tags& after, store::Commit& commit) {
  for (const auto& tag : before) {
    if (!has_tag(after, tag)) commit.deletes.push_back(row_keys::clear_tag(tag.first, tag.second, name));
  }
}

}  // namespace freehold::blob
