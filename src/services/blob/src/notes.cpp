#include "src/notes.h"

#include "base/check.h"

namespace freehold::blob {

Result<const Notes*> RowNotes::read() const {
  if (!open_) return std::unexpected(why_);
  return &*open_;
}

void RowNotes::set(Notes notes) {
  open_ = std::move(notes);
  sealed_.clear();
  marks_.clear();
  in_clear_ = false;
}

void RowNotes::sealed_as(Bytes sealed, TagMarks marks) {
  sealed_ = std::move(sealed);
  marks_ = std::move(marks);
  in_clear_ = false;
}

Notes* RowNotes::read_in_clear() {
  if (!open_ || is_sealed()) return nullptr;
  in_clear_ = true;
  return &*open_;
}

Bytes RowNotes::encode_sealed() const {
  if (sealed_.empty()) {
    FH_CHECK(in_clear_ || is_empty());  // who set them has them sealed
    return {};
  }
  Bytes out;
  append_u8(out, static_cast<std::uint8_t>(marks_.size()));
  for (const auto& mark : marks_) out += mark;
  out += sealed_;
  return out;
}

std::optional<RowNotes> RowNotes::decode_sealed(BytesView bytes) {
  ByteReader in(bytes);
  RowNotes notes;
  notes.open_.reset();
  const auto count = in.u8();
  if (count > kTagsPerBlob) return std::nullopt;
  for (std::size_t i = 0; i < count && in.ok(); ++i) notes.marks_.emplace_back(in.take(kTagMarkBytes));
  notes.sealed_ = in.rest();
  if (!in.ok() || notes.sealed_.empty()) return std::nullopt;
  return notes;
}

}  // namespace freehold::blob
