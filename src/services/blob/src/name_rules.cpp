#include "src/name_rules.h"

#include "base/encoding.h"

namespace freehold::blob {
namespace {

bool is_lower_or_digit(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); }

// Characters, not bytes: every byte that doesn't continue another one begins a character.
std::size_t utf8_length(std::string_view text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

}  // namespace

ApiResult<> check_container_name(std::string_view name) {
  if (name == "$root" || name == "$web" || name == "$logs") return {};
  if (name.size() < 3 || name.size() > 63) return refuse(errors::name_length_out_of_range());
  bool after_hyphen = true;  // so that the first character may not be one
  for (const char c : name) {
    if (c == '-' ? after_hyphen : !is_lower_or_digit(c)) return refuse(errors::invalid_resource_name());
    after_hyphen = c == '-';
  }
  if (after_hyphen) return refuse(errors::invalid_resource_name());
  return {};
}

ApiResult<> check_blob_name(std::string_view name) {
  constexpr std::ptrdiff_t kSegments = 254;
  if (name.empty() || name.find('\0') != name.npos || !is_valid_utf8(name)) {
    return refuse(errors::invalid_resource_name());
  }
  if (utf8_length(name) > kBlobNameChars) return refuse(errors::name_length_out_of_range());
  if (std::count(name.begin(), name.end(), '/') >= kSegments) return refuse(errors::invalid_resource_name());
  return {};
}

ApiResult<Bytes> parse_block_id(std::string_view text) {
  if (text.empty()) return refuse(errors::missing_parameter("blockid"));
  // Base64 has no space: one stands for a '+' that the client left unescaped and that the query read as a space.
  std::string base64(text);
  std::ranges::replace(base64, ' ', '+');
  auto id = from_base64(base64);
  if (!id || id->empty()) return refuse(errors::invalid_parameter("blockid", text, "Not a valid base64 string."));
  if (id->size() > kBlockIdBytes) {
    return refuse(errors::out_of_range_parameter("blockid", text, "1", "64"));
  }
  return std::move(*id);
}

}  // namespace freehold::blob
