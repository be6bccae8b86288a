// The envelope of every row: a version byte, then fields of {id, length, bytes} (docs/formats/blob-rows.md).
//
// Ids from 128 are critical: a reader that doesn't know one refuses the row (kUnsupported) instead of misreading it.
// Others it keeps and writes back as they are, so that an older front end doesn't drop what a newer one added.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"

namespace freehold::blob {

inline constexpr std::uint8_t kRowVersion = 1;
inline constexpr std::uint8_t kFirstCriticalField = 128;

// A field that this version doesn't know and keeps.
using UnknownFields = std::vector<std::pair<std::uint8_t, Bytes>>;

class FieldWriter {
 public:
  FieldWriter() { append_u8(out_, kRowVersion); }
  void bytes(std::uint8_t id, BytesView value) {
    append_u8(out_, id);
    append_sized(out_, value);
  }
  // Left out where empty: absent and empty are the same.
  void text(std::uint8_t id, BytesView value) {
    if (!value.empty()) bytes(id, value);
  }
  void u64(std::uint8_t id, std::uint64_t value) {
    Bytes number;
    append_u64(number, value);
    bytes(id, number);
  }
  void unknown(const UnknownFields& fields) {
    for (const auto& [id, value] : fields) bytes(id, value);
  }
  [[nodiscard]] Bytes finish() { return std::move(out_); }

 private:
  Bytes out_;
};

struct Field {
  std::uint8_t id = 0;
  BytesView value;
};

// Splits a row into its fields, in order. kUnsupported: another version. kCorrupt: not whole. Views into `row`.
[[nodiscard]] Result<std::vector<Field>> split_fields(BytesView row);

// Exactly eight bytes, or nullopt.
[[nodiscard]] std::optional<std::uint64_t> field_u64(BytesView value);

// Puts what a decode_...() gave into its place; false if it gave nothing.
template <class Decoded, class Part>
[[nodiscard]] bool take(Decoded decoded, Part& part) {
  if (decoded) part = std::move(*decoded);
  return decoded.has_value();
}

}  // namespace freehold::blob
