#include "chunked.h"

#include <charconv>

#include "base/check.h"

namespace freehold::http {
namespace {

bool has_control(std::string_view text) {
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if ((byte < 0x20 && byte != '\t') || byte == 0x7f) return true;
  }
  return false;
}

}  // namespace

std::size_t ChunkedDecoder::consume(std::string_view input) {
  std::size_t used = 0;
  while (state_ != State::kData && state_ != State::kDone && state_ != State::kBroken) {
    const std::string_view rest = input.substr(used);
    const std::size_t newline = rest.substr(0, kLineBytes).find('\n');
    if (newline == std::string_view::npos) {
      if (rest.size() >= kLineBytes || (state_ == State::kDataEnd && rest.size() >= 2)) state_ = State::kBroken;
      return used;
    }
    if (newline == 0 || rest[newline - 1] != '\r') {
      state_ = State::kBroken;
      return used;
    }
    const std::string_view line = rest.substr(0, newline - 1);
    used += newline + 1;
    switch (state_) {
      case State::kSize:
        state_ = read_size(line);
        break;
      case State::kDataEnd:
        state_ = line.empty() ? State::kSize : State::kBroken;
        break;
      default:
        state_ = read_trailer(line);
        break;
    }
  }
  return used;
}

void ChunkedDecoder::take_data(std::uint64_t n) {
  FH_CHECK(state_ == State::kData && n <= remaining_);
  remaining_ -= n;
  if (remaining_ == 0) state_ = State::kDataEnd;
}

ChunkedDecoder::State ChunkedDecoder::read_size(std::string_view line) {
  const char* const begin = line.data();
  const std::size_t digits = std::min<std::size_t>(line.size(), 17);
  std::uint64_t size = 0;
  const auto [end, error] = std::from_chars(begin, begin + digits, size, 16);
  const auto count = static_cast<std::size_t>(end - begin);
  if (error != std::errc() || count == 0 || count > 16 || size > INT64_MAX) return State::kBroken;
  const std::string_view extension = line.substr(count);
  if (!extension.empty() && (extension.front() != ';' || has_control(extension))) return State::kBroken;
  remaining_ = size;
  return size == 0 ? State::kTrailer : State::kData;
}

ChunkedDecoder::State ChunkedDecoder::read_trailer(std::string_view line) {
  if (line.empty()) return State::kDone;
  trailer_bytes_ += line.size() + 2;
  const std::size_t colon = line.find(':');
  const bool well_formed = colon != std::string_view::npos && colon > 0 && !has_control(line) &&
                           line.substr(0, colon).find_first_of(" \t") == std::string_view::npos;
  return well_formed && trailer_bytes_ <= kTrailerBytes ? State::kTrailer : State::kBroken;
}

}  // namespace freehold::http
