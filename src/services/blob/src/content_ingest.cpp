// ContentStore::ingest: a request's body, digested, sealed in place and put, with the network, the processor and the
// disk at work at the same time.
#include "base/limits.h"
#include "src/content_cipher.h"
#include "src/content_store.h"
#include "src/row_keys.h"
#include "src/running_digests.h"

namespace freehold::blob {
namespace {

constexpr std::size_t kBatchPages = 16;  // sealed on the pool at a time: long enough to be worth the hop
constexpr std::size_t kPutsInFlight = 2;

// The memory that a body of that length holds at most: the chunk that fills and the one that is being put.
std::size_t most_held(std::uint64_t length) {
  return static_cast<std::size_t>(std::min<std::uint64_t>(length, kPutsInFlight * limits::kChunkContentBytes));
}

// One chunk on its way: shared with the pool's work and the put, which may outlive a connection that goes away.
struct ChunkWork {
  ChunkWork(store::ChunkId id, std::uint32_t length, BlobKey key)
      : segment{Segment::Place::kChunk, id, length}, buffer(sealed_size(length)), cipher(*key, id) {}
  Segment segment;
  AlignedBuffer buffer;
  ContentCipher cipher;

  [[nodiscard]] std::size_t pages() const { return (segment.length + limits::kPageBytes - 1) / limits::kPageBytes; }
  [[nodiscard]] std::span<char> plain_page(std::size_t page) {
    const auto length = std::min(limits::kPageBytes, segment.length - page * limits::kPageBytes);
    return buffer.span().subspan(page * kSealedPageBytes, length);
  }
  void seal(std::size_t first, std::size_t end, RunningDigests& digests) {
    for (auto page = first; page < end; ++page) {
      const auto plain = plain_page(page);
      const BytesView view(plain.data(), plain.size());
      digests.update(view);
      cipher.seal_page(static_cast<std::uint32_t>(page), view, {plain.data(), plain.size() + crypto::kAeadTagBytes});
    }
  }
};

using Done = runtime::Completion<Result<>>;

// What is running for one body. Every run is awaited before ingest() ends, whichever way it ends.
struct Flight {
  explicit Flight(Digest digest) : digests(std::make_shared<RunningDigests>(digest)) {}
  std::shared_ptr<RunningDigests> digests;
  std::optional<Done> sealing;
  std::deque<Done> puts;
};

Task<Result<>> await_sealing(Flight& flight) {
  if (!flight.sealing) co_return Result<>();
  const auto done = *std::exchange(flight.sealing, std::nullopt);
  co_return co_await done.wait();
}

Task<Result<>> await_puts(Flight& flight, std::size_t leave) {
  Result<> first_fault;
  while (flight.puts.size() > leave) {
    const auto done = flight.puts.front();
    flight.puts.pop_front();
    auto result = co_await done.wait();
    if (!result && first_fault) first_fault = std::move(result);
  }
  co_return first_fault;
}

Task<> put_chunk(store::ChunkStore& chunks, TenantId tenant, std::shared_ptr<ChunkWork> work, Done done) {
  auto result = co_await chunks.put(tenant, work->segment.id, std::move(work->buffer));
  done.complete(std::move(result));
}

Task<Result<>> read_exactly(http::BodyReader& body, std::span<char> out) {
  FH_CO_TRY(const auto n, co_await http::read_full(body, out));
  if (n < out.size()) co_return fail(ErrorCode::kCancelled, "the body ended before its announced length");
  co_return Result<>();
}

// Fills and seals one chunk: while a batch is sealed on the pool, the next one comes in.
Task<Result<>> fill_chunk(http::BodyReader& body, runtime::Pool& pool, runtime::FairKey fair,
                          std::shared_ptr<ChunkWork> work, Flight& flight) {
  for (std::size_t first = 0; first < work->pages(); first += kBatchPages) {
    const auto end = std::min(first + kBatchPages, work->pages());
    for (auto page = first; page < end; ++page) {
      FH_CO_CHECK_OK(co_await read_exactly(body, work->plain_page(page)));
    }
    FH_CO_CHECK_OK(co_await await_sealing(flight));
    const Done done;
    FH_CO_CHECK_OK(pool.submit(fair, [done, work, digests = flight.digests, first, end] {
      work->seal(first, end, *digests);
      done.complete(Result<>());
    }));
    flight.sealing = done;
  }
  co_return co_await await_sealing(flight);
}

Task<Result<>> stream_chunks(http::BodyReader& body, std::uint64_t length, ContentPlace place,
                             store::ChunkStore& chunks, runtime::Pool& pool, PendingChunks& pending, Flight& flight,
                             Ingested& result) {
  const auto fair = static_cast<runtime::FairKey>(std::hash<TenantId>{}(place.tenant)) | 1;
  const auto executor = co_await boost::asio::this_coro::executor;
  for (auto rest = length; rest > 0;) {
    const auto size = static_cast<std::uint32_t>(std::min<std::uint64_t>(rest, limits::kChunkContentBytes));
    FH_CO_CHECK_OK(co_await await_puts(flight, kPutsInFlight - 1));
    if (!place.is_held()) {
      FH_CO_CHECK_OK(co_await place.hold->hold());
    }
    auto work = std::make_shared<ChunkWork>(pending.claim(place.tenant), size, place.key);
    FH_CO_CHECK_OK(co_await fill_chunk(body, pool, fair, work, flight));
    result.segments.push_back(work->segment);
    const Done done;
    boost::asio::co_spawn(executor, put_chunk(chunks, place.tenant, std::move(work), done), boost::asio::detached);
    flight.puts.push_back(done);
    rest -= size;
  }
  co_return Result<>();
}

}  // namespace

Task<Result<Ingested>> ContentStore::ingest(http::BodyReader& body, std::uint64_t length, Digest digest,
                                            ContentPlace place, PendingChunks& pending, Inlining inlining) {
  Ingested result;
  result.length = length;
  if (length == 0 || (length <= limits::kInlineContentBytes && inlining == Inlining::kAllowed)) {
    RunningDigests digests(digest);
    if (length > 0) {
      Bytes page(static_cast<std::size_t>(length) + crypto::kAeadTagBytes, '\0');
      const std::span<char> plain(page.data(), static_cast<std::size_t>(length));
      FH_CO_CHECK_OK(co_await read_exactly(body, plain));
      digests.update({plain.data(), plain.size()});
      if (!place.is_held()) {
        FH_CO_CHECK_OK(co_await place.hold->hold());
      }
      // Not claimed: it becomes durable only in the commit that names it.
      const Segment segment{Segment::Place::kInline, claims_.unclaimed_id(), static_cast<std::uint32_t>(length)};
      const ContentCipher cipher(*place.key, segment.id);
      cipher.seal_page(0, {plain.data(), plain.size()}, page);
      result.segments.push_back(segment);
      result.inline_row = store::KeyValue{row_keys::content(segment.id), std::move(page)};
    }
    digests.finish(result);
    co_return result;
  }
  const auto room = room_.take(place.tenant, most_held(length));
  if (!room) co_return fail(ErrorCode::kExhausted, "too many large bodies are coming in");
  Flight flight(digest);
  auto streamed = co_await stream_chunks(body, length, place, chunks_, pool_, pending, flight, result);
  auto sealed = co_await await_sealing(flight);
  auto put = co_await await_puts(flight, 0);
  if (!streamed) co_return pass_on(streamed);
  if (!sealed) co_return pass_on(sealed);
  if (!put) co_return pass_on(put);
  // A slow body may have outlasted the owner's consent.
  if (!place.is_held()) {
    FH_CO_CHECK_OK(co_await place.hold->hold());
  }
  flight.digests->finish(result);
  co_return result;
}

}  // namespace freehold::blob
