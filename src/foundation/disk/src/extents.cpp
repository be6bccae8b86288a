#include "disk/extents.h"

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <mutex>
#include <unordered_map>

#include "base/check.h"
#include "base/encoding.h"
#include "disk/crc32c.h"
#include "src/extent_header.h"
#include "src/header_cache.h"

namespace freehold::disk {
namespace {

constexpr BytesView kFormatFile = "FORMAT";
constexpr BytesView kFormatText = "freehold extents ";
constexpr BytesView kSuffix = ".extent";
constexpr std::uint64_t kScanBytes = 256 * 1024;

std::string extent_name(std::uint32_t extent) {
  std::array<char, 32> name;
  const int n = std::snprintf(name.data(), name.size(), "%010u%s", extent, kSuffix.data());
  return {name.data(), static_cast<std::size_t>(n)};
}

std::optional<std::uint32_t> parse_extent_name(std::string_view name) {
  if (!name.ends_with(kSuffix)) return std::nullopt;
  const auto number = parse_u64(name.substr(0, name.size() - kSuffix.size()));
  if (!number || *number > UINT32_MAX || extent_name(static_cast<std::uint32_t>(*number)) != name) return std::nullopt;
  return static_cast<std::uint32_t>(*number);
}

std::unexpected<Error> corrupt(const ExtentAddress& address, std::string_view what) {
  return fail(ErrorCode::kCorrupt, "stored bytes are damaged",
              "extent " + std::to_string(address.extent) + " offset " + std::to_string(address.offset) + ": " +
                  std::string(what));
}

// How bytes are fetched: waiting for the disk, or only if that needs no waiting (then false means it would).
using Fetch = Result<bool> (*)(File& file, std::uint64_t offset, std::span<char> out);
Result<bool> fetch_waiting(File& file, std::uint64_t offset, std::span<char> out) {
  FH_CHECK_OK(file.read_at(offset, out));
  return true;
}
Result<bool> fetch_cached(File& file, std::uint64_t offset, std::span<char> out) {
  return file.try_read_at(offset, out);
}

class DiskExtents final : public ExtentFiles {
 public:
  DiskExtents(Disk& disk, std::string directory, ExtentOptions options)
      : disk_(disk), directory_(std::move(directory)), options_(options) {}

  Result<> prepare(std::uint32_t extent) override {
    const std::string path = path_of(extent);
    FH_TRY(const bool existed, disk_.exists(path));
    FH_TRY(auto file, disk_.open(path, OpenMode::kDirect));
    FH_TRY(const auto size, file->size());
    if (existed && size >= options_.extent_bytes) return remember(extent, std::move(file));
    auto made = file->preallocate(options_.extent_bytes);
    if (made) made = file->sync();
    if (made) made = disk_.sync_directory(directory_);
    if (!made) {
      // A file that was there (a crash in mid-creation, or other settings) may hold records: only a new one goes.
      if (!existed) (void)disk_.unlink(path);
      return made;
    }
    return remember(extent, std::move(file));
  }

  Result<> create(std::uint32_t extent) override {
    if (created_.contains(extent)) return {};
    FH_TRY(auto file, disk_.open(path_of(extent), OpenMode::kDirect));
    FH_CHECK_OK(disk_.sync_directory(directory_));  // also where it was there: perhaps a crash cut this off
    created_.insert(extent);
    return remember(extent, std::move(file));
  }

  Result<> write(const ChunkKey& key, ExtentAddress address, AlignedBuffer& payload,
                 const PayloadChecksums& checksums) override {
    const std::uint64_t padded = round_up(payload.size(), kDirectAlignment);
    FH_CHECK(payload.size() == address.length && padded <= payload.capacity());
    if (padded > payload.size()) std::memset(payload.data() + payload.size(), 0, padded - payload.size());
    return write_padded(key, address, {payload.data(), padded}, checksums);
  }

  Result<> write_padded(const ChunkKey& key, ExtentAddress address, BytesView padded_payload,
                        const PayloadChecksums& checksums) override {
    FH_CHECK(address.offset % kDirectAlignment == 0);
    FH_CHECK(padded_payload.size() == round_up(address.length, kDirectAlignment));
    FH_CHECK(address.offset + address.footprint() <= options_.extent_bytes);
    FH_TRY(const auto file, file_of(address.extent));
    cache_.erase(address);
    const AlignedBuffer block = encode_header({key, address, checksums.crc32c});
    const std::array<BytesView, 2> pieces{block.view(), padded_payload};
    return file->write_at(address.offset, std::span(pieces).first(padded_payload.empty() ? 1 : 2));
  }

  Result<> sync(std::uint32_t extent) override {
    FH_TRY(const auto file, file_of(extent));
    return file->sync();
  }

  Result<> read(const ChunkKey& key, ExtentAddress address, std::uint32_t from, std::span<char> out) override {
    FH_CHECK_OK(read_with(fetch_waiting, key, address, from, out));
    return {};
  }
  Result<bool> try_read(const ChunkKey& key, ExtentAddress address, std::uint32_t from, std::span<char> out) override {
    return read_with(fetch_cached, key, address, from, out);
  }

