// ExtentFiles: one fault domain's preallocated extent files of chunk records. Format: docs/formats/extent.md.
//
// A record is one 4 KiB header block (magic, version, chunk id, length, a CRC-32C for each 64 KiB of payload, a CRC-32C
// of the block itself) and the payload, padded with zeros to 4 KiB. Records never overlap and are never rewritten.
// Where a record goes is decided above, the same in every fault domain of a placement (lock step); this class only does
// as told.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "disk/disk.h"

namespace freehold::disk {

// Where a record's header block begins, and how long the payload is. Offsets are multiples of 4 KiB.
struct ExtentAddress {
  std::uint32_t extent = 0;
  std::uint64_t offset = 0;
  std::uint32_t length = 0;
  friend bool operator==(const ExtentAddress&, const ExtentAddress&) = default;
  // Bytes the record takes up: header block and padded payload.
  [[nodiscard]] std::uint64_t footprint() const { return kDirectAlignment + round_up(length, kDirectAlignment); }
};

using ChunkKey = std::array<std::uint8_t, 16>;

struct ExtentOptions {
  std::uint64_t extent_bytes = 256ull << 20;
};

// Checksums of a payload, made once for all fault domains. One CRC-32C for each kChecksumSpan bytes.
inline constexpr std::uint32_t kChecksumSpan = 64 * 1024;
struct PayloadChecksums {
  std::vector<std::uint32_t> crc32c;
};
[[nodiscard]] PayloadChecksums checksum_payload(BytesView payload);

// What a scan finds.
struct ExtentRecord {
  ChunkKey key;
  ExtentAddress address;
};

// Reads from any thread; write, sync, punch, cut, remove from one thread at a time (the fault domain's writer).
class ExtentFiles {
 public:
  // Makes the directory if it is absent. kUnsupported: an extent was written by a newer version (nothing is touched).
  [[nodiscard]] static Result<std::unique_ptr<ExtentFiles>> open(Disk& disk, std::string directory,
                                                                 ExtentOptions options);
  virtual ~ExtentFiles() = default;

  // Creates and preallocates the extent if it is new. kExhausted: disk full, and the extent is as if never made.
  [[nodiscard]] virtual Result<> prepare(std::uint32_t extent) = 0;
  // Creates the extent if it is new, to take the room of what is written to it and no more: for the copy of a filled
  // one.
  [[nodiscard]] virtual Result<> create(std::uint32_t extent) = 0;
  // Writes the record. payload.capacity() covers the padding, which this zeroes. Durable after sync(extent).
  [[nodiscard]] virtual Result<> write(const ChunkKey& key, ExtentAddress address, AlignedBuffer& payload,
                                       const PayloadChecksums& checksums) = 0;
  // The same for a shared payload: already padded with zeros up to a 4 KiB multiple.
  [[nodiscard]] virtual Result<> write_padded(const ChunkKey& key, ExtentAddress address, BytesView padded_payload,
                                              const PayloadChecksums& checksums) = 0;
  [[nodiscard]] virtual Result<> sync(std::uint32_t extent) = 0;

  // Payload bytes [from, from + out.size()), every checksum span they touch verified against the header (whose own CRC
  // and key are verified too; verified headers' checksums may be cached, bounded). kCorrupt names the address. try_read
  // answers false where the disk would have to be waited for.
  [[nodiscard]] virtual Result<> read(const ChunkKey& key, ExtentAddress address, std::uint32_t from,
                                      std::span<char> out) = 0;
  [[nodiscard]] virtual Result<bool> try_read(const ChunkKey& key, ExtentAddress address, std::uint32_t from,
                                              std::span<char> out) = 0;
  // Reads the whole record past the page cache and verifies it: the scrubber's read.
  [[nodiscard]] virtual Result<AlignedBuffer> verify(const ChunkKey& key, ExtentAddress address) = 0;

  // Every well-formed header in the extent in order of offset (payloads unverified); skips what isn't one.
  [[nodiscard]] virtual Result<std::vector<ExtentRecord>> scan(std::uint32_t extent) = 0;
  [[nodiscard]] virtual Result<std::vector<std::uint32_t>> extents() = 0;  // numbers of the files there are, sorted
  // Gives a dead record's space back. After a crash the record may be found again.
  [[nodiscard]] virtual Result<> punch(ExtentAddress address) = 0;
  // Gives back what was preallocated behind `end`, where nothing is written any more.
  [[nodiscard]] virtual Result<> cut(std::uint32_t extent, std::uint64_t end) = 0;
  [[nodiscard]] virtual Result<> remove(std::uint32_t extent) = 0;
  [[nodiscard]] virtual Result<std::uint64_t> allocated_bytes() = 0;
};

}  // namespace freehold::disk
