#include "src/fields.h"

#include "base/limits.h"

namespace freehold::blob {

Result<std::vector<Field>> split_fields(BytesView row) {
  ByteReader in(row);
  const auto version = in.u8();
  if (!in.ok()) return fail(ErrorCode::kCorrupt, "an empty row");
  if (version != kRowVersion) {
    return fail(ErrorCode::kUnsupported, "a row of version " + std::to_string(version) + " needs a newer program");
  }
  std::vector<Field> fields;
  fields.reserve(12);
  while (in.ok() && !in.rest().empty()) {
    Field field;
    field.id = in.u8();
    field.value = in.sized(limits::kCommitBytes);
    fields.push_back(field);
  }
  if (!in.ok()) return fail(ErrorCode::kCorrupt, "a row's fields end early");
  return fields;
}

std::optional<std::uint64_t> field_u64(BytesView value) {
  ByteReader in(value);
  const auto number = in.u64();
  if (!in.done()) return std::nullopt;
  return number;
}

}  // namespace freehold::blob