  Result<AlignedBuffer> verify(const ChunkKey& key, ExtentAddress address) override {
    FH_TRY(const auto file, file_of(address.extent));
    AlignedBuffer block(kDirectAlignment);
    FH_CHECK_OK(file->read_direct(address.offset, block.span()));
    FH_TRY(const auto header, check_header(block.view(), key, address));
    AlignedBuffer payload(round_up(address.length, kDirectAlignment));
    if (!payload.empty()) {
      FH_CHECK_OK(file->read_direct(address.offset + kDirectAlignment, payload.span()));
    }
    payload.resize(address.length);
    if (checksum_payload(payload.view()).crc32c != header.crc32c) return corrupt(address, "payload checksum");
    return payload;
  }

  Result<std::vector<ExtentRecord>> scan(std::uint32_t extent) override {
    FH_TRY(const auto file, file_of(extent));
    FH_TRY(const std::uint64_t size, file->size());
    std::vector<ExtentRecord> records;
    AlignedBuffer window(kScanBytes);
    std::uint64_t offset = 0;
    while (offset + kDirectAlignment <= size) {
      const std::uint64_t take = std::min(kScanBytes, (size - offset) / kDirectAlignment * kDirectAlignment);
      FH_CHECK_OK(file->read_at(offset, window.span().first(take)));
      FH_TRY(offset, scan_window(extent, offset, {window.data(), take}, records));
    }
    return records;
  }

  Result<std::vector<std::uint32_t>> extents() override {
    FH_TRY(const auto names, disk_.list(directory_));
    std::vector<std::uint32_t> numbers;
    for (const auto& name : names) {
      if (const auto number = parse_extent_name(name)) numbers.push_back(*number);
    }
    return numbers;  // names sort as the numbers do
  }

  Result<> punch(ExtentAddress address) override {
    FH_TRY(const auto file, file_of(address.extent));
    cache_.erase(address);
    return file->punch(address.offset, address.footprint());
  }

  Result<> cut(std::uint32_t extent, std::uint64_t end) override {
    FH_TRY(const auto file, file_of(extent));
    return file->cut(end);
  }

  Result<> remove(std::uint32_t extent) override {
    created_.erase(extent);
    {
      const std::lock_guard lock(mutex_);
      files_.erase(extent);
    }
    cache_.erase_extent(extent);
    FH_CHECK_OK(disk_.unlink(path_of(extent)));
    return disk_.sync_directory(directory_);
  }

  Result<std::uint64_t> allocated_bytes() override {
    FH_TRY(const auto numbers, extents());
    std::uint64_t sum = 0;
    for (const auto number : numbers) {
      FH_TRY(const auto file, file_of(number));
      FH_TRY(const auto bytes, file->allocated());
      sum += bytes;
    }
    return sum;
  }

 private:
  [[nodiscard]] std::string path_of(std::uint32_t extent) const { return directory_ + '/' + extent_name(extent); }

  Result<> remember(std::uint32_t extent, std::shared_ptr<File> file) {
    const std::lock_guard lock(mutex_);
    files_.emplace(extent, std::move(file));
    return {};
  }

  // Shared, because remove() may drop the extent while another thread still reads from it.
  Result<std::shared_ptr<File>> file_of(std::uint32_t extent) {
    {
      const std::lock_guard lock(mutex_);
      if (const auto found = files_.find(extent); found != files_.end()) return found->second;
    }
    const std::string path = path_of(extent);
    FH_TRY(const bool exists, disk_.exists(path));  // opening for writing would make it
    if (!exists) return fail(ErrorCode::kNotFound, "no such extent", path);
    FH_TRY(auto file, disk_.open(path, OpenMode::kDirect));
    const std::lock_guard lock(mutex_);
    return files_.emplace(extent, std::move(file)).first->second;
  }

  static Result<ExtentHeader> check_header(BytesView block, const ChunkKey& key, const ExtentAddress& address) {
    FH_TRY(auto header, decode_header(block));
    if (!header) return corrupt(address, "no valid header");
    if (header->address != address || header->key != key) return corrupt(address, "another chunk's header");
    return std::move(*header);
  }

  // Null if fetching it would have to wait.
  Result<HeaderCache::Entry> header_of(Fetch fetch, File& file, const ChunkKey& key, const ExtentAddress& address) {
    if (auto cached = cache_.find(address)) {
      if (cached->address == address && cached->key == key) return cached;
      return corrupt(address, "another chunk's header");
    }
    std::array<char, kDirectAlignment> block;
    FH_TRY(const bool there, fetch(file, address.offset, block));
    if (!there) return nullptr;
    FH_TRY(auto header, check_header({block.data(), block.size()}, key, address));
    return cache_.insert(std::move(header));
  }

