// The keys of a container's partition and of an account's, and nothing else of them (docs/formats/blob-rows.md).
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/bytes.h"
#include "base/ids.h"
#include "store/chunk_store.h"
#include "store/partition_store.h"

namespace freehold::blob::row_keys {

// A container's partition: tenant | 'b' | account | container id.
[[nodiscard]] store::PartitionId container_partition(TenantId tenant, AccountId account, ContainerId container);
[[nodiscard]] std::optional<ContainerId> container_of(const store::PartitionId& partition);
// Of a container's partition or an account's own.
[[nodiscard]] std::optional<AccountId> account_of(const store::PartitionId& partition);
// An account's own rows: tenant | 'a' | account.
[[nodiscard]] store::PartitionId account_partition(TenantId tenant, AccountId account);
// The region's registry of account names, and what the service itself remembers: the zero tenant | 'r' | "blob".
[[nodiscard]] store::PartitionId registry_partition();

// --- in a container's partition ---
// Present while the container is open; every write expects it, so that a deleted container fences late writes.
inline constexpr std::string_view kOpenMarker = "o";
inline constexpr std::string_view kOpenMarkerValue = "open";

inline constexpr char kBlobPrefix = 'b';
inline constexpr char kContentPrefix = 'c';
inline constexpr char kGarbagePrefix = 'g';
inline constexpr char kSharedGarbagePrefix = 'h';  // next to the other garbage: both are scanned as one
inline constexpr char kStagedPrefix = 'u';
inline constexpr char kTagPrefix = 'i';
inline constexpr char kClearTagPrefix = 't';  // of earlier programs
inline constexpr char kPagePrefix = 'p';
inline constexpr char kPendingCopyPrefix = 'k';

// Order of names = byte order of their UTF-8: 00 becomes 00 FF, and 00 01 ends the name, so that a name stands before
// all names that it begins.
[[nodiscard]] Bytes escape_name(std::string_view name);
// Splits an escaped name off the front of `key`; nullopt if none stands there whole.
[[nodiscard]] std::optional<std::string> unescape_name(BytesView& key);

// 'b' + escaped name + 00 01 + suffix. The suffix of the blob itself is F0, of a snapshot 10 and its time; others are
// kept for versions and deleted states. Azure lists what is older first, and the blob itself last.
[[nodiscard]] Bytes blob(std::string_view name, std::uint64_t snapshot = 0);
struct BlobKey {
  std::string name;
  std::uint64_t snapshot = 0;  // 0: the blob itself
};
[[nodiscard]] std::optional<BlobKey> parse_blob(BytesView key);
// Before and past all snapshots of a blob.
[[nodiscard]] Bytes snapshots_from(std::string_view name);
[[nodiscard]] Bytes snapshots_after(std::string_view name);
// The lowest key that a blob whose name begins with `prefix` can have.
[[nodiscard]] Bytes blobs_from(std::string_view prefix);
// The first key after all those whose name begins with `prefix`; empty if there is none.
[[nodiscard]] Bytes blobs_after(std::string_view prefix);

[[nodiscard]] Bytes content(store::ChunkId id);
[[nodiscard]] Bytes garbage(store::ChunkId id);
// 'h' + escaped name + 00 01 + id: garbage of which other rows of that name may name some. In order of time.
[[nodiscard]] Bytes shared_garbage(std::string_view name, store::ChunkId id);
[[nodiscard]] Bytes pending_copy(std::string_view name);  // 'k' + escaped name + 00 01
// 'u' + escaped name + 00 01 + generation, and with + block id.
[[nodiscard]] Bytes staged(std::string_view name, std::uint64_t generation);
[[nodiscard]] Bytes staged(std::string_view name, std::uint64_t generation, BytesView block_id);

struct StagedKey {
  std::string name;
  std::uint64_t generation = 0;
};
[[nodiscard]] std::optional<StagedKey> parse_staged(BytesView key);

// 'i' + tag's mark (notes.h) + blob's name, and what all rows begin with whose mark begins so.
[[nodiscard]] Bytes tag(BytesView mark, std::string_view name);
[[nodiscard]] Bytes tags_marked(BytesView mark);
struct TagKey {
  Bytes mark;
  std::string name;
};
[[nodiscard]] std::optional<TagKey> parse_tag(BytesView key);

// What earlier programs wrote for a tag: 't' + its key + 00 01 + value + 00 01 + blob's name + 00 01, each escaped as
// names are.
[[nodiscard]] Bytes clear_tag(std::string_view key, std::string_view value, std::string_view name);
[[nodiscard]] Bytes clear_tag_values(std::string_view key);                         // what all rows of it begin with
[[nodiscard]] Bytes clear_tag_value(std::string_view key, std::string_view value);  // ... with that value
struct ClearTagKey {
  std::string key;
  std::string value;
  std::string name;
};
[[nodiscard]] std::optional<ClearTagKey> parse_clear_tag(BytesView key);
// 'p' + escaped name + 00 01 + generation: the windows of one page blob, in order; of each window the newest version
// stands first.
[[nodiscard]] Bytes pages(std::string_view name, std::uint64_t generation);
[[nodiscard]] Bytes page_window(std::string_view name, std::uint64_t generation, std::uint32_t window,
                                std::uint64_t version);
// The key after all of that window's.
[[nodiscard]] Bytes after_window(std::string_view name, std::uint64_t generation, std::uint32_t window);
struct PagePlace {
  std::uint32_t window = 0;
  std::uint64_t version = 0;
};
[[nodiscard]] std::optional<PagePlace> page_place(BytesView key);  // of a window's key

// --- in an account's partition ---
inline constexpr std::string_view kServiceProperties = "s";
inline constexpr std::string_view kClosedAccount = "x";  // there: the account is deleted, nothing is made in it
[[nodiscard]] Bytes container(std::string_view name);    // 'n' + name
[[nodiscard]] Bytes scope(std::string_view name);        // 'e' + name in lower case
[[nodiscard]] Bytes deleted_container(ContainerId id);   // 'd' + id: purge still to be finished

// The first key after all that begin with `prefix`; empty if there is none.
[[nodiscard]] Bytes after_prefix(Bytes prefix);

}  // namespace freehold::blob::row_keys
