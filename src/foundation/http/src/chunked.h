// The framing of a chunked body (RFC 9112 section 7.1), read strictly and bounded.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace freehold::http {

// Tells framing from data; never touches the data, so that it can go from the socket to where it belongs. Sizes are 1
// to 16 hexadecimal digits; extensions are bounded and ignored, trailers bounded, checked and dropped (nothing here
// reads them, and merging them into the headers is a way to smuggle).
class ChunkedDecoder {
 public:
  enum class State { kSize, kData, kDataEnd, kTrailer, kDone, kBroken };
  static constexpr std::size_t kLineBytes = 512;       // a size with its extensions; one trailer
  static constexpr std::size_t kTrailerBytes = 8'192;  // all trailers

  // Consumes framing from the front of `input` until data, the end or a need for more; returns how many bytes. With
  // kSize, kDataEnd or kTrailer afterwards it wants the rest of the input again, and more of it.
  [[nodiscard]] std::size_t consume(std::string_view input);
  // The caller took n <= remaining() bytes of data off the stream.
  void take_data(std::uint64_t n);

  [[nodiscard]] State state() const { return state_; }
  [[nodiscard]] std::uint64_t remaining() const { return remaining_; }

 private:
  [[nodiscard]] State read_size(std::string_view line);
  [[nodiscard]] State read_trailer(std::string_view line);

  State state_ = State::kSize;
  std::uint64_t remaining_ = 0;
  std::size_t trailer_bytes_ = 0;
};

}  // namespace freehold::http
