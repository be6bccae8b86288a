// A copy that was begun and not ended: what is kept of it in memory and in rows, and how its blob's row is changed.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>

#include "src/copy_sources.h"
#include "src/operation.h"

namespace freehold::blob {

// How a source is read with what its request brought along: never written down.
struct LiveSource {
  CopySource source;
  http::Headers headers;
};

struct PendingCopy {
  AccountRef account;
  std::string account_name;
  std::string container_name;
  store::PartitionId partition;
  std::string name;
  std::string copy_id;
  std::optional<LiveSource> live = {};  // nullopt: begun by an earlier process
  int failures = 0;
  std::chrono::steady_clock::time_point due = {};
};

// CopyState::work: what a copy goes on by.
struct CopyWork {
  std::string etag;     // of the source, with quotes; empty if it has none
  std::string version;  // x-ms-version by which the source is read
  BlobType type = BlobType::kBlock;
  bool here = false;  // a blob of this cloud
  // Of incremental copies, and kept when one has ended: the snapshot of the source that was copied last (empty: none),
  // and whether pages of a copy that didn't succeed stand in the destination.
  std::string previous = {};
  bool dirty = false;
  bool seal = false;  // the copy of an append blob, once it is whole
  Bytes md5 = {};     // what the request says of the source: x-ms-source-content-md5
  Bytes crc64 = {};   // and -crc64
};
[[nodiscard]] Bytes encode_copy_work(const CopyWork& work);
[[nodiscard]] std::optional<CopyWork> decode_copy_work(BytesView bytes);

// The row that remembers the copy (docs/formats/blob-rows.md), in the commit that begins it.
[[nodiscard]] store::KeyValue journal_row(const PendingCopy& copy);
// Fills container, name and id from such a row.
[[nodiscard]] Result<PendingCopy> read_journal_row(const store::KeyValue& row);

[[nodiscard]] bool is_pending(const std::optional<StoredBlob>& current, std::string_view copy_id);

// Changes the row of a blob whose copy is still this one. False: it isn't any more (aborted, or the blob is gone).
using AmendCopy = std::function<void(BlobChange& change, std::uint64_t now)>;
[[nodiscard]] Task<ApiResult<bool>> amend_copy(BlobParts& parts, BlobTarget target, std::string copy_id,
                                               AmendCopy amend, AuditRow audit, PendingChunks* pending);
// Ends it as the row is, a page blob's copy that didn't succeed without its pages, and takes its journal row away.
void end_copy(BlobChange& change, const std::string& name, CopyStatus status, std::string description,
              std::uint64_t now);

}  // namespace freehold::blob
