#include "src/content_reader.h"

#include "base/limits.h"

namespace freehold::blob {

struct ContentReader::State {
  State(ContentStore& store, runtime::TaskScope& tasks, ContentPlace at, LayoutRef ref, ByteRange range,
        ActiveReads::Ticket read)
      : content(store), scope(tasks), place(std::move(at)), layout(std::move(ref)), ticket(std::move(read)) {
    skip = range.offset;
    left = range.length;
    part = std::move(layout.direct);
  }
  ContentStore& content;
  runtime::TaskScope& scope;
  ContentPlace place;
  LayoutRef layout;
  ActiveReads::Ticket ticket;

  // Where the next piece begins: `skip` bytes of content on from segment (block, segment) of `part`.
  Layout part;
  std::size_t manifest = 0;
  std::size_t block = 0;
  std::size_t segment = 0;
  std::uint64_t skip = 0;
  std::uint64_t left = 0;

  std::optional<runtime::Completion<Result<std::optional<PlainPiece>>>> ahead;
};

ContentReader::ContentReader(ContentStore& content, runtime::TaskScope& scope, ContentPlace place, LayoutRef layout,
                             ByteRange range, ActiveReads::Ticket ticket)
    : state_(std::make_shared<State>(content, scope, std::move(place), std::move(layout), range, std::move(ticket))) {}

ContentReader::~ContentReader() = default;

// The next piece, or nullopt at the end of the range.
Task<Result<std::optional<PlainPiece>>> ContentReader::read_next(std::shared_ptr<State> state) {
  auto& s = *state;
  while (s.left > 0) {
    if (s.block == s.part.size()) {
      while (s.manifest < s.layout.manifests.size() && s.skip >= s.layout.manifests[s.manifest].content_bytes) {
        s.skip -= s.layout.manifests[s.manifest++].content_bytes;
      }
      if (s.manifest == s.layout.manifests.size()) {
        co_return fail(ErrorCode::kCorrupt, "a blob's layout is shorter than its length");
      }
      FH_CO_TRY(s.part, co_await s.content.load_manifest(s.place, s.layout.manifests[s.manifest++]));
      s.block = s.segment = 0;
      continue;
    }
    const auto& segments = s.part[s.block].segments;
    if (s.segment == 0 && s.skip >= segments.length()) {  // a list may have millions of segments before the range
      s.skip -= segments.length();
      ++s.block;
      continue;
    }
    if (s.segment == segments.size()) {
      ++s.block;
      s.segment = 0;
      continue;
    }
    const auto segment = segments[s.segment];
    if (s.skip >= segment.length) {
      s.skip -= segment.length;
      ++s.segment;
      continue;
    }
    // Pieces end at page bounds, so that no page is opened twice.
    constexpr auto kPiece = std::uint64_t{ContentStore::kPieceBytes};
    const auto bound =
        std::min<std::uint64_t>((s.skip / limits::kPageBytes) * limits::kPageBytes + kPiece, segment.length);
    const auto length = std::min(bound - s.skip, s.left);
    FH_CO_TRY(auto piece, co_await s.content.read_piece(s.place, segment, static_cast<std::uint32_t>(s.skip),
                                                        static_cast<std::uint32_t>(length)));
    s.skip += length;
    s.left -= length;
    co_return std::move(piece);
  }
  co_return std::nullopt;
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
  current_ = std::move(**piece);
  if (state->left > 0) {
    const auto executor = co_await boost::asio::this_coro::executor;
    state->ahead.emplace();
    if (!state->scope.spawn(executor.context(), read_ahead(state))) state->ahead.reset();
  }
  co_return current_.view();
}

}  // namespace freehold::blob
