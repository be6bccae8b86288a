#include "src/embedded/commit_log.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "base/check.h"
#include "base/encoding.h"
#include "base/log.h"
#include "crypto/digest.h"

namespace freehold::store::embedded {
namespace {

constexpr std::size_t kKeyBytes = 32;
constexpr std::string_view kSuffix = ".log";
// More are given back to the file system.
constexpr std::size_t kFreeSlots = 2;
// Kept from one append to the next; a larger one is given back.
constexpr std::size_t kBufferKept = 1u << 20;

std::string slot_name(std::uint32_t slot) {
  std::string digits = std::to_string(slot);
  return std::string(10 - digits.size(), '0') + digits + std::string(kSuffix);
}

std::optional<std::uint32_t> parse_slot_name(std::string_view name) {
  if (!name.ends_with(kSuffix)) return std::nullopt;
  const auto slot = parse_u64(name.substr(0, name.size() - kSuffix.size()));
  if (!slot || *slot >= UINT32_MAX || slot_name(static_cast<std::uint32_t>(*slot)) != name) return std::nullopt;
  return static_cast<std::uint32_t>(*slot);
}

}  // namespace

CommitLog::CommitLog(disk::Disk& disk, std::string directory, const Secret& file_key, Random& random,
                     std::uint64_t segment_bytes)
    : disk_(disk),
      directory_(std::move(directory)),
      key_(crypto::hkdf_expand(file_key.view(), "freehold commit log", kKeyBytes)),
      random_(random),
      segment_bytes_(round_up(segment_bytes, kDirectAlignment)) {}

Result<std::unique_ptr<CommitLog>> CommitLog::open(disk::Disk& disk, std::string directory, const Secret& file_key,
                                                   Random& random, std::uint64_t segment_bytes, std::uint64_t applied,
                                                   const Replay& replay) {
  FH_CHECK_OK(disk.make_directories(directory));
  std::unique_ptr<CommitLog> log(new CommitLog(disk, std::move(directory), file_key, random, segment_bytes));
  FH_CHECK_OK(log->recover(applied, replay));
  return log;
}

// Slots that hold no segment become free ones.
Result<std::vector<CommitLog::Segment>> CommitLog::read_heads() {
  FH_TRY(const auto names, disk_.list(directory_));
  std::vector<Segment> segments;
  for (const auto& name : names) {
    const auto number = parse_slot_name(name);
    if (!number) continue;
    next_slot_ = std::max(next_slot_, *number + 1);
    Slot slot{directory_ + '/' + name, nullptr, 0};
    FH_TRY(slot.file, disk_.open(slot.path, disk::OpenMode::kDirect));
    FH_TRY(const auto size, slot.file->size());
    slot.bytes = size / kDirectAlignment * kDirectAlignment;
    std::optional<SegmentHead> head;
    if (slot.bytes > kDirectAlignment && slot.bytes <= kMaxRecordBytes + segment_bytes_ + 2 * kDirectAlignment) {
      AlignedBuffer block(kDirectAlignment);
      FH_CHECK_OK(slot.file->read_direct(0, block.span()));
      FH_TRY(head, decode_segment_head(block.view()));
    }
    if (head) {
      segments.push_back({std::move(*head), std::move(slot), 0, kDirectAlignment});
    } else {
      free_.push_back(std::move(slot));
    }
  }
  std::ranges::sort(segments, {}, [](const Segment& s) { return s.head.number; });
  return segments;
}

// A later segment takes the place of whatever an earlier one holds from its first record on: it was begun after a
// recovery that didn't find more. Without a segment that continues where another ends, the log ends there.
Result<> CommitLog::recover(std::uint64_t applied, const Replay& replay) {
  FH_TRY(auto segments, read_heads());
  next_ = applied + 1;
  std::vector<std::uint64_t> limits(segments.size(), UINT64_MAX);
  for (std::size_t i = segments.size(); i > 1; --i) {
    limits[i - 2] = std::min(limits[i - 1], segments[i - 1].head.first);
  }
  bool gap = false;
  for (std::size_t i = 0; i < segments.size(); ++i) {
    Segment& segment = segments[i];
    next_segment_ = std::max(next_segment_, segment.head.number + 1);
    const bool needed = segment.head.first < limits[i] && limits[i] > next_;
    gap = gap || (needed && segment.head.first > next_);
    const std::uint64_t before = next_;
    if (needed && !gap) {
      FH_CHECK_OK(replay_segment(segment, limits[i], replay));
    }
    if (next_ > before) {
      FH_CHECK_OK(segment.slot.file->sync());
      live_.push_back(std::move(segment));
    } else {
      free_.push_back(std::move(segment.slot));
    }
  }
  return {};
}

Result<> CommitLog::replay_segment(Segment& segment, std::uint64_t limit, const Replay& replay) {
  AlignedBuffer bytes(segment.slot.bytes);
  FH_CHECK_OK(segment.slot.file->read_direct(0, bytes.span()));
  const crypto::ChunkCipher cipher(key_, segment.head.key_name());
  Bytes plain;
  BytesView rest = bytes.view().substr(kDirectAlignment);
  segment.last = segment.head.first - 1;
  for (std::uint32_t index = 0; segment.last + 1 < limit; ++index) {
    const auto head = decode_record_head(segment.head, rest);
    if (!head || head->index != index || head->sealed < crypto::kAeadTagBytes || head->footprint() > rest.size()) break;
    if (segment.last + 1 == next_) {
      plain.resize(head->sealed - crypto::kAeadTagBytes);
      if (!cipher.open_page(index, rest.substr(kRecordHeadBytes, head->sealed), plain)) break;
      FH_CHECK_OK(replay(next_, plain));
      ++next_;
    }
    ++segment.last;
    rest.remove_prefix(head->footprint());
    segment.end += head->footprint();
  }
  return {};
}

Result<std::uint64_t> CommitLog::append(BytesView record, Sync sync) {
  if (broken_) return std::unexpected(*broken_);
  if (record.size() > kMaxRecordBytes) return fail(ErrorCode::kInvalidArgument, "a batch is too large for the log");
  auto number = append_record(record, sync);
  if (!number) broken_ = number.error();
  return number;
}

Result<std::uint64_t> CommitLog::append_record(BytesView record, Sync sync) {
  const auto sealed = static_cast<std::uint32_t>(record.size() + crypto::kAeadTagBytes);
  const std::uint64_t footprint = RecordHead{0, sealed}.footprint();
  const bool fits = cipher_ && live_.back().end + footprint <= live_.back().slot.bytes;
  if (!fits) {
    FH_CHECK_OK(begin_segment(footprint));
  }
  Segment& segment = live_.back();
  const RecordHead head{static_cast<std::uint32_t>(next_ - segment.head.first), sealed};
  // A segment's first block goes out together with its first record.
  const std::size_t lead = head.index == 0 ? kDirectAlignment : 0;
  if (buffer_.capacity() < lead + footprint) buffer_ = AlignedBuffer(lead + footprint);
  buffer_.resize(lead + footprint);
  const std::span<char> out = buffer_.span();
  if (lead != 0) encode_segment_head(segment.head, out.first(lead));
  encode_record_head(segment.head, head, out.subspan(lead, kRecordHeadBytes));
  cipher_->seal_page(head.index, record, out.subspan(lead + kRecordHeadBytes, sealed));
  const std::size_t used = lead + kRecordHeadBytes + sealed;
  std::memset(out.data() + used, 0, out.size() - used);
  const BytesView piece = buffer_.view();
  FH_CHECK_OK(segment.slot.file->write_at(segment.end - lead, {&piece, 1}));
  if (buffer_.capacity() > kBufferKept) buffer_ = AlignedBuffer();
  segment.end += footprint;
  segment.last = next_;
  unsynced_ = true;
  if (sync == Sync::kYes) {
    FH_CHECK_OK(this->sync());
  }
  return next_++;
}

Result<> CommitLog::sync() {
  if (broken_) return std::unexpected(*broken_);
  if (!unsynced_) return {};
  auto synced = live_.back().slot.file->sync();
  if (!synced) broken_ = synced.error();
  unsynced_ = !synced;
  return synced;
}

// What was appended to the segment before must not be lost while what follows it is kept.
Result<> CommitLog::begin_segment(std::uint64_t record_footprint) {
  FH_CHECK_OK(sync());
  FH_CHECK_OK(wipe_found_heads());
  FH_TRY(auto slot, take_slot(kDirectAlignment + record_footprint));
  Segment segment{
      {random_.bytes(kSegmentIdBytes), next_segment_++, next_}, std::move(slot), next_ - 1, kDirectAlignment};
  cipher_ = std::make_unique<crypto::ChunkCipher>(key_, segment.head.key_name());
  live_.push_back(std::move(segment));
  ++begun_;
  return {};
}

// Segments behind a gap hold records whose numbers are about to be given out again. Not before the first append: until
// then nothing is decided, and what can't be read now may be readable at the next start.
Result<> CommitLog::wipe_found_heads() {
  if (std::exchange(wiped_, true)) return {};
  AlignedBuffer zeros(kDirectAlignment);
  std::memset(zeros.data(), 0, zeros.size());  // it is made of whatever was there: perhaps of another head
  const BytesView piece = zeros.view();
  for (auto& slot : free_) {
    if (slot.bytes < kDirectAlignment) continue;
    FH_CHECK_OK(slot.file->write_at(0, {&piece, 1}));
    FH_CHECK_OK(slot.file->sync());
  }
  return {};
}

Result<CommitLog::Slot> CommitLog::take_slot(std::uint64_t bytes) {
  const auto found = std::ranges::find_if(free_, [bytes](const Slot& slot) { return slot.bytes >= bytes; });
  if (found == free_.end()) return make_slot(std::max(bytes, segment_bytes_));
  Slot slot = std::move(*found);
  free_.erase(found);
  return slot;
}

Result<CommitLog::Slot> CommitLog::make_slot(std::uint64_t bytes) {
  Slot slot{directory_ + '/' + slot_name(next_slot_), nullptr, bytes};
  FH_TRY(slot.file, disk_.open(slot.path, disk::OpenMode::kDirect));
  auto made = slot.file->preallocate(bytes);
  if (!made) {
    slot.file.reset();
    (void)disk_.unlink(slot.path);
    return pass_on(made);
  }
  FH_CHECK_OK(disk_.sync_directory(directory_));
  ++next_slot_;
  return slot;
}

void CommitLog::release(std::uint64_t flushed) {
  // The last one stays: it may be appended to.
  while (live_.size() > 1 && live_.front().last <= flushed) {
    free_.push_back(std::move(live_.front().slot));
    live_.pop_front();
  }
  while (free_.size() > kFreeSlots) {
    Slot slot = std::move(free_.back());
    free_.pop_back();
    slot.file.reset();
    // Left over, it is found again when the log is opened.
    if (auto removed = disk_.unlink(slot.path); !removed) {
      log_warning("a segment of the commit log wasn't removed", {{"detail", std::string_view(removed.error().detail)}});
    }
  }
}

std::uint64_t CommitLog::live_bytes() const {
  std::uint64_t bytes = 0;
  for (const auto& segment : live_) bytes += segment.end;
  return bytes;
}

}  // namespace freehold::store::embedded
