#include "src/content_store.h"

#include "base/check.h"
#include "base/encoding.h"
#include "base/limits.h"
#include "base/log.h"
#include "src/content_cipher.h"
#include "src/row_keys.h"

namespace freehold::blob {
namespace {

constexpr int kCopiesTried = 4;
constexpr std::size_t kManifestBytes = 512 * 1024;
constexpr std::size_t kMostManifests = 256;  // a row's list of them stays within 8 KiB

std::unexpected<Error> does_not_open(store::ChunkId id) {
  return fail(ErrorCode::kCorrupt, "no copy of a chunk opens", to_hex(store::to_bytes(id)));
}

// Opens the pages of `sealed`, whose first has this index, into `out`.
bool open_pages(const ContentCipher& cipher, std::uint32_t first_page, BytesView sealed, std::span<char> out) {
  auto page = first_page;
  while (!sealed.empty()) {
    const auto size = std::min(sealed.size(), kSealedPageBytes);
    if (size <= crypto::kAeadTagBytes || size - crypto::kAeadTagBytes > out.size()) return false;
    const auto plain = size - crypto::kAeadTagBytes;
    if (!cipher.open_page(page++, sealed.substr(0, size), out.first(plain))) return false;
    sealed.remove_prefix(size);
    out = out.subspan(plain);
  }
  return true;
}

}  // namespace

Task<Result<std::optional<Bytes>>> ContentStore::read_inline(ContentPlace place, Segment segment) {
  if (!place.is_held()) {
    FH_CO_CHECK_OK(co_await place.hold->hold());
  }
  FH_CO_TRY(auto stored, co_await rows_.get(place.partition, row_keys::content(segment.id)));
  if (!stored) co_return std::nullopt;
  const ContentCipher cipher(*place.key, segment.id);
  auto& page = *stored;
  if (page.size() != sealed_size(segment.length) || segment.length > limits::kPageBytes ||
      !cipher.open_page(0, page, {page.data(), segment.length})) {
    co_return does_not_open(segment.id);
  }
  page.resize(segment.length);
  co_return std::move(page);
}

Task<Result<PlainPiece>> ContentStore::read_piece(ContentPlace place, Segment segment, std::uint32_t offset,
                                                  std::uint32_t length) {
  FH_CHECK(length > 0 && length <= kPieceBytes + limits::kPageBytes && offset + length <= segment.length);
  if (segment.place == Segment::Place::kChunk) co_return co_await read_chunk(place, segment, offset, length);
  FH_CO_TRY(const auto content, co_await read_inline(place, segment));
  if (!content) co_return fail(ErrorCode::kNotFound, "inline content is gone");
  PlainPiece piece{AlignedBuffer(length), 0, length};
  std::memcpy(piece.buffer.data(), content->data() + offset, length);
  co_return piece;
}

Task<Result<PlainPiece>> ContentStore::read_chunk(ContentPlace place, Segment segment, std::uint32_t offset,
                                                  std::uint32_t length) {
  if (!place.is_held()) {
    FH_CO_CHECK_OK(co_await place.hold->hold());
  }
  constexpr auto kPage = static_cast<std::uint32_t>(limits::kPageBytes);
  const auto first_page = offset / kPage;
  const auto plain_begin = first_page * kPage;
  const auto plain_end = std::min((offset + length + kPage - 1) / kPage * kPage, segment.length);
  const auto sealed_begin = static_cast<std::uint32_t>(first_page * kSealedPageBytes);
  const auto sealed_length = static_cast<std::uint32_t>(sealed_size(plain_end - plain_begin));
  const ContentCipher cipher(*place.key, segment.id);
  PlainPiece piece{AlignedBuffer(plain_end - plain_begin), offset - plain_begin, length};
  for (int tried = 0; tried < kCopiesTried; ++tried) {
    FH_CO_TRY(const auto sealed, co_await chunks_.read(place.tenant, segment.id, sealed_begin, sealed_length));
    if (open_pages(cipher, first_page, sealed.bytes.view(), piece.buffer.span())) co_return piece;
    log_warning("a copy of a chunk doesn't open; another is tried",
                {{"copy", static_cast<std::uint64_t>(sealed.copy.value)}});
    chunks_.reject(segment.id, sealed.copy);
  }
  co_return does_not_open(segment.id);
}

Task<Result<LayoutRef>> ContentStore::store_layout(ContentPlace place, Layout layout, PendingChunks& pending) {
  const auto size = encoded_size(layout);
  if (size <= kDirectLayoutBytes) co_return LayoutRef{std::move(layout), {}};
  LayoutRef ref;
  auto part_bytes = std::max(kManifestBytes, size / kMostManifests + 1);
  auto parts = split_layout(layout, part_bytes);
  // What blocks share is written once a part: parts that are too short to share it make too many of them.
  while (parts.size() > kMostManifests) parts = split_layout(layout, part_bytes *= 2);
  for (const auto& part : parts) {
    FH_CO_TRY(const auto manifest, co_await store_manifest(place, part, pending));
    ref.manifests.push_back(manifest);
  }
  co_return ref;
}

Task<Result<ManifestRef>> ContentStore::store_manifest(ContentPlace place, Layout part, PendingChunks& pending) {
  const auto plain = encode_layout(part);
  if (plain.size() > limits::kChunkContentBytes) co_return fail(ErrorCode::kExhausted, "a block list is too long");
  if (!place.is_held()) {
    FH_CO_CHECK_OK(co_await place.hold->hold());
  }
  const auto id = pending.claim(place.tenant);
  const ContentCipher cipher(*place.manifest_key(), id);
  AlignedBuffer sealed(sealed_size(plain.size()));
  for (std::size_t page = 0; page * limits::kPageBytes < plain.size(); ++page) {
    const auto piece = BytesView(plain).substr(page * limits::kPageBytes, limits::kPageBytes);
    cipher.seal_page(static_cast<std::uint32_t>(page), piece,
                     sealed.span().subspan(page * kSealedPageBytes, piece.size() + crypto::kAeadTagBytes));
  }
  FH_CO_CHECK_OK(co_await chunks_.put(place.tenant, id, std::move(sealed)));
  co_return ManifestRef{id, static_cast<std::uint32_t>(plain.size()), length_of(part)};
}

Task<Result<Layout>> ContentStore::load_manifest(ContentPlace place, ManifestRef manifest) {
  const Segment segment{Segment::Place::kChunk, manifest.id, manifest.plain_bytes};
  place.key = place.manifest_key();
  Bytes plain;
  for (std::uint32_t offset = 0; offset < manifest.plain_bytes; offset += kPieceBytes) {
    const auto length = std::min(kPieceBytes, manifest.plain_bytes - offset);
    FH_CO_TRY(const auto piece, co_await read_chunk(place, segment, offset, length));
    plain += piece.view();
  }
  co_return decode_layout(plain);
}

Task<Result<Layout>> ContentStore::load_layout(ContentPlace place, LayoutRef ref) {
  Layout layout;
  SegmentsSharer sharer;
  for (const auto& manifest : ref.manifests) {
    FH_CO_TRY(auto part, co_await load_manifest(place, manifest));
    for (auto& block : part) sharer.share(block);
    std::move(part.begin(), part.end(), std::back_inserter(layout));
  }
  std::move(ref.direct.begin(), ref.direct.end(), std::back_inserter(layout));
  co_return layout;
}

}  // namespace freehold::blob
