// Reads records.jsonl a line at a time, two lines ahead, in bounded memory.
#pragma once

#include <deque>
#include <istream>
#include <optional>
#include <string>

#include "audit_format/export_format.h"

namespace freehold::gate::audit {

// Not thread-safe. Borrows the stream.
class RecordLines {
 public:
  struct Line {
    std::uint64_t number = 0;  // from 1
    std::string text;
    bool whole = true;                 // ended by a line end, and no longer than kRecordLineBytes
    std::optional<RecordLine> parsed;  // borrows text
  };
  explicit RecordLines(std::istream& in) : in_(in) {}
  // The line at `ahead` (0 or 1), or null past the end. Valid until pop().
  [[nodiscard]] const Line* peek(std::size_t ahead);
  void pop() { lines_.pop_front(); }
  [[nodiscard]] std::uint64_t read() const { return number_; }

 private:
  [[nodiscard]] bool read_one();
  std::istream& in_;
  std::deque<Line> lines_;  // a deque: its elements stay where they are, and parsed borrows from them
  std::uint64_t number_ = 0;
};

}  // namespace freehold::gate::audit
