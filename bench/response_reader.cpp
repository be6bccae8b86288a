#include "response_reader.h"

#include <algorithm>
#include <charconv>

namespace freehold::bench {

namespace {

bool equal_ignoring_case(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, [](char x, char y) { return (x | 0x20) == (y | 0x20); });
}

}  // namespace

void ResponseReader::reset() {
  head_.clear();
  chunk_line_.clear();
  in_body_ = chunked_ = closes_ = last_chunk_ = false;
  status_ = 0;
  remaining_ = body_bytes_ = 0;
}

ResponseReader::State ResponseReader::feed(std::string_view bytes) {
  if (in_body_) return feed_body(bytes);
  const std::size_t had = head_.size();
  head_.append(bytes.substr(0, 65'536));
  const std::size_t end = head_.find("\r\n\r\n", had < 3 ? 0 : had - 3);
  if (end == std::string::npos) return head_.size() > 65'536 ? State::kBroken : State::kMore;
  const std::size_t used = end + 4 - had;
  if (!parse_head(std::string_view(head_).substr(0, end + 2))) return State::kBroken;
  in_body_ = true;
  return feed_body(bytes.substr(used));
}

bool ResponseReader::parse_head(std::string_view head) {
  if (head.size() < 12 || !head.starts_with("HTTP/1.1 ")) return false;
  std::from_chars(head.data() + 9, head.data() + 12, status_);
  std::size_t from = head.find("\r\n") + 2;
  while (from < head.size()) {
    const std::size_t end = head.find("\r\n", from);
    parse_field(head.substr(from, end - from));
    from = end + 2;
  }
  return true;
}

void ResponseReader::parse_field(std::string_view line) {
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos) return;
  const std::string_view name = line.substr(0, colon);
  std::string_view value = line.substr(colon + 1);
  while (value.starts_with(' ')) value.remove_prefix(1);
  if (equal_ignoring_case(name, "content-length")) {
    std::from_chars(value.data(), value.data() + value.size(), remaining_);
  } else if (equal_ignoring_case(name, "transfer-encoding")) {
    chunked_ = true;
  } else if (equal_ignoring_case(name, "connection")) {
    closes_ = equal_ignoring_case(value, "close");
  }
}

ResponseReader::State ResponseReader::feed_body(std::string_view bytes) {
  if (chunked_) return feed_chunked(bytes);
  if (bytes.size() > remaining_) return State::kBroken;
  remaining_ -= bytes.size();
  body_bytes_ += bytes.size();
  return remaining_ == 0 ? State::kDone : State::kMore;
}

ResponseReader::State ResponseReader::feed_chunked(std::string_view bytes) {
  while (!bytes.empty()) {
    if (remaining_ > 0) {
      const std::size_t step = std::min<std::uint64_t>(remaining_, bytes.size());
      remaining_ -= step;
      bytes.remove_prefix(step);
      if (remaining_ == 0 && last_chunk_) return State::kDone;
      continue;
    }
    chunk_line_ += bytes.front();
    bytes.remove_prefix(1);
    if (!chunk_line_.ends_with("\r\n")) continue;
    std::uint64_t size = 0;
    std::from_chars(chunk_line_.data(), chunk_line_.data() + chunk_line_.size(), size, 16);
    chunk_line_.clear();
    last_chunk_ = size == 0;
    body_bytes_ += size;
    remaining_ = size + 2;
  }
  return State::kMore;
}

}  // namespace freehold::bench
