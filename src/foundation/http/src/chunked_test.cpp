#include "chunked.h"

#include <gtest/gtest.h>

#include <string>

namespace freehold::http {
namespace {

struct Decoded {
  std::string data;
  std::string rest;
  bool broken = false;
};

// Feeds `input` in pieces of `piece` bytes, as a connection does.
Decoded decode(const std::string& input, std::size_t piece) {
  ChunkedDecoder decoder;
  Decoded out;
  std::string pending;
  for (std::size_t at = 0; at < input.size(); at += piece) {
    pending += input.substr(at, piece);
    while (true) {
      pending.erase(0, decoder.consume(pending));
      if (decoder.state() != ChunkedDecoder::State::kData || pending.empty()) break;
      const auto n = std::min<std::size_t>(pending.size(), decoder.remaining());
      out.data += pending.substr(0, n);
      pending.erase(0, n);
      decoder.take_data(n);
    }
    out.broken = decoder.state() == ChunkedDecoder::State::kBroken;
    if (out.broken) return out;
    if (decoder.state() == ChunkedDecoder::State::kDone) {
      out.rest = pending + input.substr(std::min(at + piece, input.size()));
      return out;
    }
  }
  out.broken = true;  // it never ended
  return out;
}

TEST(Chunked, DecodesTheSameInPiecesOfAnySize) {
  const std::string input = "4\r\nWiki\r\n6;a=b\r\npedia \r\nE\r\nin \r\n\r\nchunks.\r\n0\r\nX: y\r\n\r\nGET /";
  for (std::size_t piece = 1; piece <= input.size(); ++piece) {
    const Decoded decoded = decode(input, piece);
    EXPECT_FALSE(decoded.broken) << piece;
    EXPECT_EQ(decoded.data, "Wikipedia in \r\n\r\nchunks.") << piece;
    EXPECT_EQ(decoded.rest, "GET /") << piece;
  }
}

TEST(Chunked, RefusesWhatIsNotExact) {
  for (const char* input :
       {"", "g\r\n", "5\r\nhell", "5\r\nhelloX\r\n0\r\n\r\n", "5\r\nhello\r0\r\n\r\n", "0\r\n", "0\r\nX\r\n\r\n",
        "12345678901234567\r\n", "8000000000000000\r\n", ";a\r\n", "5;\x01\r\nhello\r\n0\r\n\r\n"}) {
    EXPECT_TRUE(decode(input, 1).broken) << input;
    EXPECT_TRUE(decode(input, 64).broken) << input;
  }
}

TEST(Chunked, BoundsTrailers) {
  std::string input = "0\r\n";
  for (int i = 0; i < 100; ++i) input += "X: " + std::string(100, 'a') + "\r\n";
  EXPECT_TRUE(decode(input + "\r\n", 7).broken);
}

}  // namespace
}  // namespace freehold::http