  Result<bool> read_with(Fetch fetch, const ChunkKey& key, ExtentAddress address, std::uint32_t from,
                         std::span<char> out) {
    if (from > address.length || out.size() > address.length - from) {
      return fail(ErrorCode::kInvalidArgument, "range behind the chunk's end");
    }
    FH_TRY(const auto file, file_of(address.extent));
    FH_TRY(const auto header, header_of(fetch, *file, key, address));
    if (!header) return false;
    while (!out.empty()) {
      FH_TRY(const std::uint32_t done, read_spans(fetch, *file, *header, from, out));
      if (done == 0) return false;
      out = out.subspan(done);
      from += done;
    }
    return true;
  }

  // Reads a first part of `out`: as many whole spans as it covers straight into it, or else the part of one span by way
  // of a buffer, since a checksum wants its whole span. Returns how much, 0 if it would have to wait.
  Result<std::uint32_t> read_spans(Fetch fetch, File& file, const ExtentHeader& header, std::uint32_t from,
                                   std::span<char> out) {
    const std::uint32_t begin = from / kChecksumSpan * kChecksumSpan;
    const std::uint32_t end = std::min(header.address.length, begin + kChecksumSpan);
    const std::uint32_t out_end = from + static_cast<std::uint32_t>(out.size());
    const std::uint64_t base = header.address.offset + kDirectAlignment;
    if (from == begin && out_end >= end) {
      const std::uint32_t whole_end =
          out_end == header.address.length ? out_end : out_end / kChecksumSpan * kChecksumSpan;
      const auto part = out.first(whole_end - from);
      FH_TRY(const bool there, fetch(file, base + from, part));
      if (!there) return 0;
      FH_CHECK_OK(check_spans(header, begin, {part.data(), part.size()}));
      return whole_end - from;
    }
    AlignedBuffer span(end - begin);
    FH_TRY(const bool there, fetch(file, base + begin, span.span()));
    if (!there) return 0;
    FH_CHECK_OK(check_spans(header, begin, span.view()));
    const std::uint32_t n = std::min(end, out_end) - from;
    std::memcpy(out.data(), span.data() + (from - begin), n);
    return n;
  }

  static Result<> check_spans(const ExtentHeader& header, std::uint32_t begin, BytesView bytes) {
    for (std::size_t index = begin / kChecksumSpan; !bytes.empty(); ++index) {
      const BytesView span = bytes.substr(0, kChecksumSpan);
      if (crc32c(span) != header.crc32c[index]) return corrupt(header.address, "payload checksum");
      bytes.remove_prefix(span.size());
    }
    return {};
  }

  // Returns the offset to go on from.
  static Result<std::uint64_t> scan_window(std::uint32_t extent, std::uint64_t offset, BytesView window,
                                           std::vector<ExtentRecord>& records) {
    std::uint64_t at = 0;
    while (at < window.size()) {
      FH_TRY(const auto header, decode_header(window.substr(at, kDirectAlignment)));
      const bool here = header && header->address.extent == extent && header->address.offset == offset + at;
      if (here) records.push_back({header->key, header->address});
      at += here ? header->address.footprint() : kDirectAlignment;
    }
    return offset + at;
  }

  Disk& disk_;
  const std::string directory_;
  const ExtentOptions options_;
  std::mutex mutex_;
  std::unordered_map<std::uint32_t, std::shared_ptr<File>> files_;  // guarded by mutex_
  std::set<std::uint32_t> created_;                                 // by create(); of the writer alone
  HeaderCache cache_;
};

Result<> check_format(Disk& disk, const std::string& directory) {
  const std::string path = directory + '/' + std::string(kFormatFile);
  FH_TRY(const bool exists, disk.exists(path));
  const std::string ours = std::string(kFormatText) + std::to_string(kExtentVersion) + '\n';
  if (!exists) return disk.write_file_durably(path, ours);
  FH_TRY(const Bytes text, disk.read_file(path));
  std::string_view rest = text;
  if (!rest.starts_with(kFormatText) || !rest.ends_with('\n')) {
    return fail(ErrorCode::kCorrupt, "stored bytes are damaged", path);
  }
  rest.remove_prefix(kFormatText.size());
  rest.remove_suffix(1);
  const auto version = parse_u64(rest);
  if (!version || *version == 0) return fail(ErrorCode::kCorrupt, "stored bytes are damaged", path);
  if (*version > kExtentVersion) return fail(ErrorCode::kUnsupported, "written by a newer version", path);
  return {};
}

}  // namespace

PayloadChecksums checksum_payload(BytesView payload) {
  PayloadChecksums checksums;
  checksums.crc32c.reserve((payload.size() + kChecksumSpan - 1) / kChecksumSpan);
  for (; !payload.empty(); payload.remove_prefix(std::min<std::size_t>(payload.size(), kChecksumSpan))) {
    checksums.crc32c.push_back(crc32c(payload.substr(0, kChecksumSpan)));
  }
  return checksums;
}

Result<std::unique_ptr<ExtentFiles>> ExtentFiles::open(Disk& disk, std::string directory, ExtentOptions options) {
  FH_CHECK(options.extent_bytes % kDirectAlignment == 0);
  FH_CHECK_OK(disk.make_directories(directory));
  FH_CHECK_OK(check_format(disk, directory));
  return std::make_unique<DiskExtents>(disk, std::move(directory), options);
}

}  // namespace freehold::disk
