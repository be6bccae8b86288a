// ContentStore: content that is in memory as a whole before it is sealed. Pages, which must be cut where windows end,
// and small pieces that are put together again.
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include "base/check.h"
#include "base/limits.h"
#include "src/content_cipher.h"
#include "src/content_store.h"
#include "src/crc64.h"
#include "src/row_keys.h"

namespace freehold::blob {
namespace {

// One part on its way: shared with the pool's work and the put, which may outlive a connection that goes away.
struct Part {
  Segment segment;
  BytesView plain;  // within the buffer that the work owns
  AlignedBuffer sealed;
};
struct PartsWork {
  std::shared_ptr<AlignedBuffer> plain;
  std::vector<Part> parts;
  BlobKey key;

  void seal() {
    for (auto& part : parts) {
      const ContentCipher cipher(*key, part.segment.id);
      part.sealed = AlignedBuffer(sealed_size(part.plain.size()));
      for (std::size_t page = 0; page * limits::kPageBytes < part.plain.size(); ++page) {
        const auto piece = part.plain.substr(page * limits::kPageBytes, limits::kPageBytes);
        cipher.seal_page(static_cast<std::uint32_t>(page), piece,
                         part.sealed.span().subspan(page * kSealedPageBytes, piece.size() + crypto::kAeadTagBytes));
      }
    }
  }
};

using Done = runtime::Completion<Result<>>;

Task<> put_part(store::ChunkStore& chunks, TenantId tenant, std::shared_ptr<PartsWork> work, std::size_t index,
                Done done) {
  auto& part = work->parts[index];
  auto result = co_await chunks.put(tenant, part.segment.id, std::move(part.sealed));
  done.complete(std::move(result));
}

std::vector<BytesView> cut(BytesView plain, Cuts cuts) {
  std::vector<BytesView> parts;
  for (std::size_t size = cuts.first; !plain.empty(); size = cuts.step) {
    parts.push_back(plain.substr(0, size));
    plain.remove_prefix(parts.back().size());
  }
  return parts;
}

runtime::FairKey fair_key(TenantId tenant) { return static_cast<runtime::FairKey>(std::hash<TenantId>{}(tenant)) | 1; }

void digest_whole(Digest digest, BytesView plain, Ingested& whole) {
  whole.length = plain.size();
  if (wants(digest, Digest::kMd5)) {
    crypto::Md5 md5;
    md5.update(plain);
    const auto sum = md5.finish();
    whole.md5 = Bytes(crypto::view(sum));
  }
  if (wants(digest, Digest::kCrc64)) whole.crc64 = crc64(0, plain);
}

}  // namespace

// Work that is short is done at once; the rest on the pool.
Task<Result<std::vector<StoredContent>>> ContentStore::put_parts(ContentPlace place,
                                                                 std::shared_ptr<AlignedBuffer> plain, Cuts cuts,
                                                                 Inlining inlining, PendingChunks& pending) {
  if (!place.is_held()) {
    FH_CO_CHECK_OK(co_await place.hold->hold());
  }
  auto work = std::make_shared<PartsWork>();
  work->plain = plain;
  work->key = place.key;
  for (const auto part : cut(plain->view(), cuts)) {
    const bool is_inline = inlining == Inlining::kAllowed && part.size() <= limits::kInlineContentBytes;
    // What is inline isn't claimed: it becomes durable only in the commit that names it.
    const Segment segment{is_inline ? Segment::Place::kInline : Segment::Place::kChunk,
                          is_inline ? claims_.unclaimed_id() : pending.claim(place.tenant),
                          static_cast<std::uint32_t>(part.size())};
    work->parts.push_back({segment, part, {}});
  }
  if (plain->size() <= limits::kPageBytes) {
    work->seal();
  } else {
    FH_CO_CHECK_OK(co_await pool_.run(fair_key(place.tenant), [work]() -> Result<> {
      work->seal();
      return {};
    }));
  }
  std::vector<StoredContent> stored;
  std::vector<Done> puts;
  const auto executor = co_await boost::asio::this_coro::executor;
  for (std::size_t i = 0; i < work->parts.size(); ++i) {
    auto& part = work->parts[i];
    stored.push_back({part.segment, std::nullopt});
    if (part.segment.place == Segment::Place::kInline) {
      stored.back().inline_row = store::KeyValue{row_keys::content(part.segment.id), Bytes(part.sealed.view())};
    } else {
      puts.emplace_back();
      boost::asio::co_spawn(executor, put_part(chunks_, place.tenant, work, i, puts.back()), boost::asio::detached);
    }
  }
  Result<> fault;
  for (const auto& put : puts) {
    auto result = co_await put.wait();
    if (!result && fault) fault = std::move(result);
  }
  if (!fault) co_return pass_on(fault);
  co_return stored;
}

Task<Result<StoredContent>> ContentStore::put_content(ContentPlace place, AlignedBuffer plain, PendingChunks& pending,
                                                      Inlining inlining) {
  FH_CHECK(plain.size() > 0 && plain.size() <= limits::kChunkContentBytes);
  const auto size = static_cast<std::uint32_t>(plain.size());
  FH_CO_TRY(auto stored, co_await put_parts(std::move(place), std::make_shared<AlignedBuffer>(std::move(plain)),
                                            Cuts{size, size}, inlining, pending));
  co_return std::move(stored.front());
}

Task<Result<CutIngested>> ContentStore::ingest_cut(http::BodyReader& body, std::uint32_t length, Cuts cuts,
                                                   Digest digest, ContentPlace place, PendingChunks& pending) {
  FH_CHECK(length > 0 && length <= limits::kChunkContentBytes && cuts.first > 0 && cuts.step > 0);
  std::optional<IngestRoom::Place> room;
  if (length > limits::kInlineContentBytes) {
    auto taken = room_.take(place.tenant, 2 * std::size_t{length});  // as it came and sealed
    if (!taken) co_return fail(ErrorCode::kExhausted, "too many large bodies are coming in");
    room.emplace(std::move(*taken));
  }
  auto plain = std::make_shared<AlignedBuffer>(length);
  FH_CO_TRY(const auto read, co_await http::read_full(body, plain->span()));
  if (read < length) co_return fail(ErrorCode::kCancelled, "the body ended before its announced length");
  CutIngested result;
  if (length <= limits::kInlineContentBytes) {
    digest_whole(digest, plain->view(), result.whole);
  } else {
    FH_CO_TRY(result.whole, co_await pool_.run(fair_key(place.tenant), [digest, plain]() -> Result<Ingested> {
      Ingested whole;
      digest_whole(digest, plain->view(), whole);
      return whole;
    }));
  }
  FH_CO_TRY(result.parts, co_await put_parts(std::move(place), plain, cuts, Inlining::kAllowed, pending));
  co_return result;
}

}  // namespace freehold::blob
