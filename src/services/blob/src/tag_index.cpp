#include "src/tag_index.h"

#include <algorithm>

#include "src/clear_tag_index.h"
#include "src/row_keys.h"

namespace freehold::blob {
namespace {

constexpr std::uint32_t kMostRowsSeen = 5'000;
constexpr std::uint32_t kRowsAtOnce = 500;

// What an equal comparison asks for, or else the first.
const TagComparison& leading(const TagQuery& query) {
  const auto equal = std::ranges::find(query.comparisons, TagOperator::kEqual, &TagComparison::operation);
  return equal != query.comparisons.end() ? *equal : query.comparisons.front();
}

Bytes prefix_of(const TagComparison& comparison, NoteCipher& cipher) {
  const bool equal = comparison.operation == TagOperator::kEqual;
  return row_keys::tags_marked(equal ? cipher.mark(comparison.key, comparison.value)
                                     : cipher.mark_of_name(comparison.key));
}

// Do all comparisons of that tag hold, whatever the others do?
bool within(const TagQuery& query, const std::string& key, const Tags& tags) {
  return std::ranges::all_of(query.comparisons, [&](const TagComparison& comparison) {
    return comparison.key != key || comparison.holds(tags);
  });
}

// A search in one partition's index.
struct Walk {
  BlobStore& blobs;
  store::PartitionId partition;
  NoteCipher& cipher;
  TagQuery query;
  std::uint32_t limit;
  TaggedBlobs found = {};
  Bytes from = {};

  [[nodiscard]] bool full() const { return found.blobs.size() == limit || found.seen >= kMostRowsSeen; }
};

// Looks at one row; `from` is where to go on then.
Task<Result<>> look_at(Walk& walk, const Bytes& row_key) {
  walk.from = row_key + '\0';
  ++walk.found.seen;
  auto tagged = row_keys::parse_tag(row_key);
  if (!tagged) co_return fail(ErrorCode::kCorrupt, "a tag's key can't be read");
  // The blob's row as it is now decides: it may be newer than the page, and a tag that changed in between must not show
  // the blob twice.
  FH_CO_TRY(const auto stored, co_await walk.blobs.read(walk.partition, tagged->name));
  if (!stored || std::ranges::find(stored->row.notes.marks(), tagged->mark) == stored->row.notes.marks().end()) {
    co_return Result<>();
  }
  FH_CO_TRY(const auto* notes, stored->row.notes.read());
  if (walk.query.holds(notes->tags)) {
    walk.found.blobs.push_back({std::move(tagged->name), notes->tags});
  } else if (!within(walk.query, leading(walk.query).key, notes->tags)) {
    walk.from = row_keys::after_prefix(row_keys::tags_marked(tagged->mark));  // nor is it any blob with that value
  }
  co_return Result<>();
}

Task<Result<>> walk_marks(Walk& walk, Bytes end) {
  while (walk.from < end) {
    FH_CO_TRY(const auto page, co_await walk.blobs.rows().scan(walk.partition, walk.from, end, kRowsAtOnce));
    for (const auto& row : page.rows) {
      if (row.key < walk.from) continue;  // of a value that was passed over
      if (walk.full()) {
        walk.found.next = row.key;
        co_return Result<>();
      }
      FH_CO_CHECK_OK(co_await look_at(walk, row.key));
    }
    if (!page.more || page.rows.empty()) break;
    walk.from = std::max(walk.from, page.rows.back().key + '\0');
  }
  co_return Result<>();
}

// Blobs whose rows were written by earlier programs, and not since.
Task<Result<>> walk_clear(Walk& walk) {
  const auto range = clear_tag_range(walk.query);
  walk.from = std::max(walk.from, range.from);
  while (walk.from < range.end) {
    FH_CO_TRY(const auto page, co_await walk.blobs.rows().scan(walk.partition, walk.from, range.end, kRowsAtOnce));
    for (const auto& row : page.rows) {
      if (walk.full()) {
        walk.found.next = row.key;
        co_return Result<>();
      }
      ++walk.found.seen;
      auto tagged = row_keys::parse_clear_tag(row.key);
      if (!tagged) co_return fail(ErrorCode::kCorrupt, "a tag's key can't be read");
      FH_CO_TRY(const auto stored, co_await walk.blobs.read(walk.partition, tagged->name));
      const auto* notes = stored ? stored->row.notes.in_clear() : nullptr;
      if (notes == nullptr || !has_tag(notes->tags, {tagged->key, tagged->value})) continue;
      if (walk.query.holds(notes->tags)) walk.found.blobs.push_back({std::move(tagged->name), notes->tags});
    }
    if (!page.more || page.rows.empty()) break;
    walk.from = page.rows.back().key + '\0';
  }
  co_return Result<>();
}

}  // namespace

void index_tags(std::string_view name, const RowNotes& before, const RowNotes& after, store::Commit& commit) {
  static const Tags kNone;
  const auto* old_clear = before.in_clear();
  const auto* new_clear = after.in_clear();
  if (old_clear != nullptr) {
    unindex_clear_tags(name, old_clear->tags, new_clear != nullptr ? new_clear->tags : kNone, commit);
  }
  const auto& old_marks = before.marks();
  const auto& new_marks = after.marks();
  for (const auto& mark : old_marks) {
    if (std::ranges::find(new_marks, mark) == new_marks.end()) commit.deletes.push_back(row_keys::tag(mark, name));
  }
  for (const auto& mark : new_marks) {
    if (std::ranges::find(old_marks, mark) == old_marks.end()) {
      commit.puts.push_back({row_keys::tag(mark, name), Bytes(1, static_cast<char>(kRowVersion))});
    }
  }
}

Task<Result<TaggedBlobs>> find_tagged(BlobStore& blobs, store::PartitionId partition, NoteCipher& cipher,
                                      TagQuery query, Bytes from, std::uint32_t limit) {
  Walk walk{blobs, std::move(partition), cipher, std::move(query), limit};
  const bool in_clear = !from.empty() && from.front() == row_keys::kClearTagPrefix;
  if (!in_clear) {
    const auto prefix = prefix_of(leading(walk.query), cipher);
    walk.from = std::max(prefix, from);
    FH_CO_CHECK_OK(co_await walk_marks(walk, row_keys::after_prefix(prefix)));
  }
  if (walk.found.next.empty()) {
    walk.from = in_clear ? std::move(from) : Bytes();
    FH_CO_CHECK_OK(co_await walk_clear(walk));
  }
  co_return std::move(walk.found);
}

}  // namespace freehold::blob
