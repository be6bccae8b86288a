#include "src/pending_copy.h"

#include "src/row_keys.h"

namespace freehold::blob {
namespace {

constexpr std::size_t kWorkText = 1024;
enum : std::uint8_t { kShortWork = 1, kLongWork = 2 };  // versions of CopyState::work
enum : std::uint8_t { kDirty = 1, kSeal = 2 };
enum : std::uint8_t { kCopyId = 128, kContainerName = 129 };  // fields of a journal row

}  // namespace

Bytes encode_copy_work(const CopyWork& work) {
  Bytes out;
  const bool more = work.dirty || work.seal || !work.previous.empty() || !work.md5.empty() || !work.crc64.empty();
  append_u8(out, more ? kLongWork : kShortWork);
  append_u8(out, static_cast<std::uint8_t>(work.type));
  append_u8(out, work.here ? 1 : 0);
  append_sized(out, work.etag);
  append_sized(out, work.version);
  if (more) {
    append_sized(out, work.previous);
    append_u8(out, static_cast<std::uint8_t>((work.dirty ? kDirty : 0) | (work.seal ? kSeal : 0)));
    append_sized(out, work.md5);
    append_sized(out, work.crc64);
  }
  return out;
}

std::optional<CopyWork> decode_copy_work(BytesView bytes) {
  ByteReader in(bytes);
  CopyWork work;
  const auto version = in.u8();
  const auto type = in.u8();
  work.here = in.u8() == 1;
  work.etag = in.sized(kWorkText);
  work.version = in.sized(kWorkText);
  if (version == kLongWork) {
    work.previous = in.sized(kWorkText);
    const auto flags = in.u8();
    work.dirty = (flags & kDirty) != 0;
    work.seal = (flags & kSeal) != 0;
    work.md5 = in.sized(kWorkText);
    work.crc64 = in.sized(kWorkText);
  }
  if (!in.done() || version < kShortWork || version > kLongWork || type < 1 || type > 3) return std::nullopt;
  work.type = static_cast<BlobType>(type);
  return work;
}

store::KeyValue journal_row(const PendingCopy& copy) {
  FieldWriter out;
  out.bytes(kCopyId, copy.copy_id);
  out.bytes(kContainerName, copy.container_name);
  return {row_keys::pending_copy(copy.name), out.finish()};
}

Result<PendingCopy> read_journal_row(const store::KeyValue& row) {
  PendingCopy copy;
  BytesView key(row.key);
  key.remove_prefix(1);
  auto name = row_keys::unescape_name(key);
  FH_TRY(const auto fields, split_fields(row.value));
  for (const auto& field : fields) {
    if (field.id == kCopyId) copy.copy_id = field.value;
    if (field.id == kContainerName) copy.container_name = field.value;
    if (field.id > kContainerName) return fail(ErrorCode::kUnsupported, "a pending copy needs a newer program");
  }
  if (!name || copy.copy_id.empty() || copy.container_name.empty()) {
    return fail(ErrorCode::kCorrupt, "a row is not as it was written", "pending copy");
  }
  copy.name = std::move(*name);
  return copy;
}

bool is_pending(const std::optional<StoredBlob>& current, std::string_view copy_id) {
  return current && current->row.copy && current->row.copy->status == CopyStatus::kPending &&
         current->row.copy->id == copy_id;
}

Task<ApiResult<bool>> amend_copy(BlobParts& parts, BlobTarget target, std::string copy_id, AmendCopy amend,
                                 AuditRow audit, PendingChunks* pending) {
  FH_CO_TRY(const auto turn, api(co_await parts.blobs.lock(target.partition(), target.name)));
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    FH_CO_TRY(auto current, api(co_await parts.blobs.read(target.partition(), target.name)));
    if (!is_pending(current, copy_id)) co_return false;
    BlobChange change;
    change.row = current->row;
    change.during_copy = change.of_incremental_copy = true;
    amend(change, parts.hybrid.next());
    FH_CO_TRY(const bool applied, co_await apply(parts, target, std::move(current), std::move(change), audit, pending));
    if (applied) co_return true;
  }
  co_return refuse(errors::busy("too many writers of one blob"));
}

namespace {

// The pages that came so far are nobody's any more.
void forget_pages(BlobChange& change, const std::string& name, std::uint64_t now) {
  auto& page = *change.row.page;
  change.garbage.add_pages(name, {page.generation, 0, kAllWindows, false});
  page.generation = now;
  change.row.length = 0;
}

}  // namespace

void end_copy(BlobChange& change, const std::string& name, CopyStatus status, std::string description,
              std::uint64_t now) {
  change.row.etag = now;
  change.row.copy->status = status;
  change.row.copy->description = std::move(description);
  change.row.copy->completed = now;
  if (change.row.copy->incremental) {
    auto work = decode_copy_work(change.row.copy->work).value_or(CopyWork());
    work.dirty = status != CopyStatus::kSuccess;
    change.row.copy->work = encode_copy_work(work);
  } else {
    change.row.copy->work.clear();
    if (status != CopyStatus::kSuccess && change.row.page) forget_pages(change, name, now);
  }
  change.deletes.push_back(row_keys::pending_copy(name));
}

}  // namespace freehold::blob
