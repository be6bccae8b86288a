// ContentReader: a range of a blob as a response body, one piece read ahead.
#pragma once

#include <memory>

#include "src/content_runs.h"

namespace freehold::blob {

// Made and used on one loop. The read-ahead belongs to the scope; the ticket keeps the collector away from what this
// reads.
class ContentReader final : public http::BodyWriter {
 public:
  // Reads `length` bytes of `runs`.
  ContentReader(ContentStore& content, runtime::TaskScope& scope, ContentPlace place, std::unique_ptr<ContentRuns> runs,
                std::uint64_t length, ActiveReads::Ticket ticket);
  ~ContentReader() override;

  // Reads the first piece, so that what is missing or broken is an error and not a cut-off body.
  [[nodiscard]] Task<Result<>> prepare();
  [[nodiscard]] Task<Result<BytesView>> next() override;

 private:
  struct State;
  static Task<Result<std::optional<PlainPiece>>> read_next(std::shared_ptr<State> state);
  static Task<> read_ahead(std::shared_ptr<State> state);

  std::shared_ptr<State> state_;  // shared with the read-ahead, which may end after the connection
  PlainPiece current_;
};

}  // namespace freehold::blob
