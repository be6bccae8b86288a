// Reads HTTP/1.1 responses as cheaply as will do: status, framing, nothing else.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace freehold::bench {

// One connection's reader. Not for hostile servers: it serves a measurement against known peers.
class ResponseReader {
 public:
  enum class State { kMore, kDone, kBroken };

  // Takes what arrived; kDone when a response is complete (nothing may follow it: requests aren't pipelined).
  [[nodiscard]] State feed(std::string_view bytes);
  void reset();

  [[nodiscard]] int status() const { return status_; }
  [[nodiscard]] std::uint64_t body_bytes() const { return body_bytes_; }
  [[nodiscard]] bool closes() const { return closes_; }

 private:
  [[nodiscard]] bool parse_head(std::string_view head);
  void parse_field(std::string_view line);
  [[nodiscard]] State feed_body(std::string_view bytes);
  [[nodiscard]] State feed_chunked(std::string_view bytes);

  std::string head_;
  bool in_body_ = false;
  bool chunked_ = false;
  bool closes_ = false;
  int status_ = 0;
  std::uint64_t remaining_ = 0;  // of the body, or of the chunk under way with its CRLF
  std::uint64_t body_bytes_ = 0;
  bool last_chunk_ = false;
  std::string chunk_line_;
};

}  // namespace freehold::bench
