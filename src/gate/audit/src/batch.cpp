#include "audit/batch.h"

#include <zstd.h>

#include <algorithm>

#include "audit_format/record_text.h"
#include "base/check.h"
#include "crypto/aead.h"

namespace freehold::gate::audit {
namespace {

// Speed over size: records are mostly random ids and salts, which no level makes smaller.
constexpr int kLevel = 1;
constexpr std::size_t kCompressedBytes = 56 * 1024;

// A batch opens only in its place in its log.
Bytes context_of(TenantId tenant, std::uint64_t index, std::string_view origin) {
  Bytes context = "freehold audit batch";
  context += tenant.view();
  append_u64(context, index);
  context += origin;
  return context;
}

}  // namespace

struct BatchMaker::Compressor {
  ZSTD_CCtx* context = ZSTD_createCCtx();
  std::size_t capacity = ZSTD_compressBound(kBatchTextBytes);
  std::unique_ptr<char[]> out = std::make_unique_for_overwrite<char[]>(capacity);

  Compressor() { FH_CHECK(context != nullptr); }
  ~Compressor() { ZSTD_freeCCtx(context); }
  Compressor(const Compressor&) = delete;
  Compressor& operator=(const Compressor&) = delete;

  BytesView compress(BytesView plain) {
    const auto size = ZSTD_compressCCtx(context, out.get(), capacity, plain.data(), plain.size(), kLevel);
    FH_CHECK(!ZSTD_isError(size));
    return {out.get(), size};
  }
};

BatchMaker::BatchMaker(Random& random) : random_(random), compressor_(std::make_unique<Compressor>()) {}
BatchMaker::~BatchMaker() = default;

std::size_t BatchMaker::lines_to_try(const BatchText& text, std::size_t from) const {
  const auto start = from == 0 ? 0 : text.lines[from - 1].end;
  const auto room = std::min(kBatchTextBytes, static_cast<std::size_t>(0.95 * kCompressedBytes / ratio_));
  const auto most = std::min(text.lines.size() - from, kBatchRecords);
  const auto begin = text.lines.begin() + static_cast<std::ptrdiff_t>(from);
  const auto past = std::upper_bound(begin, begin + static_cast<std::ptrdiff_t>(most), start + room,
                                     [](std::size_t end, const BatchText::Line& line) { return end < line.end; });
  return std::max<std::size_t>(1, static_cast<std::size_t>(past - begin));
}

std::vector<SealedBatch> BatchMaker::make(const BatchText& text, std::uint64_t next_index, std::string_view origin,
                                          const Secret& batch_key) {
  std::vector<SealedBatch> batches;
  std::size_t from = 0;
  auto count = text.lines.empty() ? 0 : lines_to_try(text, 0);
  while (from < text.lines.size()) {
    const auto start = from == 0 ? 0 : text.lines[from - 1].end;
    const auto plain = BytesView(text.text).substr(start, text.lines[from + count - 1].end - start);
    const auto compressed = compressor_->compress(plain);
    ratio_ = std::max(ratio_ * 0.98, static_cast<double>(compressed.size()) / static_cast<double>(plain.size()));
    if (compressed.size() > kCompressedBytes && count > 1) {
      count /= 2;
      continue;
    }
    auto& batch = batches.emplace_back();
    batch.first_line = from;
    batch.sealed = crypto::seal(batch_key, context_of(text.tenant, next_index, origin), compressed, random_);
    FH_CHECK(batch.sealed.size() <= kSealedBatchBytes);
    const auto first = text.lines.begin() + static_cast<std::ptrdiff_t>(from);
    const auto [low, high] =
        std::ranges::minmax_element(first, first + static_cast<std::ptrdiff_t>(count), {}, &BatchText::Line::time);
    CompactTree records;
    for (const auto line : lines_of(plain)) records.append(record_hash(line));
    batch.leaf = {.tenant = text.tenant,
                  .index = next_index++,
                  .sub_root = records.root(),
                  .count = static_cast<std::uint32_t>(count),
                  .first = low->time,
                  .last = high->time,
                  .sealed_hash = crypto::sha256(batch.sealed),
                  .text_bytes = static_cast<std::uint32_t>(plain.size())};
    from += count;
    if (from < text.lines.size()) count = lines_to_try(text, from);
  }
  return batches;
}

Result<Bytes> open_batch(const Leaf& leaf, BytesView sealed, std::string_view origin, const Secret& batch_key) {
  const auto damaged = [&] {
    return fail(ErrorCode::kCorrupt, "audit batch " + std::to_string(leaf.index) + " is not what its leaf says");
  };
  if (crypto::sha256(sealed) != leaf.sealed_hash || leaf.text_bytes > kBatchTextBytes) return damaged();
  FH_TRY(const auto compressed, crypto::open(batch_key, context_of(leaf.tenant, leaf.index, origin), sealed));
  Bytes text(leaf.text_bytes, '\0');
  const auto size = ZSTD_decompress(text.data(), text.size(), compressed.data(), compressed.size());
  if (ZSTD_isError(size) || size != text.size()) return damaged();
  if (lines_of(text).size() != leaf.count) return damaged();
  return text;
}

std::vector<BytesView> lines_of(BytesView text) {
  std::vector<BytesView> lines;
  while (!text.empty()) {
    const auto end = std::min(text.find('\n'), text.size());
    lines.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

}  // namespace freehold::gate::audit
