#include "spool.h"

#include <algorithm>

#include "audit/audit.h"
#include "audit/log_layout.h"
#include "base/encoding.h"
#include "base/log.h"
#include "disk/crc32c.h"

namespace freehold::gate::audit {
namespace {

constexpr BytesView kMagic = "FHAS\x01";  // with the version
constexpr std::size_t kIdBytes = 16;
constexpr std::size_t kHeaderBytes = kMagic.size() + kIdBytes;
constexpr std::size_t kFrameHeaderBytes = 8;
constexpr std::size_t kFrameBytes = 4u << 20;  // a reader's bound; writers stay well below
constexpr std::size_t kSealedBytes = 256 * 1024;
constexpr std::string_view kSuffix = ".spool";

Result<Bytes> read_at(disk::File& file, std::uint64_t offset, std::size_t length) {
  Bytes bytes(length, '\0');
  FH_CHECK_OK(file.read_at(offset, bytes));
  return bytes;
}

Result<Bytes> payload_at(disk::Disk& disk, const std::string& path, std::uint64_t offset) {
  FH_TRY(const auto file, disk.open(path, disk::OpenMode::kRead));
  FH_TRY(const auto header, read_at(*file, offset, kFrameHeaderBytes));
  ByteReader in(header);
  const auto length = in.u32();
  const auto checksum = in.u32();
  if (length == 0 || length > kFrameBytes) return fail(ErrorCode::kCorrupt, "no frame of a spool");
  FH_TRY(auto payload, read_at(*file, offset + kFrameHeaderBytes, length));
  if (disk::crc32c(payload) != checksum) return fail(ErrorCode::kCorrupt, "a damaged frame of a spool");
  return payload;
}

}  // namespace

Bytes encode_spool_frame(const SpoolFrame& frame) {
  Bytes out;
  append_u64(out, frame.leaf_index);
  append_sized(out, frame.leaf);
  append_u32(out, static_cast<std::uint32_t>(frame.records.size()));
  for (const auto& record : frame.records) {
    out += BytesView(record.key).substr(kAttachedPrefix.size());
    append_sized(out, record.value);
  }
  return out;
}

std::optional<SpoolFrame> decode_spool_frame(BytesView payload) {
  ByteReader in(payload);
  SpoolFrame frame;
  frame.leaf_index = in.u64();
  frame.leaf = in.sized(kSealedBytes);
  const auto count = in.u32();
  for (std::uint32_t i = 0; i < count && in.ok(); ++i) {
    Bytes key(kAttachedPrefix);
    key += in.take(kAttachedIdBytes);
    frame.records.push_back({std::move(key), Bytes(in.sized(kSealedBytes))});
  }
  if (!in.done()) return std::nullopt;
  return frame;
}

Spool::Spool(disk::Disk* disk, std::vector<std::string> directories, const std::string& front_end, std::uint64_t limit,
             Random& random)
    : disk_(disk),
      directories_(disk ? std::move(directories) : std::vector<std::string>()),
      prefix_("audit-" + front_end + "-"),
      limit_(limit),
      random_(random) {}

std::string Spool::name_of(const Bytes& id) const { return prefix_ + to_hex(id) + std::string(kSuffix); }

std::optional<Bytes> Spool::id_of(const std::string& name) const {
  if (!name.starts_with(prefix_) || !name.ends_with(kSuffix)) return std::nullopt;
  const auto digits = std::string_view(name).substr(prefix_.size(), name.size() - prefix_.size() - kSuffix.size());
  auto id = from_hex(digits);
  if (!id || id->size() != kIdBytes) return std::nullopt;
  return Bytes(*id);
}

void Spool::load() {
  for (const auto& directory : directories_) {
    const auto names = disk_->list(directory);
    if (!names) continue;
    for (const auto& name : *names) {
      const auto id = id_of(name);
      if (!id) continue;
      auto found = std::ranges::find(files_, *id, &SpoolFile::id);
      if (found == files_.end()) found = files_.insert(files_.end(), SpoolFile{*id, {}, 0, kHeaderBytes});
      found->paths.push_back(directory + "/" + name);
      const auto file = disk_->open(found->paths.back(), disk::OpenMode::kRead);
      if (const auto size = file ? (*file)->size() : Result<std::uint64_t>(0))
        found->size = std::max(found->size, *size);
    }
  }
}

std::uint64_t Spool::bytes() const {
  std::uint64_t sum = 0;
  for (const auto& file : files_) sum += file.size;
  return sum;
}

Result<> Spool::begin_file() {
  const Bytes id = random_.bytes(kIdBytes);
  const Bytes header = Bytes(kMagic) + id;
  SpoolFile fresh{id, {}, header.size(), header.size()};
  for (const auto& directory : directories_) {
    if (!disk_->exists(directory).value_or(false)) continue;
    Copy copy{directory + "/" + name_of(id), nullptr};
    auto file = disk_->open(copy.path, disk::OpenMode::kBuffered);
    if (!file) continue;
    copy.file = std::move(*file);
    const BytesView piece = header;
    const bool made = copy.file->write_at(0, {&piece, 1}) && copy.file->sync() && disk_->sync_directory(directory);
    fresh.paths.push_back(copy.path);
    if (made) writers_.push_back(std::move(copy));
  }
  if (!fresh.paths.empty()) files_.push_back(std::move(fresh));
  if (writers_.empty()) return fail(ErrorCode::kUnavailable, "no fault domain takes the audit log's spool");
  log_warning("audit records are spooled until their store takes them", {{"copies", std::uint64_t{writers_.size()}}});
  return {};
}

Result<> Spool::append(const SpoolFrame& frame) {
  const Bytes payload = encode_spool_frame(frame);
  if (bytes() + payload.size() > limit_) return fail(ErrorCode::kExhausted, "the audit log's spool is full");
  if (writers_.empty()) {
    FH_CHECK_OK(begin_file());
  }
  Bytes header;
  append_u32(header, static_cast<std::uint32_t>(payload.size()));
  append_u32(header, disk::crc32c(payload));
  const BytesView pieces[] = {header, payload};
  auto& file = files_.back();
  // A copy that missed a frame gets no later one: each is a beginning of the longest.
  std::erase_if(writers_, [&](Copy& copy) { return !copy.file->write_at(file.size, pieces) || !copy.file->sync(); });
  if (writers_.empty()) return fail(ErrorCode::kUnavailable, "no fault domain takes the audit log's spool");
  file.size += header.size() + payload.size();
  return {};
}

std::optional<Bytes> Spool::read_frame(const SpoolFile& file) const {
  for (const auto& path : file.paths) {
    auto payload = payload_at(*disk_, path, file.next);
    if (payload) return std::move(*payload);
  }
  return std::nullopt;
}

std::optional<SpoolFrame> Spool::next() {
  for (auto& file : files_) {
    const auto payload = read_frame(file);
    if (!payload) {
      if (file.next < file.size) log_debug("the end of an audit spool was never acknowledged");
      continue;
    }
    file.next += kFrameHeaderBytes + payload->size();
    auto frame = decode_spool_frame(*payload);
    if (frame) return frame;
    log_error("a frame of an audit spool can't be read");
    return SpoolFrame{};
  }
  return std::nullopt;
}

std::vector<Bytes> Spool::ids() const {
  std::vector<Bytes> ids;
  for (const auto& file : files_) ids.push_back(file.id);
  return ids;
}

void Spool::remove(const Bytes& id) {
  const auto found = std::ranges::find(files_, id, &SpoolFile::id);
  if (found == files_.end()) return;
  if (std::next(found) == files_.end()) writers_.clear();
  files_.erase(found);
  for (const auto& directory : directories_) {
    if (!disk_->exists(directory).value_or(false)) continue;
    // What can't be removed now is found at the next start, and the log knows its id.
    if (disk_->unlink(directory + "/" + name_of(id))) (void)disk_->sync_directory(directory);
  }
}

}  // namespace freehold::gate::audit
