// Notes: what an account says about its blobs and containers, metadata and tags. They rest under the account's key
// (docs/formats/blob-rows.md): without it they can be neither read nor found, and a row that is written for another
// reason takes them along as they are. Keeps: E1, E2, E4.
#pragma once

#include <optional>
#include <vector>

#include "base/result.h"
#include "src/header_rules.h"
#include "src/row_parts.h"

namespace freehold::blob {

struct Notes {
  Metadata metadata;
  Tags tags;  // of blobs only
  [[nodiscard]] bool empty() const { return metadata.empty() && tags.empty(); }
  friend bool operator==(const Notes&, const Notes&) = default;
};

// What stands in the index for a tag: a keyed digest of its name, then one of its name and value (NoteCipher::mark).
inline constexpr std::size_t kTagMarkPart = 16;
inline constexpr std::size_t kTagMarkBytes = 2 * kTagMarkPart;
using TagMarks = std::vector<Bytes>;  // in order of the tags' names

// The notes of one row, as far as they are known. A value; not thread-safe.
//
// What a row holds is closed until a NoteCipher opens it. What an operation sets is open, and a NoteCipher must seal it
// before the row is written (BlobStore::encode, ContainerStore). Rows of earlier programs have them in the clear, and
// keep them so if they are written while the key is withheld.
class RowNotes {
 public:
  RowNotes() = default;
  explicit RowNotes(Notes notes) : open_(std::move(notes)) {}

  // The error for which they are closed: kDenied, the account's key is withheld; kUnavailable, it can't be asked for;
  // kCorrupt, they don't open. Borrows from this.
  [[nodiscard]] Result<const Notes*> read() const;
  [[nodiscard]] bool is_empty() const { return open_ ? open_->empty() : sealed_.empty(); }
  [[nodiscard]] bool is_closed() const { return !open_.has_value(); }
  [[nodiscard]] bool is_sealed() const { return !sealed_.empty(); }
  // Read from a row of before, and nothing else since.
  [[nodiscard]] bool is_in_clear() const { return in_clear_; }
  // Known without the key.
  [[nodiscard]] std::size_t tag_count() const { return open_ ? open_->tags.size() : marks_.size(); }

  void set(Notes notes);

  // The fields of rows. Sealed notes have their marks before them: count u8, marks.
  [[nodiscard]] Bytes encode_sealed() const;  // empty: nothing to write
  [[nodiscard]] static std::optional<RowNotes> decode_sealed(BytesView bytes);
  [[nodiscard]] const Notes* in_clear() const { return in_clear_ ? &*open_ : nullptr; }
  // For a reader of rows of before, to put there what it finds; null where there are sealed ones.
  [[nodiscard]] Notes* read_in_clear();

  // For NoteCipher and the index.
  [[nodiscard]] const TagMarks& marks() const { return marks_; }
  [[nodiscard]] const Bytes& sealed() const { return sealed_; }
  void opened(Notes notes) { open_ = std::move(notes); }
  void sealed_as(Bytes sealed, TagMarks marks);
  void stay_closed(Error why) { why_ = std::move(why); }

 private:
  std::optional<Notes> open_ = Notes{};
  Bytes sealed_;  // as the row has it; empty: nothing, or set() since
  TagMarks marks_;
  bool in_clear_ = false;
  Error why_ = {ErrorCode::kDenied, "still closed", ""};
};

}  // namespace freehold::blob
