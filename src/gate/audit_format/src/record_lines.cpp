#include "record_lines.h"

namespace freehold::gate::audit {

const RecordLines::Line* RecordLines::peek(std::size_t ahead) {
  while (lines_.size() <= ahead) {
    if (!read_one()) return nullptr;
  }
  return &lines_[ahead];
}

bool RecordLines::read_one() {
  using Traits = std::char_traits<char>;
  auto& buffer = *in_.rdbuf();
  auto c = buffer.sbumpc();
  if (Traits::eq_int_type(c, Traits::eof())) return false;
  auto& line = lines_.emplace_back();
  line.number = ++number_;
  for (; !Traits::eq_int_type(c, Traits::eof()) && c != '\n'; c = buffer.sbumpc()) {
    if (line.text.size() < kRecordLineBytes) {
      line.text += Traits::to_char_type(c);
    } else {
      line.whole = false;
    }
  }
  if (c != '\n') line.whole = false;
  if (line.whole) line.parsed = parse_record_line(line.text);
  return true;
}

}  // namespace freehold::gate::audit
