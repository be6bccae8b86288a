// Any bytes as a chunked body: whole or byte by byte, the decoder gives the same data, and never more than came in.
#include <cstdint>
#include <string>

#include "base/check.h"
#include "chunked.h"

namespace {

using freehold::http::ChunkedDecoder;

struct Decoded {
  std::string data;
  std::size_t used = 0;
  ChunkedDecoder::State state = ChunkedDecoder::State::kSize;
};

Decoded decode(std::string_view input, std::size_t piece) {
  ChunkedDecoder decoder;
  Decoded out;
  for (std::size_t seen = 0; seen < input.size();) {
    seen = std::min(seen + piece, input.size());
    while (true) {
      const std::size_t used = decoder.consume(input.substr(out.used, seen - out.used));
      out.used += used;
      if (decoder.state() != ChunkedDecoder::State::kData || out.used == seen) break;
      const auto n = std::min<std::uint64_t>(seen - out.used, decoder.remaining());
      out.data += input.substr(out.used, n);
      out.used += n;
      decoder.take_data(n);
    }
    out.state = decoder.state();
    if (out.state == ChunkedDecoder::State::kDone || out.state == ChunkedDecoder::State::kBroken) break;
  }
  FH_CHECK(out.used <= input.size() && out.data.size() <= out.used);
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const Decoded whole = decode(input, std::max<std::size_t>(size, 1));
  const Decoded bytes = decode(input, 1);
  FH_CHECK(whole.data == bytes.data);
  FH_CHECK(whole.state == bytes.state);
  FH_CHECK(whole.state != ChunkedDecoder::State::kDone || whole.used == bytes.used);
  return 0;
}
