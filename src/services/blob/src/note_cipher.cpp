#include "src/note_cipher.h"

#include <algorithm>

#include "crypto/digest.h"
#include "src/blob_row.h"
#include "src/row_keys.h"

namespace freehold::blob {
namespace {

constexpr std::string_view kNotesLabel = "freehold notes";
constexpr std::string_view kIndexLabel = "freehold tag index";

Bytes encode(const Notes& notes) {
  Bytes out;
  append_sized(out, encode_metadata(notes.metadata));
  append_sized(out, encode_tags(notes.tags));
  return out;
}

std::optional<Notes> decode(BytesView bytes) {
  ByteReader in(bytes);
  const auto metadata = decode_metadata(in.sized(bytes.size()));
  const auto tags = decode_tags(in.sized(bytes.size()));
  if (!in.done() || !metadata || !tags) return std::nullopt;
  return Notes{*metadata, *tags};
}

Bytes place(BytesView partition, BytesView row_key) {
  Bytes out = "freehold notes";
  append_sized(out, partition);
  out += row_key;
  return out;
}

}  // namespace

const Secret& NoteCipher::key_of(std::uint32_t day) {
  const auto known = std::ranges::find_if(lots_, [day](const Lot& lot) { return lot.day == day && !lot.key.empty(); });
  if (known != lots_.end()) return known->key;
  Bytes info(kNotesLabel);
  append_sized(info, partition_);
  append_u32(info, day);
  auto& lot = lots_[used_++ % kLotsKept];
  lot = {day, crypto::hkdf_expand(key_.secret->view(), info, crypto::kAeadKeyBytes)};
  return lot.key;
}

const Secret& NoteCipher::index_key() {
  if (!index_key_.empty()) return index_key_;
  Bytes info(kIndexLabel);
  append_sized(info, partition_);
  index_key_ = crypto::hkdf_expand(key_.secret->view(), info, crypto::kAeadKeyBytes);
  return index_key_;
}

void NoteCipher::open(BytesView row_key, RowNotes& notes) {
  if (!notes.is_sealed()) return;
  ByteReader in(notes.sealed());
  const auto day = in.u32();
  auto plain = crypto::open(key_of(day), place(partition_, row_key), in.rest());
  auto opened = plain ? decode(*plain) : std::nullopt;
  if (opened) return notes.opened(std::move(*opened));
  notes.stay_closed({ErrorCode::kCorrupt, "what is said about a blob or container doesn't open", ""});
}

void NoteCipher::seal(BytesView row_key, RowNotes& notes, WallTime now, Random& random) {
  const auto open = notes.read();
  if (!open || notes.is_sealed() || (*open)->empty()) return;
  const auto day = static_cast<std::uint32_t>(std::chrono::floor<std::chrono::days>(now).time_since_epoch().count());
  Bytes sealed;
  append_u32(sealed, day);
  sealed += crypto::seal(key_of(day), place(partition_, row_key), encode(**open), random);
  TagMarks marks;
  for (const auto& [name, value] : (*open)->tags) marks.push_back(mark(name, value));
  notes.sealed_as(std::move(sealed), std::move(marks));
}

Bytes NoteCipher::mark_of_name(std::string_view name) {
  Bytes said = "n";
  said += name;
  const auto digest = crypto::hmac_sha256(index_key().view(), said);
  return Bytes(crypto::view(digest).substr(0, kTagMarkPart));
}

Bytes NoteCipher::mark(std::string_view name, std::string_view value) {
  Bytes said = "v";
  append_sized(said, name);
  said += value;
  const auto digest = crypto::hmac_sha256(index_key().view(), said);
  return mark_of_name(name) + Bytes(crypto::view(digest).substr(0, kTagMarkPart));
}

void open_notes(Result<NoteCipher>& cipher, BytesView row_key, RowNotes& notes) {
  if (cipher) {
    cipher->open(row_key, notes);
  } else {
    notes.stay_closed(cipher.error());
  }
}

Task<Result<NoteCipher>> NoteSealer::cipher(store::PartitionId partition) const {
  const auto account = row_keys::account_of(partition);
  if (!account) co_return fail(ErrorCode::kInvalidArgument, "a partition that is no account's");
  FH_CO_TRY(auto key, co_await accounts_.account_key(*account));
  co_return NoteCipher(std::move(key), partition);
}

Task<> NoteSealer::open(store::PartitionId partition, Bytes row_key, RowNotes& notes) const {
  if (!notes.is_sealed()) co_return;
  auto with = co_await cipher(std::move(partition));
  open_notes(with, row_key, notes);
}

Task<Result<>> NoteSealer::seal(store::PartitionId partition, Bytes row_key, RowNotes& notes) const {
  if (notes.is_closed() || notes.is_sealed() || notes.is_empty()) co_return Result<>();
  auto with = co_await cipher(std::move(partition));
  if (!with && notes.is_in_clear()) co_return Result<>();  // they rest as they did
  if (!with) co_return pass_on(with);
  with->seal(row_key, notes, clock_.now(), random_);
  co_return Result<>();
}

}  // namespace freehold::blob
