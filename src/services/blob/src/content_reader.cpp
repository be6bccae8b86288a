#include "src/content_reader.h"

#include <cstring>

#include "base/limits.h"

namespace freehold::blob {

struct ContentReader::State {
  State(ContentStore& store, runtime::TaskScope& tasks, ContentPlace at, std::unique_ptr<ContentRuns> from,
        std::uint64_t length, ActiveReads::Ticket read)
      : content(store),
        scope(tasks),
        place(std::move(at)),
        runs(std::move(from)),
        left(length),
        ticket(std::move(read)) {}
  ContentStore& content;
  runtime::TaskScope& scope;
  ContentPlace place;
  std::unique_ptr<ContentRuns> runs;
  std::uint64_t left = 0;  // bytes still to be read
  ContentRun run;          // what is left of the run under way
  ActiveReads::Ticket ticket;

  std::optional<runtime::Completion<Result<std::optional<PlainPiece>>>> ahead;
};

ContentReader::ContentReader(ContentStore& content, runtime::TaskScope& scope, ContentPlace place,
                             std::unique_ptr<ContentRuns> runs, std::uint64_t length, ActiveReads::Ticket ticket)
    : state_(std::make_shared<State>(content, scope, std::move(place), std::move(runs), length, std::move(ticket))) {}

ContentReader::~ContentReader() = default;

namespace {

// The next bytes of the run under way, at most `most` of them.
Task<Result<PlainPiece>> read_run(ContentStore& content, ContentPlace place, ContentRun run, std::uint64_t most) {
  // Pieces end at page bounds, so that no page is opened twice.
  constexpr auto kPiece = std::uint64_t{ContentStore::kPieceBytes};
  const auto bound = run.offset / limits::kPageBytes * limits::kPageBytes + kPiece;
  const auto length = static_cast<std::uint32_t>(std::min({bound - run.offset, run.length, most}));
  if (run.segment) co_return co_await content.read_piece(std::move(place), *run.segment, run.offset, length);
  PlainPiece zeros{AlignedBuffer(length), 0, length};
  std::memset(zeros.buffer.data(), 0, length);
  co_return zeros;
}

}  // namespace

// The next piece, or nullopt at the end of the range. Small runs are gathered: each piece costs a write to the client.
Task<Result<std::optional<PlainPiece>>> ContentReader::read_next(std::shared_ptr<State> state) {
  constexpr std::size_t kWorthSending = 32 * 1024;
  auto& s = *state;
  std::optional<PlainPiece> gathered;
  while (s.left > 0) {
    if (s.run.length == 0) {
      FH_CO_TRY(s.run, co_await s.runs->next());
    }
    const auto room = ContentStore::kPieceBytes - (gathered ? gathered->length : 0);
    FH_CO_TRY(auto piece, co_await read_run(s.content, s.place, s.run, std::min<std::uint64_t>(s.left, room)));
    if (s.run.segment) s.run.offset += static_cast<std::uint32_t>(piece.length);
    s.run.length -= piece.length;
    s.left -= piece.length;
    if (!gathered && (piece.length >= kWorthSending || s.left == 0)) co_return std::move(piece);
    if (!gathered) gathered = PlainPiece{AlignedBuffer(ContentStore::kPieceBytes), 0, 0};
    std::memcpy(gathered->buffer.data() + gathered->length, piece.view().data(), piece.length);
    gathered->length += piece.length;
    if (gathered->length >= ContentStore::kPieceBytes - kWorthSending) break;
  }
  co_return gathered;
}

Task<> ContentReader::read_ahead(std::shared_ptr<State> state) {
  const auto done = *state->ahead;
  done.complete(co_await read_next(state));
}

Task<Result<>> ContentReader::prepare() {
  FH_CO_TRY(auto first, co_await read_next(state_));
  state_->ahead.emplace();
  state_->ahead->complete(std::move(first));
  co_return Result<>();
}

Task<Result<BytesView>> ContentReader::next() {
  const auto state = state_;
  Result<std::optional<PlainPiece>> piece;
  if (state->ahead) {
    const auto ahead = *std::exchange(state->ahead, std::nullopt);
    piece = co_await ahead.wait();
  } else {
    piece = co_await read_next(state);
  }
  if (!piece) co_return pass_on(piece);
  if (!*piece) co_return BytesView();
  if (!state->place.is_held()) {  // it was opened ahead
    FH_CO_CHECK_OK(co_await state->place.hold->hold());
  }
  current_ = std::move(**piece);
  if (state->left > 0) {
    const auto executor = co_await boost::asio::this_coro::executor;
    state->ahead.emplace();
    if (!state->scope.spawn(executor.context(), read_ahead(state))) state->ahead.reset();
  }
  co_return current_.view();
}

}  // namespace freehold::blob
